"""Target rtpengine: the media relay, for the calls whose sound has to be changed on its way."""

from __future__ import annotations

from carillon.confgen.rtpengine.target import (
    NAME,
    PROGRAM,
    Context,
    command,
    context,
    control,
    environment,
    files,
    verify,
)

__all__ = ["NAME", "PROGRAM", "Context", "command", "context", "control", "environment", "files", "verify"]
