"""Who has which of the system's secrets while it is renewed, as one node sees it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from carillon.siblings.states import SiblingState
from carillon.stores.secretring import FIRST, Ring, Version, version_in

FORMER: Final = "has the former secret still"
AWAY_S: Final = 8.0
"""Who is down for so long is not awaited: a daemon that is restarted is heard before."""

UNKNOWN: Final = "may have a former secret still"


def words(one: SiblingState, own: Version) -> str:
    """What is to be said of a sibling's secret; "" when it has that of this node, or a newer one."""
    version = version_in(one.secret)
    if version is None:
        return UNKNOWN if own > FIRST else ""
    return FORMER if version < own else ""


def advice(siblings: Iterable[SiblingState], own: Ring) -> str:
    """What is to be said on this node; "" when all have the same."""
    known = tuple(siblings)
    ahead = [one.name for one in known if (version_in(one.secret) or FIRST) > own.version]
    if ahead:
        return f"this node {FORMER}, and asks for that of {', '.join(ahead)}"
    said = [f"{one.name}: {found}" for one in known if (found := words(one, own.version))]
    if own.coming:
        said.append("a new secret was offered, and nobody seals by it; run `carillon secret renew` again")
    return "; ".join(said)


def lacking(siblings: Iterable[SiblingState], wanted: Version, now: float) -> list[str]:
    """Which of those that are there don't have it yet; who is not heard for a moment may just be restarted."""
    there = (one for one in siblings if one.up or now - one.since < AWAY_S)
    return [one.name for one in there if (version_in(one.secret) or FIRST) < wanted]
