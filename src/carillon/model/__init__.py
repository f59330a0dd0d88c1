"""The nouns of a system: frozen, validated, without input or output."""
