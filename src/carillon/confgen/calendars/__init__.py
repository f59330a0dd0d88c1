"""Target calendars: the daemon that looks at the calendars of people."""

from carillon.confgen.calendars.target import NAME, Context, command, context, environment, files, verify

__all__ = ["NAME", "Context", "command", "context", "environment", "files", "verify"]
