"""What the names daemon is told: whom it asks, where it is asked, whom it tells, where it says how sources are."""

from __future__ import annotations

from carillon.confgen.daemon import Daemon, daemon
from carillon.confgen.system import System

NAME = "names"


def context(system: System) -> Daemon:
    """What the file needs to know of this system."""
    paths = system.paths
    told = {
        "directory": paths.run_directory,
        "rpc": paths.kamailio_rpc,
        "sources": paths.name_sources,
        "asked": paths.names_asked,
        "states": paths.name_states,
        "kept": paths.kept_names,
    }
    return daemon(system, NAME, told)
