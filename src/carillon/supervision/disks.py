"""Is there room where a node keeps what lasts? A disk that is full ends no call, but what comes in can't be kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from carillon.system.paths import SystemPaths

FULL = 50_000_000
"""Bytes: with less than that, nothing is made of recordings, and the next write of a database that grows may fail."""
LOW_SHARE, LOW = 0.05, 1 << 30
_LOST = (
    "calls go on; changes and messages may be refused, recordings and traces are not kept, and a crash may cost"
    " registrations"
)


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk with little room: where it is seen, and megabytes that are left for us."""

    place: str
    free_mb: int
    is_full: bool
    problem: str


def scarce(paths: SystemPaths) -> tuple[Disk, ...]:
    """The disks with little room under what a node keeps; none when all is well."""
    return tuple(disk for place in _apart(paths) if (disk := _looked_at(place)) is not None)


def _apart(paths: SystemPaths) -> Iterable[Path]:
    """One place on each disk: directory, logs, registrations, and what lasts, as far as they are there."""
    places = (paths.directory, paths.logs, paths.state, paths.voicemail.parent)
    return {place.stat().st_dev: place for place in reversed(places) if place.exists()}.values()


def _looked_at(place: Path) -> Disk | None:
    found = shutil.disk_usage(place)
    return judged(place, found.free, found.total)


def judged(place: Path, free: int, size: int) -> Disk | None:
    """What is said of a disk by its bytes; None when there is enough room."""
    if free < FULL:
        return Disk(str(place), free >> 20, True, f"the disk is full: {_LOST}. Make room there")
    if free < min(LOW, size * LOW_SHARE):
        return Disk(str(place), free >> 20, False, "the disk is nearly full; make room there soon")
    return None
