"""What ours is held against: a minimal native Kamailio, and Asterisk alone. Their scripts list their modules."""
