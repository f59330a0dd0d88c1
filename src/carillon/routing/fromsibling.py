"""A sibling's inbound leg, for our Asterisk: its own is down, and it has decided who calls whom (behaviours 18).

An Asterisk speaks to its own node's Kamailio only, so the call takes its way through us.
"""

from __future__ import annotations

from carillon.routing.admission import forwards_left, unavailable
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import Decision, RecordRoute, Relay, Reply
from carillon.routing.facts import Facts, NodeProfile
from carillon.routing.memo import Leg, Memo
from carillon.routing.questions import NOTHING, Questions
from carillon.routing.request import Request
from carillon.sip.dialogproof import proof
from carillon.sip.legid import is_leg_id
from carillon.sip.private import PrivateHeader


def ask(request: Request, node: NodeProfile) -> Questions:
    """Nothing: everything rides in private headers."""
    return NOTHING


def of_a_siblings_leg(request: Request, facts: Facts) -> Verdict:
    """It carries the id of its leg, which nobody but a node can make."""
    if request.to_tag:
        return Verdict("refused", "a dialog that is not ours", Reply(481, "Call/Transaction Does Not Exist"))
    leg = request.private.get(PrivateHeader.LEG, "")
    if not is_leg_id(facts.node.secrets, leg):
        return Verdict("refused", f"no {PrivateHeader.LEG} of ours", Reply(403, "Not A Leg Of A Call"))
    return Verdict("passed", f"leg {leg} of sibling {request.sibling}")


def to_own_gateway(request: Request, facts: Facts) -> Verdict:
    """To the Asterisk of this node, with the private headers that came."""
    gateways = facts.node.gateways_for(media6=request.media6)
    if not gateways:
        return Verdict("unavailable", "no gateway is configured", unavailable(facts))
    called = f"{request.uri.user}@{request.uri.host}"
    effects = (RecordRoute(proof(facts.node.secrets, request.call_id, request.from_tag)),)
    memo = Memo(Leg.INBOUND, request.private[PrivateHeader.LEG], called)
    return Verdict("relayed", f"gateway {gateways[0]}", Relay(gateways[0], called), effects, memo)


RULES = (forwards_left, of_a_siblings_leg, to_own_gateway)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with a call that a sibling's Asterisk could not take."""
    return decide_by(RULES, request, facts)
