"""What the follower is told: its system."""

from __future__ import annotations

from carillon.confgen.daemon import Daemon, daemon
from carillon.confgen.system import System

NAME = "follower"
USER = "root"
"""It reads the password of the database, and writes what is root's."""


def context(system: System) -> Daemon:
    """What the file needs to know of this system."""
    return daemon(system, NAME, {"system": system.paths.directory})
