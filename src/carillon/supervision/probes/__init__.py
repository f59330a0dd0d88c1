"""Is each component healthy? See `table`."""
