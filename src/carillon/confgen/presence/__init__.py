"""Target presence: the presence server, a Kamailio of its own. Its file holds modules and parameters, no routing."""

from __future__ import annotations

from carillon.confgen.presence.target import NAME, Context, command, context, environment, files, verify

__all__ = ["NAME", "Context", "command", "context", "environment", "files", "verify"]
