"""Target recordings: the daemon that knows where the trunks speak from."""

from carillon.confgen.daemon import command, environment, files, verify
from carillon.confgen.recordings.target import NAME, context

__all__ = ["NAME", "command", "context", "environment", "files", "verify"]
