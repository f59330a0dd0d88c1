"""A listener of the supervisor's events: counts how often each engine was restarted, and guards the watchdog."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from carillon.supervision.leftovers import kill, leftovers
from carillon.system import pulse, whole

LATE_S = 5.0
_AFTER_A_DEATH = ("EXITED", "BACKOFF", "UNKNOWN")


@dataclass(frozen=True, slots=True)
class Restarts:
    """How often one engine was started again since `up`, and when last (ISO 8601, UTC)."""

    count: int
    last: str


def read_restarts(path: Path) -> dict[str, Restarts]:
    """The count of each engine that was restarted; others are missing."""
    try:
        rows = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return {name: Restarts(row["count"], row["last"]) for name, row in rows.items()}


def count_restart(path: Path, name: str, now: datetime) -> None:
    """Add one restart of this engine to the file, by rename."""
    known = read_restarts(path)
    count = known[name].count + 1 if name in known else 1
    known[name] = Restarts(count, now.isoformat(timespec="seconds"))
    whole.write(path, json.dumps({key: asdict(row) for key, row in known.items()}))


def listen(path: Path, events: TextIO, answers: TextIO, guard: Callable[[], None]) -> None:
    """Speak supervisor's event protocol until `events` ends: each start after a death is a restart.

    Calls `guard` at every tick.
    """
    while True:
        answers.write("READY\n")
        answers.flush()
        line = events.readline()
        if not line:
            return
        header = _tokens(line)
        event = _tokens(events.read(int(header["len"])))
        if header["eventname"].startswith("TICK"):
            guard()
        if event.get("from_state") in _AFTER_A_DEATH:
            count_restart(path, event["processname"], datetime.now(UTC))
        answers.write("RESULT 2\nOK")
        answers.flush()


def guard_watchdog(run: Path) -> None:
    """End a watchdog that has not gone round for `LATE_S` seconds: the supervisor starts it again."""
    if pulse.age_s(run) > LATE_S:
        kill(leftovers(run))


def _tokens(line: str) -> dict[str, str]:
    pairs = (token.partition(":") for token in line.split())
    return {key: value for key, _, value in pairs}


if __name__ == "__main__":
    watchdog = Path(sys.argv[2])
    listen(Path(sys.argv[1]), sys.stdin, sys.stdout, lambda: guard_watchdog(watchdog))
