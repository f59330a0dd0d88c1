"""Target asterisk: the media gateway between the two legs of a call."""

from __future__ import annotations

from carillon.confgen.asterisk.target import (
    NAME,
    PREFIX,
    Context,
    command,
    context,
    environment,
    files,
    verify,
)

__all__ = ["NAME", "PREFIX", "Context", "command", "context", "environment", "files", "verify"]
