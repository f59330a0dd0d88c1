"""What a call costs: Kamailio with our routing against a minimal native script, and our parts alone."""
