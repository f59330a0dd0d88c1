"""The third route: a sibling has decided about a call or message, and one phone of it has its home here.

Nothing is decided again. The node of the call has found the person, his rows and his ring; the home knows the way to
the phone, by its connection or through its NAT, and stays in the dialog so that later requests find it too.
"""

from __future__ import annotations

from typing import Final

from carillon.routing.admission import forwards_left
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import (
    AddHeader,
    Decision,
    Drop,
    Effect,
    GoDirect,
    Pass,
    RecordRoute,
    RemoveHeader,
    Reply,
    RingFlow,
    StripPrivate,
)
from carillon.routing.facts import AwayFacts, Facts, NodeProfile
from carillon.routing.memo import Memo
from carillon.routing.questions import Questions
from carillon.routing.request import Request
from carillon.sip.dialogproof import proof
from carillon.sip.legid import is_leg_id
from carillon.sip.private import HOME, PrivateHeader

FLOW_FAILED: Final = 430
"""The phone can't be reached this way, and another flow of it may be tried (RFC 5626 §5.3)."""


def ask(request: Request, node: NodeProfile) -> Questions:
    """The way to the phone; no look-up."""
    return Questions(flow=(request.home, request.written))


def of_a_siblings_call(request: Request, facts: Facts) -> Verdict:
    """It names whose phone it wants, and a call carries the id of its leg."""
    if request.to_tag:
        return Verdict("refused", "a dialog that is not ours", Reply(481, "Call/Transaction Does Not Exist"))
    if not request.home:
        return Verdict("refused", f"no {HOME}", Reply(403, "For No Phone Of Ours"))
    leg = request.private.get(PrivateHeader.LEG, "")
    if request.method == "INVITE" and not is_leg_id(facts.node.secrets, leg):
        return Verdict("refused", f"no {PrivateHeader.LEG} of ours", Reply(403, "Not A Leg Of A Call"))
    return Verdict("passed", f"{request.home}, asked for by sibling {request.sibling}")


def at_home(request: Request, facts: Facts) -> Verdict:
    """The phone must be registered here still; else the node of the call goes on without it, at once."""
    if facts.flow is None:
        fact = f"{request.written} is not registered here"
        return Verdict("gone", fact, Reply(FLOW_FAILED, "Flow Failed"))
    return Verdict("passed", facts.flow.received or facts.flow.contact)


def rung_at_home(request: Request, facts: Facts) -> Verdict:
    """Without private headers, by the way that the registration has kept."""
    assert facts.flow is not None
    effects: tuple[Effect, ...] = (StripPrivate(), RemoveHeader("Route"))
    if facts.flow.path:
        effects = (*effects, AddHeader("Route", facts.flow.path))
    if request.method == "INVITE":
        effects = (*effects, RecordRoute(proof(facts.node.secrets, request.call_id, request.from_tag)))
    return Verdict("rings", request.written, RingFlow(facts.flow), effects)


RULES = (forwards_left, of_a_siblings_call, at_home, rung_at_home)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with a call or message of a sibling for a phone that has its home here."""
    return decide_by(RULES, request, facts)


def decide_branch(aor: str, memo: Memo | None, away: AwayFacts) -> Decision:
    """On the node of the call: what becomes of a phone whose home is a sibling. A message has no memo."""

    def by_its_home(aor: str, away: AwayFacts) -> Verdict:
        """Marked so that the sibling decides nothing again. A home that is known to be down keeps nobody waiting."""
        if away.up is False and away.direct:
            return Verdict("direct", f"its home {away.sibling} is down", Pass(), (GoDirect(),))
        if away.up is False:
            return Verdict("left out", f"its home {away.sibling} is down", Drop())
        leg = (AddHeader(PrivateHeader.LEG, memo.leg_id),) if memo else ()
        known = "" if away.up else ", unknown if it is up"
        return Verdict(f"sibling {away.sibling}", f"its home{known}", Pass(), (AddHeader(HOME, aor), *leg))

    return decide_by((by_its_home,), aor, away)
