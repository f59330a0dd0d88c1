"""What the presence server loads: `modparam("app_python3", "load", …/presenceentry.py)`."""

from __future__ import annotations

from carillon.kamailio.notifier import Notifier
from carillon.kamailio.presencesettings import PresenceSettings


def mod_init() -> Notifier:
    """Called once in the parent: reads the settings, opens nothing."""
    return Notifier(PresenceSettings.from_environment())
