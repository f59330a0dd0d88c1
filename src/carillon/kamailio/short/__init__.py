"""The short path by kinds of messages: what `kamailio.plain` gives each to, and what they have in common."""
