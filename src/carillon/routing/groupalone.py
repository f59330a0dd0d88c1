"""A ring group at a branch without Asterisk that hears no main: nobody rings phones together, so members ring in turn.

The group is taken for a person who forwards every call to its members at the branch, one after the other, and then to
where its calls go on. So each leg is one like any other: with states, limits, lamps and pick-up of who rings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from carillon.model.forwarding import Cause
from carillon.routing.decision import Header
from carillon.routing.groups import IN_TURN
from carillon.sip.private import PrivateHeader
from carillon.stores.ports import ForwardRow, GroupProfile, Party, SiteProfile

EACH_S: Final = 10
"""How long each rings of those who would ring together."""

MEMBERS: Final = -1
"""The number of the row that stands for a group, which no person has; its `after_s` counts the members in it."""

_KIND: Final = "group:"
_AS_TARGET: Final = "group-"
"""How a group is written where it is the target of a row, as number of a call."""


def as_person(
    callee: Party | None,
    asked: tuple[str, str],
    groups: Mapping[tuple[str, str], GroupProfile],
    person: Callable[[str, str], Party | None],
    branch: str,
) -> Party | None:
    """Whoever was `asked` for (domain, number): for a group that has members at the branch, what stands for it."""
    domain, number = asked
    group = groups.get((domain, _name(callee, number)))
    if group is None:
        return callee
    found = ((one, person(domain, one)) for one in group.members)
    here = tuple(one for one, party in found if party and party.site.name == branch)
    if not here:
        return callee
    targets = (*here, *((group.then,) if group.then else ()))
    ring_s = group.ring_s if group.ring == IN_TURN else EACH_S
    row = ForwardRow(MEMBERS, Cause.ALWAYS, targets, ring_s=ring_s, after_s=len(here))
    before = callee or Party(number, domain, group.name)
    return replace(before, name=group.name, site=SiteProfile(branch), service="", forwarding=(row,))


def is_group(party: Party) -> bool:
    """Whether this stands for a group."""
    return bool(party.forwarding) and party.forwarding[0].id == MEMBERS


def is_member(row: ForwardRow, position: int) -> bool:
    """Whether a target of such a row is a member, and not where the group's calls go on."""
    return row.id == MEMBERS and position < (row.after_s or 0)


def told(party: Party, row: ForwardRow, position: int) -> tuple[Header, ...]:
    """What the call to a target of a group goes by: a member's own rows don't count, and his phone shows the group."""
    if row.id != MEMBERS:
        return ()
    group, alone = (party.name, "yes") if is_member(row, position) else ("", "")
    return ((PrivateHeader.GROUP, group), (PrivateHeader.NO_FORWARD, alone))


def _name(callee: Party | None, number: str) -> str:
    if callee is not None:
        return callee.service.removeprefix(_KIND) if callee.service.startswith(_KIND) else ""
    return number.removeprefix(_AS_TARGET) if number.startswith(_AS_TARGET) else ""
