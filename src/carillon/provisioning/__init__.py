"""Use cases that change the truth."""
