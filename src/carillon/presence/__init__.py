"""The state of a person: merged from all that is said of him, and written as watchers read it. Pure."""
