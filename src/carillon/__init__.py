"""Carillon: an enterprise telephone system whose calls are decided in Python and carried by Kamailio and Asterisk."""

__version__ = "0.1.0"
