"""Target siblings: the daemon by which nodes know each other's phones; on a system with several nodes only."""

from carillon.confgen.daemon import command, environment, files, verify
from carillon.confgen.siblings.target import NAME, context

__all__ = ["NAME", "command", "context", "environment", "files", "verify"]
