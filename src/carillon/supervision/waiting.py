"""Waiting until something is so that nobody tells of."""

from __future__ import annotations

import time
from collections.abc import Callable

STEP_S = 0.1


def comes_true(said: Callable[[], bool], patience_s: float, step_s: float = STEP_S) -> bool:
    """Whether it is so within so many seconds; asked once at least, and then every `step_s`."""
    deadline = time.monotonic() + patience_s
    while not said():
        if time.monotonic() > deadline:
            return False
        time.sleep(step_s)
    return True
