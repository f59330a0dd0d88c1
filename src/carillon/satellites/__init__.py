"""Satellites: nodes at branches that have no access to the database, and the feed by which mains tell them of it."""
