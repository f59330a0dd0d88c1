"""Where trunks speak from: every address of each trunk's host, kept in Kamailio's shared memory."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping

from carillon.routing.fromtrunk import speaks_from
from carillon.stores.ports import TrunkProfile
from carillon.trunks.states import Key

TABLE = "trunks"
TOLD = "told"
"""Key of that table: when Kamailio was last told, in Unix seconds."""

Resolve = Callable[[str], list[str]]


def resolve(host: str) -> list[str]:
    """All addresses of a name or address, without brackets; [] when the name is not known now."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except OSError:
        return []
    return sorted({str(entry[4][0]) for entry in found})


def looked_up(trunks: Mapping[Key, TrunkProfile], ask: Resolve = resolve) -> dict[Key, list[str]]:
    """The addresses of every enabled trunk."""
    return {key: ask(trunk.host) for key, trunk in sorted(trunks.items()) if trunk.enabled}


def addresses(trunks: Mapping[Key, TrunkProfile], found: Mapping[Key, list[str]]) -> dict[str, str]:
    """The trunk of each place, as `domain name`. Of two trunks at one address, the first by name has it."""
    known: dict[str, str] = {}
    for (domain, name), places in found.items():
        for address in places:
            known.setdefault(speaks_from(address, trunks[domain, name].port), f"{domain} {name}")
    return known


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What to write and what to forget."""
    written = {address: trunk for address, trunk in after.items() if before.get(address) != trunk}
    return written, [address for address in before if address not in after]
