"""Target database: this node's own MariaDB, which holds the truth of a system with several nodes."""

from __future__ import annotations

from carillon.confgen.database.target import NAME, STOP_S, Context, command, context, environment, files, first, verify

__all__ = ["NAME", "STOP_S", "Context", "command", "context", "environment", "files", "first", "verify"]
