"""Whose messages this node delivers, in a file that the daemon `siblings` writes twice a second."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Final

from carillon.messages.turns import ALONE, NOBODY, Turn
from carillon.system import whole

FRESH_S: Final = 2.0
"""Sooner than siblings count as down who says nothing: what they deliver then isn't delivered here."""
PATIENCE_S: Final = 20.0
"""So long the daemon's word is awaited; then it is better to deliver twice than not at all."""


def write(file: Path, turn: Turn) -> None:
    """Say so, for the next two seconds; raises OSError."""
    but = None if turn.all_but is None else sorted(turn.all_but)
    whole.write(file, json.dumps({"at": time.monotonic(), "own": turn.own, "all_but": but}))


class KeptTurn:
    """What a process of the presence server goes by, from when it begins."""

    def __init__(self, file: Path) -> None:
        self._file, self._heard = file, time.monotonic()

    def now(self) -> Turn:
        """The daemon's word; without such a daemon the node is alone."""
        if not self._file.parent.is_dir():
            return ALONE
        at, turn = self._word()
        self._heard = max(self._heard, at)
        age_s = time.monotonic() - at
        if 0 <= age_s <= FRESH_S:
            return turn
        return ALONE if time.monotonic() - self._heard > PATIENCE_S else NOBODY

    def _word(self) -> tuple[float, Turn]:
        """When it was written (monotonic), and what it says; long ago for what can't be read."""
        try:
            told = json.loads(self._file.read_text())
            but = told["all_but"]
            return float(told["at"]), Turn(bool(told["own"]), None if but is None else frozenset(but))
        except (OSError, ValueError, TypeError, KeyError):
            return 0.0, NOBODY
