"""How well this node follows the truth: written by the follower, read by `status` and `node list`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from carillon.system import whole


@dataclass(frozen=True, slots=True)
class Report:
    """`sequence` is the last change in force here, `looked_at` when the follower last tried (Unix seconds).

    `away_since` and `problem` say since when the database is away and how; None and "" while it answers.
    `unkept` says why what is in force could not be kept for a start without the database; "" when it was.
    """

    sequence: int = 0
    looked_at: float = 0.0
    away_since: float | None = None
    problem: str = ""
    unkept: str = ""

    def write(self, file: Path) -> None:
        """Put it where everybody on this node looks, by rename."""
        whole.write(file, json.dumps(asdict(self)))

    @classmethod
    def read(cls, file: Path) -> Report | None:
        """The last one; None when there is none, or none that is understood."""
        try:
            return cls(**json.loads(file.read_text()))
        except (OSError, ValueError, TypeError):
            return None
