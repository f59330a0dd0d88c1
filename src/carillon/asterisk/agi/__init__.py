"""FastAGI, by which Asterisk's dial plan hands a call to a program: the lines, and a server for them."""
