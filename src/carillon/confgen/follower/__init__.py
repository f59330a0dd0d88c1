"""Target follower: the daemon that puts in force here what was changed on other nodes."""

from __future__ import annotations

from carillon.confgen.follower.target import NAME, USER, Context, command, context, environment, files, verify

__all__ = ["NAME", "USER", "Context", "command", "context", "environment", "files", "verify"]
