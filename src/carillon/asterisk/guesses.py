"""Wrong PINs are limited: after some, a mailbox is closed to everybody who must give one, for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

MOST: Final = 5
WITHIN_S: Final = 900.0


class Guesses:
    """Wrong PINs by mailbox, in memory: who restarts the services lets people try again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: dict[str, list[float]] = {}

    def wrong(self, mailbox: str) -> None:
        """Count a wrong PIN."""
        self._wrong[mailbox] = [*self._recent(mailbox), self._clock()]

    def right(self, mailbox: str) -> None:
        """Forget what was counted: its owner is there."""
        self._wrong.pop(mailbox, None)

    def is_closed(self, mailbox: str) -> bool:
        """Whether there were too many."""
        return len(self._recent(mailbox)) >= MOST

    def _recent(self, mailbox: str) -> list[float]:
        since = self._clock() - WITHIN_S
        return [at for at in self._wrong.get(mailbox, ()) if at > since]
