"""One thing done over and over, in this process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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


def _nanoseconds(act: Callable[[], object], rounds: int) -> list[int]:
    clock, found = time.perf_counter_ns, []
    for _ in range(rounds):
        begin = clock()
        act()
        found.append(clock() - begin)
    return found
