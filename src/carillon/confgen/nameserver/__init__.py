"""Target nameserver: NSD, which answers DNS for our domains where nobody else does."""

from __future__ import annotations

from carillon.confgen.nameserver.target import (
    NAME,
    USER,
    Context,
    command,
    context,
    environment,
    files,
    is_on,
    verify,
)

__all__ = ["NAME", "USER", "Context", "command", "context", "environment", "files", "is_on", "verify"]
