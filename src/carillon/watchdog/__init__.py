"""The watchdog: finds components that hang, and ends them so that the supervisor starts them again."""
