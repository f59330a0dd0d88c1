"""Rounds: subjects by turns, so that what else the machine does falls on all of them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.phases import Load, Measured, Phase
from bench.subjects import Subject

ATTEMPTS = 4
WARM_UP = 100


class Void(Exception):
    """Calls went wrong each time: no figure is worth printing."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, middle and most of the rounds."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """The spread of at least one value."""
        found = list(values)
        return cls(min(found), statistics.median(found), max(found))

    def __str__(self) -> str:
        return f"{self.least:.0f} · {self.median:.0f} · {self.most:.0f}"


@dataclass(frozen=True, slots=True)
class Rounds:
    """Everything that was measured, the void ones included."""

    measured: tuple[Measured, ...]

    def of(self, subject: str, phase: str) -> list[Measured]:
        """What counts of one subject and phase, in order."""
        return [one for one in self.measured if one.clean and (one.subject, one.phase) == (subject, phase)]

    def spread(self, subject: str, *phases: str, without: tuple[str, ...] = ()) -> Spread:
        """CPU microseconds of a subject, of phases that belong together (the legs of a call) added round by round."""
        rounds = zip(*(self.of(subject, phase) for phase in phases), strict=True)
        return Spread.of(sum(one.total(*without) for one in each) for each in rounds)

    def by_part(self, subject: str, *phases: str) -> dict[str, float]:
        """The middle of the rounds of each component, dearest first."""
        rounds = list(zip(*(self.of(subject, phase) for phase in phases), strict=True))
        names = {name for each in rounds for one in each for name in one.microseconds}
        found = {
            name: statistics.median(sum(one.microseconds.get(name, 0.0) for one in each) for each in rounds)
            for name in names
        }
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def heading(self, what: str, load: Load) -> str:
        """The title of a table about it."""
        rounds = f"{load.rounds} rounds of {load.times}, {load.rate}/s, {self.void} void"
        return f"{what}: CPU µs each (least · median · most of {rounds})"

    @property
    def void(self) -> int:
        """How many didn't count."""
        return sum(not one.clean for one in self.measured)


def measure(
    turns: Sequence[tuple[Phase, Subject]], load: Load, folder: Path, tell: Callable[[Measured], None]
) -> Rounds:
    """Each phase of each subject by turns, after a warm-up of each. Raises Void."""
    for phase, subject in turns:  # the first calls pay for memory that later ones find
        _until_clean(phase, subject, Load(WARM_UP, min(load.rate, WARM_UP), 1), folder, tell)
    found: list[Measured] = []
    for _ in range(load.rounds):
        for phase, subject in turns:
            found += _until_clean(phase, subject, load, folder, tell)
    return Rounds(tuple(found))


def _until_clean(
    phase: Phase, subject: Subject, load: Load, folder: Path, tell: Callable[[Measured], None]
) -> list[Measured]:
    found: list[Measured] = []
    for _ in range(ATTEMPTS):
        found.append(phase(subject, load, folder))
        tell(found[-1])
        if found[-1].clean:
            return found
    raise Void(f"{subject.name}, {found[-1].phase}: void {ATTEMPTS} times: {found[-1].traffic}")
