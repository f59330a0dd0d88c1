"""Putting in force, on a node that runs, what the coming and going of nodes changes in its configuration."""

from __future__ import annotations

from carillon.confgen.apply import apply
from carillon.confgen.system import System
from carillon.confgen.targets import engines
from carillon.supervision.supervisor import restart, update

RESTARTED = ("presence", "kamailio", "trunks", "siblings", "calls", "watchdog")
"""What carries no sound: calls that are up go on while it restarts."""
_WITH = {"kamailio": {"kamailio", "tls"}}


def reconfigure(system: System) -> tuple[str, ...]:
    """Apply the configuration, start what is new, restart what needs it; returns what was. Raises `Refused`."""
    changed = set(apply(system).changed)
    socket = system.paths.supervisor_socket
    done = update(socket) if "supervisor" in changed else set()
    again = [name for name in RESTARTED if changed & _WITH.get(name, {name}) and name not in done]
    for name in again:
        restart(socket, name)
    return (*sorted(done & {*engines(system.paths)}), *again)
