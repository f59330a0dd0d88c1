"""Target database: this node's own MariaDB, which holds the truth of a system with several nodes."""

from __future__ import annotations

from carillon.confgen.database.target import NAME, Context, command, context, environment, files, verify

__all__ = ["NAME", "Context", "command", "context", "environment", "files", "verify"]
