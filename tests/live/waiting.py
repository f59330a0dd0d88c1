"""Waiting until something has happened, and how long that took."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.live.company import Company

PATIENCE_S = 30.0


def await_that(happened: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Ask again until it has happened; each of these questions takes its time by itself."""
    deadline = time.monotonic() + patience_s
    while not happened():
        assert time.monotonic() < deadline, f"in vain for {patience_s:g} s: {what}"


def await_new(company: Company, component: str, old: int) -> None:
    """Wait until a component is healthy in another process than `old`."""

    def is_back() -> bool:
        now = company.component(component)
        return bool(now["healthy"] and now["pid"] not in (None, old))

    await_that(is_back, f"{component} is up again: {company.component(component)}")


@contextmanager
def measured(what: str) -> Iterator[None]:
    """Print how many seconds something took; with CARILLON_MEASURED=FILE the line goes there too."""
    began = time.monotonic()
    yield
    line = f"{what}: {time.monotonic() - began:.1f} s"
    print(line)
    if file := os.environ.get("CARILLON_MEASURED"):
        with Path(file).open("a") as measurements:
            measurements.write(f"{line}\n")
