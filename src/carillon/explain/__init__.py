"""What would happen to a call, and why: the same routes, run without the engines."""
