"""A request on its whole way: decided, and decided again for each person to whom it is sent on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from carillon.routing.decision import Decision, Reply, Retarget
from carillon.routing.entrance import Route
from carillon.routing.facts import Facts, NodeProfile
from carillon.routing.hop import retargeted
from carillon.routing.questions import Questions
from carillon.routing.request import Request
from carillon.sip.uri import SipUri

MOST_HOPS: Final = 40
"""The rules end every course by themselves; this is for a fault in them."""

FactsOf = Callable[[Questions, Request], Facts]


@dataclass(frozen=True, slots=True)
class Course:
    """How a request ended: as what, for whom, with which facts. The decision's trace is that of the whole way."""

    request: Request
    facts: Facts
    decision: Decision


def course(route: Route, request: Request, node: NodeProfile, facts_of: FactsOf, known: Facts | None = None) -> Course:
    """Ask, fetch and decide until the call is for somebody who is not elsewhere. `known` are the facts of the start."""
    request = request if known else _resumed(request)
    facts = known or facts_of(route.ask(request, node), request)
    decision = route.decide(request, facts)
    if not isinstance(decision.outcome, Retarget):
        return Course(request, facts, decision)
    return _onward(route, request, node, facts_of, decision)


def _onward(route: Route, request: Request, node: NodeProfile, facts_of: FactsOf, decision: Decision) -> Course:
    """The same after a first decision that sends the call on."""
    trace = decision.trace
    for _ in range(MOST_HOPS):
        assert isinstance(decision.outcome, Retarget)
        request = retargeted(request, decision.outcome)
        facts = facts_of(route.ask(request, node), request)
        decision = route.decide(request, facts)
        trace = (*trace, *decision.trace)
        if not isinstance(decision.outcome, Retarget):
            return Course(request, facts, replace(decision, trace=trace))
    return Course(request, facts, Decision(Reply(482, "Loop Detected"), trace=trace))


def _resumed(request: Request) -> Request:
    """A call that Asterisk dials again is for the person whose rows are asked next."""
    if request.progress is None or not request.progress.at:
        return request
    user, _, domain = request.progress.at.rpartition("@")
    return replace(request, uri=SipUri(user, domain))
