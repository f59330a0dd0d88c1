"""Target recordings: the daemon that knows where the trunks speak from."""

from __future__ import annotations

from carillon.confgen.recordings.target import NAME, Context, command, context, environment, files, verify

__all__ = ["NAME", "Context", "command", "context", "environment", "files", "verify"]
