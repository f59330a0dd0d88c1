"""What the daemon of recordings is told: where they lie, and where Asterisk's sound comes from."""

from __future__ import annotations

from carillon.confgen import rtpengine
from carillon.confgen.daemon import Daemon, daemon
from carillon.confgen.system import System

NAME = "recordings"


def context(system: System) -> Daemon:
    """What the file needs to know of this system: places, addresses, UDP ports."""
    paths = system.paths
    told = {
        "directory": paths.run_directory,
        "recordings": paths.recordings,
        "prompts": paths.prompts,
        "relay_pidfile": paths.run / "rtpengine" / "rtpengine.pid",
        "relay": rtpengine.control(system.node),
        "gateway": system.node.addresses,
        "ports": system.node.gateway_ports,
    }
    return daemon(system, NAME, told)
