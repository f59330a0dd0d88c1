"""A satellite without Asterisk: a call that stays at the branch comes in, goes to ourselves, and leaves from here.

The request passes us twice (a spiral, RFC 3261 §6): as inbound leg, and as outbound leg, where our own socket stands
for Asterisk. So every rule of both legs holds, and the dialog is one between the two phones. What needs an Asterisk is
done by that of a main, while one is heard.
"""

from __future__ import annotations

from collections.abc import Iterable

from carillon.routing.decision import AddHeader, Effect, FollowCall, MarkOutside, NameParty
from carillon.routing.facts import UNKNOWN, Facts, Gateway
from carillon.routing.meant import meant_outside
from carillon.routing.outside import lines
from carillon.routing.request import Request, Source
from carillon.sip.private import Kind, PrivateHeader
from carillon.stores.ports import Account, Party

CUT_OFF = "The link to the mains is cut"
"""What the caller reads where only an Asterisk could help."""


OUTSIDE = "outside"
"""Of our Record-Route: the other end of the dialog is behind a trunk."""


def in_order(request: Request, facts: Facts, *, service: bool) -> tuple[Gateway, ...]:
    """Where an inbound leg is sent to: to ourselves if it stays at the branch, else to a main, else to ourselves.

    What answers by itself (`service`) is at a main, or nowhere.
    """
    assert facts.node.spiral is not None
    mains = tuple(main.gateway for main in facts.mains)
    if service or (isinstance(facts.callee, Party) and facts.callee.service):
        return mains
    return (facts.node.spiral,) if _stays(request, facts) else (*mains, facts.node.spiral)


def _stays(request: Request, facts: Facts) -> bool:
    """Whether it is for a colleague at the branch, or leaves by the branch's own trunk: such sound crosses no link."""
    outside = meant_outside(request, facts) if request.source is not Source.TRUNK and _has_account(facts) else None
    if outside is None:
        return isinstance(facts.callee, Party) and facts.callee.site.name == facts.node.branch
    return _is_own_line(outside.number, facts)


def _is_own_line(number: str, facts: Facts) -> bool:
    if facts.routes is UNKNOWN or facts.trunks is UNKNOWN or not isinstance(facts.account, Account):
        return True
    domain, branch = facts.account.party.domain, facts.node.branch
    trunks = {name: trunk for (home, name), trunk in facts.trunks.items() if home == domain}
    first = next(iter(lines(number, branch, facts.routes, trunks)), None)
    return first is None or any(one.trunk == first.name and one.site == branch for one in facts.routes)


def _has_account(facts: Facts) -> bool:
    return isinstance(facts.account, Account)


def followed(leg: str, caller: str, called: str, told: Iterable[Effect]) -> FollowCall:
    """An inbound leg that no Asterisk has, so that it is known who has calls; `told` is for the outbound one."""
    said = (one.value for one in told if isinstance(one, AddHeader) and one.name == PrivateHeader.PARTY)
    return FollowCall(leg, caller, called, next(said, f"{Kind.PERSON} {caller}"))


def named(facts: Facts, party: str, called: str) -> tuple[Effect, ...]:
    """Who rings now, on such a node."""
    return (NameParty(party or f"{Kind.PERSON} {called}"),) if facts.node.spiral else ()


def marked_outside(facts: Facts) -> tuple[Effect, ...]:
    """A dialog of such a node with somebody outside."""
    return (MarkOutside(),) if facts.node.spiral else ()


def why(gateway: Gateway, facts: Facts) -> str:
    """In words for the trace: who takes the leg."""
    if gateway == facts.node.spiral:
        return "by this node itself" if facts.mains else "by this node itself, as no main is heard"
    main = next((one.name for one in facts.mains if one.gateway == gateway), "")
    return f"gateway of sibling {main}"
