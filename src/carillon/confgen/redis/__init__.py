"""Target redis: the store that hands facts from one leg of a call to the other."""

from __future__ import annotations

from carillon.confgen.redis.target import (
    NAME,
    Context,
    command,
    context,
    environment,
    files,
    verify,
)

__all__ = ["NAME", "Context", "command", "context", "environment", "files", "verify"]
