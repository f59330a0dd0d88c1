"""What the registrar accepted, on disk before a phone hears 200; the engine's own file is a second behind.

One line says all contacts that an address of record (AOR) has, so the newest line of an AOR is the truth, and reading
lines twice or without the older ones changes nothing. Each line begins and ends with a line feed: one that was cut off
spoils no other. Files of a minute each; those of which the engine has long written the contents are removed.
"""

from __future__ import annotations

import errno
import json
import math
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from operator import attrgetter
from pathlib import Path

from carillon.stores import reserve

FILE_S = 60
KEPT_FILES = 5
_SUFFIX = ".journal"


HIDDEN_AT_HOME = 7
"""The flag of a copy of a sibling's registration: its phone is behind a NAT, which nobody but its home gets through."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One contact of an AOR as the engine keeps it (RFC 3261 §10). Times are Unix seconds.

    `q` is in thousandths, below 0 when the phone gave none; `reg_id` 0 means no flow of RFC 5626.
    `flags` are the engine's branch flags: behind a NAT, wants encryption.
    """

    contact: str
    received: str
    path: str
    call_id: str
    user_agent: str
    socket: str
    instance: str
    ruid: str
    expires: int
    q: int
    cseq: int
    reg_id: int
    modified: int
    flags: int = 0


_VALUES = attrgetter(*(field.name for field in fields(Binding)))


class RegistrationJournal:
    """Where a process writes. `clock` gives seconds that never go back, the same for all processes of the machine."""

    def __init__(self, directory: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._directory, self._clock = directory, clock
        self._file, self._number = -1, -1

    def moment(self) -> float:
        """To be taken before the contacts are read: of two processes, the later one has seen what the other stored."""
        return self._clock()

    def write(self, moment: float, aor: str, bindings: Iterable[Binding]) -> None:
        """Append what an AOR has; survives the kill of every process, not a power cut (no fsync). Raises OSError.

        On a full disk a piece of the room kept for it is given up.
        """
        line = json.dumps([moment, aor, [_VALUES(each) for each in bindings]])
        try:
            self._append(int(moment / FILE_S), f"\n{line}\n".encode())
        except OSError as error:
            if error.errno != errno.ENOSPC or not reserve.release(self._directory.parent):
                raise
            self._append(int(moment / FILE_S), f"\n{line}\n".encode())

    def _append(self, number: int, line: bytes) -> None:
        if number != self._number:
            self._turn_to(number)
        if os.write(self._file, line) < len(line):
            raise OSError(errno.ENOSPC, "only a part of a line was written")

    def _turn_to(self, number: int) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = self._number = -1
        path = self._directory / f"{number:012d}{_SUFFIX}"
        self._file, self._number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), number
        if os.geteuid() == 0:
            os.fchown(self._file, self._directory.stat().st_uid, -1)
        reserve.keep(self._directory.parent)
        for old in _files(self._directory):
            if int(old.stem) <= number - KEPT_FILES:
                old.unlink(missing_ok=True)


def newest(directory: Path, since: float = -math.inf) -> dict[str, tuple[Binding, ...]]:
    """The contacts of each AOR that the journal knows, by its newest line, from a moment on; raises OSError."""
    lines: dict[str, tuple[float, tuple[Binding, ...]]] = {}
    for path in _files(directory):
        for text in path.read_bytes().splitlines():
            entry = _parse(text)
            if entry and entry[0] >= since and entry[0] >= lines.get(entry[1], (entry[0],))[0]:
                lines[entry[1]] = (entry[0], entry[2])
    return {aor: bindings for aor, (_, bindings) in lines.items()}


def clear(directory: Path) -> None:
    """Remove the journal, the oldest file first: a reader that comes between loses nothing. Raises OSError."""
    for path in _files(directory):
        path.unlink()


def _files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.glob(f"*{_SUFFIX}") if path.stem.isdigit())


def _parse(text: bytes) -> tuple[float, str, tuple[Binding, ...]] | None:
    """What a line says; None for an empty one, and for one that was not written to its end."""
    try:
        moment, aor, rows = json.loads(text)
        return float(moment), str(aor), tuple(Binding(*row) for row in rows)
    except (ValueError, TypeError):
        return None
