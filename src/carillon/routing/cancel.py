"""A CANCEL that belongs to no transaction here: of a call that rang when Kamailio died. Its other end still knows it.

Where it goes, it is known by the branch of the INVITE. The engine makes the same one again: it is made of what is in
the request, and of a target's place among all.
"""

from __future__ import annotations

from carillon.routing.admission import forwards_left
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import Cancel, Decision, Reply, StripPrivate
from carillon.routing.facts import UNKNOWN, Facts, NodeProfile
from carillon.routing.questions import NOTHING, Questions
from carillon.routing.request import Request, Source


def ask(request: Request, node: NodeProfile) -> Questions:
    """Whose phones ring, if they do: a note in shared memory; and where the call went outside, if it did."""
    call_id = request.call_id
    return Questions(dialog=call_id, left_by=call_id) if request.source is Source.GATEWAY else NOTHING


def stops_ringing(request: Request, facts: Facts) -> Verdict:
    """From our Asterisk: to the trunk that rings, or the phones, those of whom it dialled unless a note says of whom.

    Places that were asked before and have failed are told, too, and know no such call: so each gets its own branch.
    """
    if request.source is not Source.GATEWAY:
        return Verdict("skipped", f"from {request.source}")
    if facts.left_by is not UNKNOWN and facts.left_by:
        last = facts.left_by[-1]
        return Verdict("passed on", f"to {last.target or last.uri}", Cancel(places=facts.left_by), (StripPrivate(),))
    aor = facts.dialog.aor if facts.dialog else f"{request.uri.user}@{request.uri.host}"
    return Verdict("passed on", f"to the phones of {aor}", Cancel(aor=aor), (StripPrivate(),))


def given_up(request: Request, facts: Facts) -> Verdict:
    """From a phone or a trunk: to Asterisk, which alone knows whether it has such a call. It can't be challenged."""
    gateways = facts.node.gateways_for(media6=":" in request.source_address)
    if not gateways or request.source not in (Source.OUTSIDE, Source.TRUNK):
        return Verdict("refused", "nothing to cancel", Reply(481, "Call/Transaction Does Not Exist"))
    return Verdict("passed on", f"to gateway {gateways[0]}", Cancel(gateways[0]), (StripPrivate(),))


RULES = (forwards_left, stops_ringing, given_up)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with a CANCEL of no transaction."""
    return decide_by(RULES, request, facts)
