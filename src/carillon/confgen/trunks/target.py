"""What the trunk daemon is told: the workers' directory, Kamailio's control socket, where passwords are, states go."""

from __future__ import annotations

from collections.abc import Iterable

from carillon.confgen.daemon import Daemon, daemon
from carillon.confgen.system import System
from carillon.model.node import Node
from carillon.trunks.registrations import DEFAULT

NAME = "trunks"


def context(system: System) -> Daemon:
    """What the file needs to know of this system.

    `answers` keeps what the DNS last said. `contact6` is our address for providers of IPv6. `lease` says whether this
    node registers, "" where it is alone; at `branches`, sites by domain, satellites do. `families` are the types of
    addresses that this node reaches.
    """
    paths = system.paths
    told = {
        "directory": paths.run_directory,
        "rpc": paths.kamailio_rpc,
        "logins": paths.trunk_logins,
        "states": paths.trunk_states,
        "answers": paths.trunk_answers,
        "contact6": _contact6(system.node),
        "lease": paths.lease if paths.follows and not system.node.is_satellite else "",
        "site": system.node.site or "",
        "branches": _branches((system.node, *system.siblings)),
        "families": ["AAAA" if ":" in address else "A" for address in system.node.addresses],
    }
    return daemon(system, NAME, told)


def _branches(nodes: Iterable[Node]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in sorted(nodes, key=lambda one: one.name):
        if node.site:
            found.setdefault(node.default_domain, []).append(node.site)
    return found


def _contact6(node: Node) -> str:
    """Where providers of IPv6 find a node that has both families; the usual place for others."""
    return f"[{node.address6}]:{node.sip_port}" if node.address6 else DEFAULT
