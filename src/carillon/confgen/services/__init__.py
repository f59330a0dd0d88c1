"""Target services: the daemon that answers calls at Asterisk, by scripts."""

from __future__ import annotations

from carillon.confgen.services.target import NAME, Context, command, context, environment, files, verify

USER = "root"
"""It begins as root, for the process that changes the truth; who speaks with Asterisk is the service user."""

__all__ = ["NAME", "USER", "Context", "command", "context", "environment", "files", "verify"]
