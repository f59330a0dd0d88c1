"""Target names: the daemon that asks other systems for names."""

from carillon.confgen.daemon import command, environment, files, verify
from carillon.confgen.names.target import NAME, context

__all__ = ["NAME", "command", "context", "environment", "files", "verify"]
