"""What was removed of a directory of sounds, in a file beside them: so that no other node brings it back."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

FILE: Final = ".gone"
KEPT_NS: Final = 30 * 86400 * 10**9
"""So long it is known at least that something was removed; longer while a sibling has not heard of it."""
EVERYTHING: Final = "*"
"""In the place of a name: all that was made until then."""


@dataclass(frozen=True, slots=True)
class Gone:
    """When something was removed (Unix time in ns), and the node where it was made, "" for this one."""

    at: int
    node: str = ""


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Nobody else changes what is in the directory, which is made when it is missing. Raises OSError."""
    _made(directory)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def read(directory: Path) -> dict[str, Gone]:
    """What is known to be removed, by name."""
    try:
        return {
            name: Gone(int(at), str(node)) for name, (at, node) in json.loads((directory / FILE).read_text()).items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def add(directory: Path, more: Mapping[str, Gone]) -> None:
    """Remember more; for who is `alone`. Raises OSError."""
    known = read(directory)
    newer = {name: one for name, one in more.items() if name not in known or one.at > known[name].at}
    if newer:
        write(directory / FILE, json.dumps({name: astuple(one) for name, one in {**known, **newer}.items()}))


def prune(directory: Path, now: int, heard_until: int | None = None) -> None:
    """Forget what nobody brings back any more: all have heard of what was removed until then. Raises OSError."""
    with alone(directory):
        known = read(directory)
        until = now - KEPT_NS if heard_until is None else min(now - KEPT_NS, heard_until)
        kept = {name: one for name, one in known.items() if one.at >= until}
        if kept != known:
            write(directory / FILE, json.dumps({name: astuple(one) for name, one in kept.items()}))


def write(path: Path, text: str) -> None:
    """Keep a text, by rename and on disk, for whoever owns the directory. Raises OSError."""
    fresh = path.with_suffix(".new")
    with fresh.open("w") as file:
        os.fchmod(file.fileno(), 0o600)
        give(file.fileno(), path.parent)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def sync(file: Path) -> None:
    """Have a file's contents on disk before its name is: power may fail. Raises OSError."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def give(file: int | Path, directory: Path) -> None:
    """To whoever owns the directory: root works in those of the service user."""
    if os.geteuid() == 0:
        owner = directory.stat()
        os.chown(file, owner.st_uid, owner.st_gid)


def notice(root: Path) -> None:
    """Something below this directory is new: its own time says so to who copies."""
    with suppress(OSError):
        os.utime(root)


def _made(directory: Path) -> None:
    if directory.is_dir():
        return
    if not directory.parent.is_dir():
        _made(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)
    give(directory, directory.parent)
