"""How many calls at once there may be (behaviours 39, 45): each leg claims places for its own side, in one trip.

A place belongs to the call (its leg id), so both legs of a call, all phones that ring, and all people of a group in it
count once. Nobody who has no limit is asked about; an emergency call is never refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from carillon.model.rights import NumberClass
from carillon.routing.chain import Verdict
from carillon.routing.decision import Claim
from carillon.routing.facts import UNKNOWN, Facts, Slots
from carillon.routing.outside import Line
from carillon.routing.request import Request
from carillon.sip.private import PrivateHeader
from carillon.stores.ports import Limit, Party, Scope, TrunkProfile

NO_LIMIT = Verdict("passed", "no limit")

ALL_LINES_BUSY = 480, "Temporarily Unavailable"
"""Not 486: nobody has been asked whether he is busy. Not 503: that would say that we can't serve (RFC 3261 §21.5.4)."""


def of_caller(party: Party) -> tuple[Limit, ...]:
    """What counts for who calls: nothing for most people."""
    return party.limits


def of_callee(party: Party) -> tuple[Limit, ...]:
    """What counts for who is called: without call waiting, one call at most."""
    own = Limit(Scope.USER, party.aor, 1)
    if party.call_waiting:
        return party.limits
    return (own, *(limit for limit in party.limits if limit.scope is not Scope.USER))


def of_domain(party: Party) -> tuple[Limit, ...]:
    """What counts for a call from outside before anybody is rung."""
    return tuple(limit for limit in party.limits if limit.scope is Scope.DOMAIN)


def of_trunk(trunk: TrunkProfile) -> Limit:
    """The lines of a trunk."""
    return Limit(Scope.TRUNK, f"{trunk.name}@{trunk.domain}", trunk.most_calls)


def counted(party: Party) -> tuple[Limit, ...]:
    """Everything under which a person's calls are counted: what anybody may ask."""
    return of_callee(party)


def lines_asked(request: Request, ranked: Sequence[Line], trunks: Mapping[str, TrunkProfile]) -> tuple[Limit, ...]:
    """The lines among which a call looks for a free one: up to the first that has no limit. () when that is the first.

    A call for help takes any line.
    """
    if request.private.get(PrivateHeader.OUTSIDE) == NumberClass.EMERGENCY:
        return ()
    found: list[Limit] = []
    for name in dict.fromkeys(line.name for line in ranked):
        found.append(of_trunk(trunks[name]))
        if found[-1].most is None:
            break
    return tuple(found) if found and found[0].most is not None else ()


def free_lines(ranked: tuple[Line, ...], facts: Facts, domain: str) -> tuple[Line, ...]:
    """The lines in their order, without those that were found full, the chosen one first."""
    slots = facts.slots
    if not isinstance(slots, Slots) or slots.line is None:
        return ranked
    without = {limit.name for limit in slots.crowded}
    free = [line for line in ranked if f"{line.name}@{domain}" not in without]
    chosen = slots.line.name
    return tuple(sorted(free, key=lambda line: f"{line.name}@{domain}" != chosen))


def claim(
    leg: str,
    limits: tuple[Limit, ...],
    request: Request,
    lines: tuple[Limit, ...] = (),
    parties: tuple[str, ...] = (),
) -> Verdict:
    """Ask for a place under all these limits, and on the first of these lines that has one; `parties` as in `Claim`."""
    names = ", ".join(str(limit) for limit in (*limits, *lines))
    instead = request.private.get(PrivateHeader.INSTEAD, "")
    return Verdict("asked", names, Claim(leg, limits, lines, instead, parties))


def said(facts: Facts) -> str:
    """What was counted, for the trace."""
    slots = facts.slots
    if slots is UNKNOWN:
        return "unknown: nobody is refused"
    if slots is None:
        return "not asked"
    return ", ".join(f"{limit}: {used(slots, limit)}" for limit in slots.asked) or "not counted"


def used(slots: Slots, limit: Limit) -> str:
    """`2 of 3`, the calls that there were already."""
    count = slots.counts.get(limit, 0)
    return f"{count} of {limit.most}" if limit.most is not None else str(count)


def words(limit: Limit, name: str = "", has: str = "has") -> str:
    """Which limit is reached, for the caller's display; `name` is that of the person whose own it is."""
    calls = "1 call" if limit.most == 1 else f"{limit.most} calls"
    match limit.scope:
        case Scope.USER:
            return f"{name or limit.name} already {has} {calls}"
        case Scope.GROUP:
            return f"The group {limit.name.partition('@')[0]} already has {calls}"
        case Scope.TRUNK:
            return f"All lines of {limit.name.partition('@')[0]} are busy"
        case Scope.DOMAIN:
            return f"{limit.name} already has {calls}"


def full(facts: Facts) -> Limit | None:
    """The limit that is reached, None when there is room or nobody knows."""
    return facts.slots.full if isinstance(facts.slots, Slots) else None
