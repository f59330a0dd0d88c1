"""Doing something again and again, so often whatever it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

MOST_OF_TIME = 0.05
LONGEST_S = 30.0


def steadily(
    period_s: float, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Yield every `period_s` seconds; at once when the last round took longer, which is not made up for later."""
    due = clock()
    while True:
        yield
        now = clock()
        due = max(due + period_s, now)
        sleep(due - now)


def sparingly(period_s: float, cost_s: float) -> float:
    """Seconds until something is done again that just took `cost_s` of a processor, as it grows with the system.

    `period_s`, or longer: a twentieth of a processor is all that it gets. Never longer than LONGEST_S.
    """
    return max(period_s, min(cost_s / MOST_OF_TIME, LONGEST_S))
