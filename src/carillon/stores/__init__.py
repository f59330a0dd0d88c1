"""Where state lives: ports, and what implements them."""
