"""What Kamailio loads: `modparam("app_python3", "load", …/entry.py)`."""

from __future__ import annotations

from carillon.kamailio.settings import Settings
from carillon.kamailio.worker import Worker


def mod_init() -> Worker:
    """Called once in the parent: reads the settings, opens nothing."""
    return Worker(Settings.from_environment())
