"""Recorded calls: from the relay's packets to files that can be played, found by call."""
