"""What the calls daemon is told: where Asterisk's manager interface is, and the places that it reads and writes."""

from __future__ import annotations

from carillon.confgen.asterisk.manager import LISTENER_USER, door_told
from carillon.confgen.daemon import Daemon, daemon
from carillon.confgen.kamailio import home_uri
from carillon.confgen.system import System

NAME = "calls"


def context(system: System) -> Daemon:
    """What the file needs to know of this system."""
    paths, node = system.paths, system.node
    told = {
        "door": door_told(node, LISTENER_USER, paths),
        "gateway": f"{node.gateway_address}:{node.gateway_port}",
        "several": False,  # one Asterisk a node is all that is configured yet
        "directory": paths.run_directory,
        "redis": paths.redis_socket,
        "rpc": paths.kamailio_rpc,
        "figures": paths.call_figures,
        "repairs": paths.lamps_repaired_by(NAME),
        "states": paths.states_socket,
        "lease": paths.lease if paths.follows else "",
        "siblings": paths.calls_changed if system.siblings else None,
        "sibling_states": paths.sibling_states if system.siblings else None,
        "links": {one.name: home_uri(one) for one in system.siblings if node.is_satellite or one.is_satellite},
    }
    return daemon(system, NAME, told)
