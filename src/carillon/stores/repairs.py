"""How many lamps were wrong and were put right: a small file in which a daemon counts, for `status` and Prometheus."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from carillon.system import whole


@dataclass(frozen=True, slots=True)
class Repairs:
    """Lamps put right since `up`, and when the last one was (Unix seconds)."""

    count: int = 0
    at: float = 0.0


def read(file: Path) -> Repairs:
    """What was counted; nothing when nobody has."""
    try:
        return Repairs(*json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return Repairs()


def add(file: Path, more: int, now: float) -> None:
    """Count on; a file is written only when there is something to count. Raises OSError."""
    if more:
        whole.write(file, json.dumps([read(file).count + more, now]))
