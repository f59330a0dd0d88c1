"""The collector: keeps what the workers decided, for a day, and shows it. A call never waits for it."""
