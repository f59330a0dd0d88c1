"""Target kamailio: registrar and proxy. Its file holds modules, parameters and listeners, and no routing."""

from __future__ import annotations

from carillon.confgen.kamailio.target import (
    NAME,
    Context,
    command,
    context,
    environment,
    files,
    verify,
)

__all__ = ["NAME", "Context", "command", "context", "environment", "files", "verify"]
