"""How the siblings are, in a file that the daemon writes and everybody may read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from carillon.system import whole


@dataclass(frozen=True, slots=True)
class SiblingState:
    """Whether a sibling is up, since when (Unix seconds), and what is wrong; `phones` are those that it is home to,
    `subscriptions` those that its presence server holds.

    `ahead_s` is by how many seconds its clock is ahead of ours, below 0 behind. `secret` is which secret it last said
    that it has, as `Ring.label`.
    """

    name: str
    address: str
    up: bool
    since: int
    problem: str = ""
    phones: int = 0
    ahead_s: int = 0
    secret: str = ""
    subscriptions: int = 0


def write(file: Path, states: list[SiblingState]) -> None:
    """Tell everybody; raises OSError."""
    whole.write(file, json.dumps([asdict(state) for state in states]))


def read(file: Path) -> list[SiblingState]:
    """How the siblings are; none when nobody has said."""
    try:
        return [SiblingState(**state) for state in json.loads(file.read_text())]
    except (OSError, ValueError, TypeError):
        return []
