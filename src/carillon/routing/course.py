"""A request on its whole way: decided, and decided again for each person to whom it is sent on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from carillon.routing.decision import Decision, Reply, Retarget, TraceRow
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
    trace: tuple[TraceRow, ...] = ()
    request = request if known else _resumed(request)
    for _ in range(MOST_HOPS):
        facts = known or facts_of(route.ask(request, node), request)
        decision = route.decide(request, facts)
        trace, known = (*trace, *decision.trace) if trace else decision.trace, None
        if not isinstance(decision.outcome, Retarget):
            whole = decision if trace is decision.trace else replace(decision, trace=trace)
            return Course(request, facts, whole)
        request = retargeted(request, decision.outcome)
    return Course(request, facts, Decision(Reply(482, "Loop Detected"), trace=trace))


def _resumed(request: Request) -> Request:
    """A call that Asterisk dials again is for the person whose rows are asked next."""
    if request.progress is None or not request.progress.at:
        return request
    user, _, domain = request.progress.at.rpartition("@")
    return replace(request, uri=SipUri(user, domain))
