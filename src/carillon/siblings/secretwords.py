"""Who has which of the system's secrets while it is renewed, as one node sees it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from carillon.siblings.states import SiblingState
from carillon.stores.secretring import FIRST, Ring, Version, version_in

FORMER: Final = "has the former secret still"
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


def lacking(siblings: Iterable[SiblingState], wanted: Version) -> list[str]:
    """Which of those that are up don't have it yet."""
    return [one.name for one in siblings if one.up and (version_in(one.secret) or FIRST) < wanted]
