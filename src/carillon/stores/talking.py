"""Who has calls at this node, on one with siblings: a file with a mark for each person.

The daemon `siblings` writes it with each call: one step, where a question to Kamailio takes many. Workers read it only
when a call may go to a sibling (`routing.affinity`).
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from heapq import heappop, heappush
from pathlib import Path
from typing import Final

NAME: Final = "talking"
MARK: Final = 16
"""Bytes of a mark: so many that no two people have the same."""
NOBODY: Final = bytes(MARK)


def talks_at(place: Path, aor: str) -> bool:
    """Whether somebody has a call at the node whose siblings' folder `place` is; nobody, where no daemon says so."""
    with suppress(OSError):
        return _mark(aor) in (place / NAME).read_bytes()
    return False


class Talking:
    """Writes it, in the folder `place`. What was there before is not so any more."""

    def __init__(self, place: Path) -> None:
        """Raises OSError."""
        self._file = os.open(place / NAME, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._places: dict[str, int] = {}
        self._free: list[int] = []

    def begins(self, aor: str) -> None:
        """Somebody has a call now. Raises OSError."""
        if aor not in self._places:
            self._places[aor] = heappop(self._free) if self._free else len(self._places)
            self._write(self._places[aor], _mark(aor))

    def ends(self, aor: str) -> None:
        """He has none any more. Raises OSError."""
        if aor in self._places:
            freed = self._places.pop(aor)
            heappush(self._free, freed)
            self._write(freed, NOBODY)

    def close(self) -> None:
        """Write no more."""
        os.close(self._file)

    def _write(self, place: int, mark: bytes) -> None:
        os.pwrite(self._file, mark, place * MARK)


def _mark(aor: str) -> bytes:
    return hashlib.blake2b(aor.encode(), digest_size=MARK).digest()
