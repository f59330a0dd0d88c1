"""Target calls: the daemon that knows which calls are up."""

from __future__ import annotations

from carillon.confgen.calls.target import NAME, Context, command, context, environment, files, verify

__all__ = ["NAME", "Context", "command", "context", "environment", "files", "verify"]
