"""Where trunks speak from: every address of each trunk's targets, kept in Kamailio's shared memory."""

from __future__ import annotations

from collections.abc import Mapping

from carillon.routing.fromtrunk import speaks_from
from carillon.sip.uri import SipUri
from carillon.trunks.lookups import Known
from carillon.trunks.states import Key

TABLE = "trunks"
TOLD = "told"
"""Key of that table: when Kamailio was last told, in Unix seconds."""


def addresses(known: Mapping[Key, Known]) -> dict[str, str]:
    """The trunk of each place, as `domain name`. Of two trunks at one address, the first by name has it."""
    found: dict[str, str] = {}
    for (domain, name), one in sorted(known.items()):
        for target in one.targets or ():
            place = SipUri.parse(target.uri)
            if place:
                found.setdefault(speaks_from(place.host.strip("[]"), place.port), f"{domain} {name}")
    return found


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What to write and what to forget."""
    written = {address: trunk for address, trunk in after.items() if before.get(address) != trunk}
    return written, [address for address in before if address not in after]
