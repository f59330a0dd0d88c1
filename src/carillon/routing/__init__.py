"""The call logic: pure functions from facts to decisions."""
