"""Rounds: ours and native by turns, so that what else the machine does falls on both."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.legs import LEGS, Leg, Load, Measured
from bench.systems import Subject

ATTEMPTS = 3


class Void(Exception):
    """A leg's calls went wrong each time: no figure is worth printing."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, middle and most of the rounds."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value."""
        return cls(min(values), statistics.median(values), max(values))


@dataclass(frozen=True, slots=True)
class Comparison:
    """CPU microseconds of ours and native for `what` (inbound, outbound or call), and median by median."""

    what: str
    ours: Spread
    native: Spread

    @property
    def ratio(self) -> float:
        """How many times native's cost ours is."""
        return self.ours.median / self.native.median


def measure(
    subjects: Sequence[Subject], load: Load, rounds: int, folder: Path, tell: Callable[[Measured], None]
) -> list[Measured]:
    """Every leg of every subject, `rounds` times, the void ones included; raises Void."""
    for subject in subjects:  # the first calls pay for memory that later ones find
        for leg in LEGS:
            _until_clean(leg, subject, Load(load.rate, load.rate), folder, tell)
    found: list[Measured] = []
    for _ in range(rounds):
        for leg in LEGS:
            for subject in subjects:
                found += _until_clean(leg, subject, load, folder, tell)
    return found


def compare(found: Sequence[Measured]) -> list[Comparison]:
    """Inbound, outbound, and both as one call; void ones are left out."""
    values = {
        (subject, leg): [one.microseconds for one in found if one.clean and (one.subject, one.leg) == (subject, leg)]
        for subject in ("ours", "native")
        for leg in ("inbound", "outbound")
    }
    for subject in ("ours", "native"):
        legs = (values[subject, "inbound"], values[subject, "outbound"])
        values[subject, "call"] = [sum(both) for both in zip(*legs, strict=True)]
    return [
        Comparison(what, Spread.of(values["ours", what]), Spread.of(values["native", what]))
        for what in ("inbound", "outbound", "call")
    ]


def _until_clean(
    leg: Leg, subject: Subject, load: Load, folder: Path, tell: Callable[[Measured], None]
) -> list[Measured]:
    found: list[Measured] = []
    for _ in range(ATTEMPTS):
        found.append(leg(subject, load, folder))
        tell(found[-1])
        if found[-1].clean:
            return found
    raise Void(f"{subject.name}, {found[-1].leg}: calls failed {ATTEMPTS} times: {found[-1].traffic}")
