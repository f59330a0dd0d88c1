"""A CANCEL that belongs to no transaction here: of a call that rang when Kamailio died. Its other end still knows it.

Where it goes, it is known by the branch of the INVITE. The engine makes the same one again: it is made of what is in
the request, and of a target's place among all.
"""

from __future__ import annotations

from carillon.routing.admission import forwards_left
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import Cancel, Decision, Reply, StripPrivate
from carillon.routing.facts import Facts, NodeProfile
from carillon.routing.questions import NOTHING, Questions
from carillon.routing.request import Request, Source


def ask(request: Request, node: NodeProfile) -> Questions:
    """Whose phones ring, if they do: a note in shared memory."""
    return Questions(dialog=request.call_id) if request.source is Source.GATEWAY else NOTHING


def stops_ringing(request: Request, facts: Facts) -> Verdict:
    """From our Asterisk: to the phones that ring, those of whom it dialled unless a note says of whom."""
    if request.source is not Source.GATEWAY:
        return Verdict("skipped", f"from {request.source}")
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
