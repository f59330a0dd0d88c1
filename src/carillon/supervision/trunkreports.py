"""How trunks are, in words: from the trunk daemon's file, and what Kamailio logged of refused registrations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from carillon.supervision.logs import last_lines
from carillon.system.paths import SystemPaths
from carillon.trunks import states
from carillon.trunks.registrations import contact_user
from carillon.trunks.states import Key, TrunkState

LINES = 2000
_REFUSED = re.compile(r"got sip response (\d{3}) while registering \[([^\]]+)\]")
_WRONG_PASSWORD = re.compile(r"authentication failed for <([^>]+)>")


@dataclass(frozen=True, slots=True)
class TrunkReport:
    """One trunk. `state` is a `Health`, or "not running"; times are ISO 8601, empty when there is none.

    `registration` is `registered`, or says why not; empty for a trunk that does not register. `dns` says what is wrong
    with the answers of the DNS, and since when; empty if nothing.
    """

    name: str
    domain: str
    state: str
    since: str = ""
    registration: str = ""
    registration_since: str = ""
    dns: str = ""


def reports(paths: SystemPaths) -> dict[Key, TrunkReport]:
    """All trunks that are in use; none when the system doesn't run."""
    known = states.read(paths.trunk_states)
    refused = _refusals(paths) if any(state.registered is False for state in known.values()) else {}
    return {key: _report(key, state, refused) for key, state in known.items()}


def report(found: dict[Key, TrunkReport], key: Key) -> TrunkReport:
    """That of one trunk; of one that the trunk daemon doesn't know, that nothing is known."""
    domain, name = key
    return found.get(key) or TrunkReport(name, domain, "not in use")


def _report(key: Key, state: TrunkState, refused: dict[str, str]) -> TrunkReport:
    domain, name = key
    if state.registered is None:
        return TrunkReport(name, domain, state.health, _time(state.since), dns=_dns(state))
    words = "registered" if state.registered else refused.get(contact_user(*key), "not registered")
    return TrunkReport(
        name, domain, state.health, _time(state.since), words, _time(state.registered_since), _dns(state)
    )


def _dns(state: TrunkState) -> str:
    """The trouble with the DNS, and what becomes of it."""
    if not state.dns:
        return ""
    instead = "the last known answer is used" if state.targets else "the trunk can't be reached"
    return f"{state.dns} since {_time(state.dns_since)}; {instead}"


def _refusals(paths: SystemPaths) -> dict[str, str]:
    """The last word of each provider on our registration, by our contact there."""
    log = paths.logs / "kamailio.log"
    words: dict[str, str] = {}
    for _, line in last_lines([log], LINES) if log.exists() else ():
        if found := _REFUSED.search(line):
            words[found[2]] = "no answer" if found[1] == "408" else f"refused: {found[1]}"
        elif found := _WRONG_PASSWORD.search(line):
            words[found[1]] = "refused: wrong password"
    return words


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().isoformat(timespec="seconds")
