"""Target calendars: the daemon that looks at the calendars of people."""

from carillon.confgen.calendars.target import NAME, context
from carillon.confgen.daemon import command, environment, files, verify

__all__ = ["NAME", "command", "context", "environment", "files", "verify"]
