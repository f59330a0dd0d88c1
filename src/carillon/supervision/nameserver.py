"""Switching the name server of this node on and off, while the system runs."""

from __future__ import annotations

import time
from collections.abc import Iterable

from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.model.zone import NameService
from carillon.stores import nameservice
from carillon.supervision.ports import Endpoint, require_endpoint
from carillon.supervision.probes.nameserver import probe_nameserver
from carillon.supervision.supervisor import start_program, states, stop_program
from carillon.system.paths import SystemPaths

NAME = "nameserver"
PATIENCE_S = 15.0
STEP_S = 0.1


def require_usable(before: NameService, listen: Iterable[str], port: int) -> None:
    """Raise `Refused`, naming who is there already, unless these addresses can be listened on, or are already ours."""
    ours = {(address, before.port) for address in before.listen}
    for address in listen:
        if (address, port) not in ours:
            for transport in ("udp", "tcp"):
                require_endpoint(Endpoint("address", transport, address, port), "give another --address or --port")


def switched(paths: SystemPaths, node: Node) -> str:
    """Have the supervisor run it, or not, as the truth says now. Returns what is wrong with it then, empty if nothing.

    Does nothing when the system doesn't run.
    """
    known = states(paths.supervisor_socket)
    if known is None or NAME not in known:
        return "" if known is None else "is not known to the supervisor yet; run `carillon down` and `carillon up`"
    if not nameservice.read(paths.name_service).listen:
        stop_program(paths.supervisor_socket, NAME)
        return ""
    if known[NAME].pid is None:
        start_program(paths.supervisor_socket, NAME)
    return _awaited(paths, node)


def require_switched(paths: SystemPaths, node: Node) -> None:
    """As `switched`; raises `Refused` when it doesn't work."""
    if words := switched(paths, node):
        raise Refused(NAME, f"{words}; see `carillon log {NAME}`.")


def _awaited(paths: SystemPaths, node: Node) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while (words := probe_nameserver(paths, node).problem) and time.monotonic() < deadline:
        time.sleep(STEP_S)
    return words
