"""Wrong PINs are limited: after some, a mailbox is closed to everybody who must give one, for a while."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from carillon.system import whole

MOST: Final = 5
WITHIN_S: Final = 900.0


class Guesses:
    """Wrong PINs by mailbox, with the time of each; in a file too, so that no restart lets people try again."""

    def __init__(self, place: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._place, self._clock = place, clock
        self._wrong = _read(place) if place else {}

    def wrong(self, mailbox: str) -> None:
        """Count a wrong PIN."""
        self._wrong[mailbox] = [*self._recent(mailbox), self._clock()]
        self._keep()

    def right(self, mailbox: str) -> None:
        """Forget what was counted: its owner is there."""
        if self._wrong.pop(mailbox, None):
            self._keep()

    def is_closed(self, mailbox: str) -> bool:
        """Whether there were too many."""
        return len(self._recent(mailbox)) >= MOST

    def _recent(self, mailbox: str) -> list[float]:
        since = self._clock() - WITHIN_S
        return [at for at in self._wrong.get(mailbox, ()) if at > since]

    def _keep(self) -> None:
        self._wrong = {mailbox: recent for mailbox in self._wrong if (recent := self._recent(mailbox))}
        if self._place is None:
            return
        try:
            whole.write(self._place, json.dumps(self._wrong))
        except OSError as error:  # they are in memory all the same
            print(f"wrong PINs can't be written down: {error}", flush=True)


def _read(place: Path) -> dict[str, list[float]]:
    try:
        kept = json.loads(place.read_text())
        return {str(mailbox): [float(at) for at in times] for mailbox, times in kept.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
