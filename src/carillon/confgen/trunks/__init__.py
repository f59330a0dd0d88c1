"""Target trunks: the daemon that knows where the trunks speak from."""

from carillon.confgen.daemon import command, environment, files, verify
from carillon.confgen.trunks.target import NAME, context

__all__ = ["NAME", "command", "context", "environment", "files", "verify"]
