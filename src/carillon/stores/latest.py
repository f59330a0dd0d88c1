"""Sounds of which the latest counts, whoever made it: greetings, announcements. A file's own time says since when.

What is made here is later than all that is known here, also by a clock that is slow.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from carillon.stores import gone
from carillon.stores.gone import EVERYTHING, Gone

SOUND: Final = ".wav"


@dataclass(frozen=True, slots=True)
class Latest:
    """When a sound was made, or was taken away (Unix time in ns; 0: it never was), and whether it is there."""

    at: int = 0
    is_there: bool = False


def latest(directory: Path, name: str, known: dict[str, Gone] | None = None) -> Latest:
    """How a sound is; `known` is what was removed, when the caller has read that."""
    removed = gone.read(directory) if known is None else known
    at = max(removed.get(name, Gone(0)).at, removed.get(EVERYTHING, Gone(0)).at)
    try:
        made = _place(directory, name).stat().st_mtime_ns
    except OSError:
        return Latest(at)
    return Latest(made, True) if made > at else Latest(at)


def keep(directory: Path, name: str, fresh: Path, at: int | None = None) -> bool:
    """Put a file in the place of a sound: made now, or `at`; whether it was news. Raises OSError."""
    with gone.alone(directory):
        before = latest(directory, name).at
        if at is not None and at <= before:
            fresh.unlink(missing_ok=True)
            return False
        made = max(time.time_ns(), before + 1) if at is None else at
        gone.give(fresh, directory)
        os.utime(fresh, ns=(made, made))
        gone.sync(fresh)
        fresh.replace(_place(directory, name))
        return True


def take_away(directory: Path, name: str, at: int | None = None) -> bool:
    """The sound is no more, from now or `at` on; whether it was news. Raises OSError."""
    with gone.alone(directory):
        before = latest(directory, name).at
        if at is not None and at <= before:
            return False
        try:
            gone.add(directory, {name: Gone(max(time.time_ns(), before + 1) if at is None else at)})
        finally:  # also on a full disk
            _place(directory, name).unlink(missing_ok=True)
        return True


def _place(directory: Path, name: str) -> Path:
    return directory / f"{name}{SOUND}"
