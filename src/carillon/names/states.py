"""How each source is: counts since the start, and what is wrong with it, for `carillon status` and `book show`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from carillon.system import whole

Key = tuple[str, str]
"""Domain and name of a source."""


@dataclass(slots=True)
class SourceState:
    """Counts of numbers since the start. `problem` is what went wrong last, "" once it answers again.

    `since` is when that was first so, in Unix seconds.
    """

    asked: int = 0
    found: int = 0
    unknown: int = 0
    failed: int = 0
    problem: str = ""
    since: int = 0
    in_a_row: int = 0

    def answered(self, name: str, clock: float) -> None:
        """It said something."""
        self.asked += 1
        self.found += bool(name)
        self.unknown += not name
        self.in_a_row = 0
        if self.problem:
            self.problem, self.since = "", int(clock)

    def failing(self, problem: str, clock: float) -> None:
        """It said nothing that can be used."""
        self.asked += 1
        self.failed += 1
        self.in_a_row += 1
        if not self.problem:
            self.since = int(clock)
        self.problem = problem


def write(file: Path, states: Mapping[Key, SourceState]) -> None:
    """Tell everybody; raises OSError."""
    rows = [[*key, asdict(state)] for key, state in sorted(states.items())]
    whole.write(file, json.dumps(rows))


def read(file: Path) -> dict[Key, SourceState]:
    """How the sources are; none when nobody has said."""
    try:
        return {(domain, name): SourceState(**state) for domain, name, state in json.loads(file.read_text())}
    except (OSError, ValueError, TypeError):
        return {}
