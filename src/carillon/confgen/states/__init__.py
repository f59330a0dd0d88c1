"""Target states: the daemon that merges what is said of people, and has watchers told."""

from __future__ import annotations

from carillon.confgen.states.target import NAME, Context, command, context, environment, files, verify

__all__ = ["NAME", "Context", "command", "context", "environment", "files", "verify"]
