"""`decide()` alone, with its facts prepared: what the call logic itself costs."""

from __future__ import annotations

from bench.figure import Figure, Grid, Target
from bench.lab import Lab
from bench.requests import LEG_ID, NODE, Case, cases
from bench.timing import Timed
from carillon.routing import replies
from carillon.routing.entrance import route_of
from carillon.routing.facts import ReplyFacts
from carillon.routing.memo import Leg, Memo

MOST_US = 50.0


def found(lab: Lab) -> Figure:
    """Every route's decision, and that of a reply. Raises AssertionError when one is not what it should be."""
    timed = [*(_timed(case) for case in cases()), _reply()]
    rows = [(one.what, f"{one.median:.1f}", f"{one.p99:.1f}", str(one.reads)) for one in timed]
    dearest = max(timed, key=lambda one: one.median)
    return Figure(
        "decide",
        [Grid("decide(): µs", ("", "median", "p99", "directory reads"), rows)],
        [Target(f"median µs of the dearest, {dearest.what}", dearest.median, MOST_US)],
        {one.what: one.median for one in timed},
    )


def _timed(case: Case) -> Timed:
    request, facts = case.request, case.facts
    route = route_of(request, NODE)
    assert isinstance(route.decide(request, facts).outcome, case.outcome), case.what
    reads = route.ask(request, NODE).directory_reads
    return Timed.of(case.what, lambda: route.decide(request, facts), reads)


def _reply() -> Timed:
    memo, reply = Memo(Leg.INBOUND, LEG_ID, "1001@bench.test", "Person"), ReplyFacts(180, "Ringing")
    return Timed.of("180 on its way back", lambda: replies.decide(memo, reply))
