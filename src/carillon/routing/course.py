"""A request on its whole way: decided, and decided again for each person to whom it is sent on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from carillon.routing.decision import Claim, Decision, Reply, Retarget, TraceRow
from carillon.routing.entrance import Route
from carillon.routing.facts import Facts, NodeProfile, Slots, Unknown
from carillon.routing.hop import retargeted
from carillon.routing.questions import Questions
from carillon.routing.request import Request
from carillon.routing.slots import with_slots
from carillon.sip.uri import SipUri

MOST_HOPS: Final = 40
"""The rules end every course by themselves; this is for a fault in them."""

FactsOf = Callable[[Questions, Request], Facts]
SlotsOf = Callable[[Claim], Slots | Unknown]
"""Claims places; UNKNOWN when the store did not answer."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a request ended: as what, for whom, with which facts. The decision's trace is that of the whole way."""

    request: Request
    facts: Facts
    decision: Decision


def course(
    route: Route,
    request: Request,
    node: NodeProfile,
    facts_of: FactsOf,
    slots_of: SlotsOf,
    known: Facts | None = None,
) -> Course:
    """Ask, fetch and decide until the call is for somebody who is not elsewhere. `known` are the facts of the start.

    Places that were claimed on the way are kept in the memo where somebody is called, else given back.
    """
    request = request if known else _resumed(request)
    facts = known or facts_of(route.ask(request, node), request)
    decision = route.decide(request, facts)
    if facts.slots is None and not isinstance(decision.outcome, Retarget | Claim):
        return Course(request, facts, decision)
    return _onward(route, Course(request, facts, decision), node, facts_of, slots_of)


def _onward(route: Route, begun: Course, node: NodeProfile, facts_of: FactsOf, slots_of: SlotsOf) -> Course:
    """The same after a first decision that sends the call on, or claims a place."""
    request, facts, decision = begun.request, begun.facts, begun.decision
    trace: tuple[TraceRow, ...] = ()
    left: tuple[Slots, ...] = ()
    for _ in range(MOST_HOPS):
        if isinstance(decision.outcome, Claim):  # what was said until here is said again, knowing more
            facts = replace(facts, slots=slots_of(decision.outcome))
            decision = route.decide(request, facts)
            continue
        trace = (*trace, *decision.trace)
        if not isinstance(decision.outcome, Retarget):
            return Course(request, facts, with_slots(replace(decision, trace=trace), facts.slots, left))
        left = (*left, facts.slots) if isinstance(facts.slots, Slots) else left
        request = retargeted(request, decision.outcome)
        facts = facts_of(route.ask(request, node), request)
        decision = route.decide(request, facts)
    return Course(request, facts, Decision(Reply(482, "Loop Detected"), trace=trace))


def _resumed(request: Request) -> Request:
    """A call that Asterisk dials again is for the person whose rows are asked next."""
    if request.progress is None or not request.progress.at:
        return request
    user, _, domain = request.progress.at.rpartition("@")
    return replace(request, uri=SipUri(user, domain))
