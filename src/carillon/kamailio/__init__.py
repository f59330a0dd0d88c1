"""The adapter: the only package that knows Kamailio."""
