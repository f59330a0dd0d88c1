"""Whose turn it is to tell watchers: one process of this node at a time.

The presence server numbers a NOTIFY before it sends it. Two of its processes could send two of one subscription the
other way round; a phone refuses the lower number (RFC 3261 §12.2.2), and what a panel was told by it is lost.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 1.0
"""Who waits longer goes on: one that hangs in its turn must not hold all of them."""
_LOOK_S = 0.002
_SUFFIX = ".turn"


def turn_at(pictures: Path) -> Turn:
    """That of all who tell what these pictures show."""
    return Turn(pictures.with_suffix(_SUFFIX))


class Turn:
    """Of those who use the same file. It ends with the process that has it, whatever becomes of that."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    @contextmanager
    def taken(self, patience_s: float = PATIENCE_S) -> Iterator[None]:
        """Wait for the turn, and have it until the end; after `patience_s` go on without. Raises OSError."""
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + patience_s
        while not self._is_mine(self._file) and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _is_mine(self, file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
