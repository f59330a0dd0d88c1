"""`decide()` alone, with its facts prepared: what the call logic itself costs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.cases import LEG_ID, NODE, Case, cases
from carillon.routing import replies
from carillon.routing.entrance import route_of
from carillon.routing.facts import ReplyFacts
from carillon.routing.memo import Leg, Memo

ROUNDS = 20_000


@dataclass(frozen=True, slots=True)
class Timed:
    """Microseconds of one thing done over and over; `reads` of the directory that it comes with."""

    what: str
    median: float
    p99: float
    reads: int = 0

    @classmethod
    def of(cls, what: str, act: Callable[[], object], reads: int = 0, rounds: int = ROUNDS) -> Timed:
        """Do it `rounds` times, after a tenth of that to warm up."""
        for _ in range(rounds // 10):
            act()
        return cls._from(what, sorted(_nanoseconds(act, rounds)), reads)

    @classmethod
    def _from(cls, what: str, ordered: Sequence[int], reads: int) -> Timed:
        return cls(what, statistics.median(ordered) / 1e3, ordered[len(ordered) * 99 // 100] / 1e3, reads)


def decisions() -> list[Timed]:
    """Every route's decision, and that of a reply. Raises AssertionError when one is not what it should be."""
    return [*(_timed(case) for case in cases()), _reply()]


def _timed(case: Case) -> Timed:
    request, facts = case.request, case.facts
    route = route_of(request, NODE)
    assert isinstance(route.decide(request, facts).outcome, case.outcome), case.what
    reads = route.ask(request, NODE).directory_reads
    return Timed.of(f"decide {case.what}", lambda: route.decide(request, facts), reads)


def _reply() -> Timed:
    memo, reply = Memo(Leg.INBOUND, LEG_ID, "1001@bench.test", "Person"), ReplyFacts(180, "Ringing")
    return Timed.of("decide 180 on its way back", lambda: replies.decide(memo, reply))


def _nanoseconds(act: Callable[[], object], rounds: int) -> list[int]:
    clock, found = time.perf_counter_ns, []
    for _ in range(rounds):
        begin = clock()
        act()
        found.append(clock() - begin)
    return found
