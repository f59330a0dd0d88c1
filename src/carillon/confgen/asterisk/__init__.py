"""Target asterisk: the media gateway between the two legs of a call."""

from __future__ import annotations

from carillon.confgen.asterisk.target import (
    NAME,
    Context,
    command,
    context,
    environment,
    files,
    verify,
)

__all__ = ["NAME", "Context", "command", "context", "environment", "files", "verify"]
