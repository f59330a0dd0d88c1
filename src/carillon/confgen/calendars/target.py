"""What the calendars daemon is told: which calendars there are, and where it keeps what they say."""

from __future__ import annotations

from carillon.confgen.daemon import Daemon, daemon
from carillon.confgen.system import System

NAME = "calendars"


def context(system: System) -> Daemon:
    """What the file needs to know of this system."""
    return daemon(system, NAME, {"sources": system.paths.calendar_sources, "spans": system.paths.calendar_spans})
