"""A subscription that another node held is over: its phone is told so, by the daemon `siblings` of this node."""

from __future__ import annotations

from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import Decision, EndWatch, StripPrivate
from carillon.routing.facts import Facts, NodeProfile
from carillon.routing.questions import NOTHING, Questions
from carillon.routing.request import Request


def ask(request: Request, node: NodeProfile) -> Questions:
    """Nothing: which phone is meant and how it is reached, the daemon knows."""
    return NOTHING


def told(request: Request, facts: Facts) -> Verdict:
    """It subscribes anew then (RFC 6665 §4.1.2.3), here."""
    return Verdict("told", f"{request.to_uri.user} subscribes anew", EndWatch(), (StripPrivate(),))


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with such a NOTIFY."""
    return decide_by((told,), request, facts)
