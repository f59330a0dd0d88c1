"""Where trunks speak from: every address of each trunk's host, kept in Kamailio's shared memory."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping

from carillon.stores.ports import TrunkProfile

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


def addresses(trunks: Mapping[tuple[str, str], TrunkProfile], ask: Resolve = resolve) -> dict[str, str]:
    """The trunk of each address, as `domain name`. Of two trunks at one address, the first by name has it."""
    known: dict[str, str] = {}
    for (domain, name), trunk in sorted(trunks.items()):
        if trunk.enabled:
            for address in ask(trunk.host):
                known.setdefault(address, f"{domain} {name}")
    return known


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What to write and what to forget."""
    written = {address: trunk for address, trunk in after.items() if before.get(address) != trunk}
    return written, [address for address in before if address not in after]
