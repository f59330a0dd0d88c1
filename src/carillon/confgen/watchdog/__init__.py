"""Target watchdog: what finds components that hang."""

from __future__ import annotations

from carillon.confgen.watchdog.target import NAME, Context, command, context, environment, files, verify

__all__ = ["NAME", "Context", "command", "context", "environment", "files", "verify"]
