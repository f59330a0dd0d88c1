"""Who has calls at this node, on one with siblings: a mark for each person, in a folder that lies in memory.

The daemon `siblings` makes and removes marks with each call, so they must be cheap. Workers look at one only when a
call may go to a sibling (`routing.affinity`).
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

FOLDER: Final = "talking"


class Talking:
    """The marks of one node, in the folder of that name beside `place`."""

    def __init__(self, place: Path) -> None:
        self._folder = str(place.with_name(FOLDER))

    def begins(self, aor: str) -> None:
        """Somebody has a call now. Raises OSError."""
        with suppress(FileExistsError):
            os.symlink(".", self._mark(aor))  # one step, where a file takes two

    def ends(self, aor: str) -> None:
        """He has none any more. Raises OSError."""
        with suppress(FileNotFoundError):
            os.unlink(self._mark(aor))

    def has(self, aor: str) -> bool:
        """Whether somebody has a call here; nobody, where no daemon says so."""
        return os.path.lexists(self._mark(aor))

    def forget_all(self) -> None:
        """Nobody has. Raises OSError."""
        os.makedirs(self._folder, exist_ok=True)
        for mark in os.scandir(self._folder):
            os.unlink(mark)

    def _mark(self, aor: str) -> str:
        return f"{self._folder}/{quote(aor, '@')}"
