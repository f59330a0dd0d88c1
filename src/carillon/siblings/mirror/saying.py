"""What the mirror says: to `status` why copies can't be kept, to the log what waits for a sibling; each once."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from carillon.system import whole


class Saying:
    """`file` is read by `status`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._problems: dict[str, str] = {}
        self._delays: dict[str, str] = {}

    def begin(self) -> None:
        """Nothing is wrong yet."""
        self._file.unlink(missing_ok=True)

    def problem(self, about: str, words: str) -> None:
        """Why copies of a sibling's can't be kept; "" when they can."""
        if words == self._problems.get(about, ""):
            return
        self._problems[about] = words
        if words:
            print(f"siblings: {words}", file=sys.stderr, flush=True)
        with suppress(OSError):
            whole.write(self._file, "; ".join(filter(None, self._problems.values())))

    def delay(self, name: str, words: str) -> None:
        """Why something of a sibling's waits; "" when nothing does."""
        if words and words != self._delays.get(name):
            print(f"siblings: {name}: {words}", file=sys.stderr, flush=True)
        self._delays[name] = words
