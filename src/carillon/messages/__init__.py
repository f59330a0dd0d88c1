"""Messages between people: how long they are kept for who is not there, when they are tried again. Pure."""
