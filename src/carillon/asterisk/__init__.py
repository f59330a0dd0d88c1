"""What Asterisk asks us while a call is in it: services that answer calls, each a script of its own."""
