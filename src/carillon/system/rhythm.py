"""Doing something again and again, so often whatever it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator


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
