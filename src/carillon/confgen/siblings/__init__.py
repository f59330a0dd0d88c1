"""Target siblings: the daemon by which nodes know each other's phones; on a system with several nodes only."""

from __future__ import annotations

from carillon.confgen.siblings.target import NAME, Context, command, context, environment, files, verify

__all__ = ["NAME", "Context", "command", "context", "environment", "files", "verify"]
