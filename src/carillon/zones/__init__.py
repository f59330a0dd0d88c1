"""What the DNS says of our domains: the records, zone files, and whether the world is told the same."""
