"""What the bench is doing, on standard error: where it is, and since when."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console

STEPS = 10


class Progress:
    """Lines with the seconds since the start."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._begin = time.monotonic()

    def say(self, words: str) -> None:
        """One line."""
        self._console.print(f"[dim]{time.monotonic() - self._begin:5.0f} s[/dim]  {words}", soft_wrap=True)

    def steps(self, words: str) -> Callable[[int, int], None]:
        """What is told how much of how much is done, and says so ten times."""

        def told(done: int, total: int) -> None:
            if done * STEPS // total > (done - 1) * STEPS // total:
                self.say(f"{words}: {done} of {total}")

        return told
