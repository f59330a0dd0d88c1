"""Target names: the daemon that asks other systems for names."""

from carillon.confgen.names.target import NAME, Context, command, context, environment, files, verify

__all__ = ["NAME", "Context", "command", "context", "environment", "files", "verify"]
