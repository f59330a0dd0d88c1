"""A clock that was set forward ends registrations early: a node alone notices, and stores them again (`restoring`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Final

Place = tuple[str, int]

SET_S: Final = 3.0
"""A clock that differs so much from one look to the next was set."""


@dataclass(frozen=True, slots=True)
class Registrations:
    """Kamailio's file of them and their journal; its control; where it hears, and from where it believes us."""

    location: Path
    journal: Path
    rpc: Path
    speak_from: Place
    kamailio: Place

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Registrations:
        """As JSON has it; raises KeyError, TypeError and ValueError."""
        files = Path(told["location"]), Path(told["journal"]), Path(told["rpc"])
        (own, own_port), (there, port) = told["speak_from"], told["kamailio"]
        return cls(*files, (str(own), int(own_port)), (str(there), int(port)))


@dataclass(frozen=True, slots=True)
class Set:
    """By how many seconds a clock was set, forward, when it showed `before` (Unix); `at` is monotonic."""

    by: float
    before: float
    at: float


class SetClock:
    """To be looked at again and again."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._ahead = wall() - steady()

    def set_by(self) -> float:
        """By how many seconds it was set since the last look; 0 when it was not."""
        before, self._ahead = self._ahead, self._wall() - self._steady()
        by = self._ahead - before
        return by if abs(by) >= SET_S else 0.0


class Restorer:
    """Beside the daemon that notices, as storing very many takes a while; what it needs is loaded then only."""

    def __init__(self, places: Registrations) -> None:
        self._places, self._clock, self._turn = places, SetClock(), Lock()

    def round(self) -> None:
        """Some time has gone by."""
        if (by := self._clock.set_by()) > 0:
            Thread(target=self._restore, args=(Set(by, time.time() - by, time.monotonic()),), daemon=True).start()

    def _restore(self, clock: Set) -> None:
        with self._turn:
            import_module("carillon.siblings.restoring").restore(self._places, clock)
