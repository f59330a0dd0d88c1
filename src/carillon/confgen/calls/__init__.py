"""Target calls: the daemon that knows which calls are up."""

from carillon.confgen.calls.target import NAME, context
from carillon.confgen.daemon import command, environment, files, verify

__all__ = ["NAME", "command", "context", "environment", "files", "verify"]
