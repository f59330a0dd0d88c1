"""The demo's provider: an Asterisk of its own, which answers outside numbers and lets the caller hear himself."""
