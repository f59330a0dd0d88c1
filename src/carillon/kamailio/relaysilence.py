"""A media relay that is silent holds one worker for a moment, not all of them again and again.

The engine has a pause of its own, but when no relay is left it pings them anew for each command, under a lock on which
all workers wait, one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from carillon.system.relay import WORKERS_PATIENCE_S

PAUSE_S = 1.0
"""After silence nobody asks for so long; then one does, and the others wait for what he finds."""
_TABLE, _KEY = "stores", "relay-silent-until"


class RelaySilence:
    """What this node's workers know of it. `read` and `write` are the node's shared memory."""

    def __init__(
        self,
        read: Callable[[str, str], str | None],
        write: Callable[[str, str, str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._read, self._write, self._clock = read, write, clock

    def lasts(self) -> bool:
        """Whether the relay was silent a moment ago."""
        return self._clock() < self._until()

    def asked(self, command: Callable[[], bool]) -> bool:
        """Whether the relay did something. It isn't asked while its silence lasts.

        After an error it is asked once more: the first word after its restart only brings up that of the old socket.
        """
        if self.lasts():
            return False
        was_silent, began = self._until() > 0, self._clock()
        if was_silent:
            self._pause(PAUSE_S)  # the others wait until this one has found out
        done = command() or (not self._took_long(began) and command())
        if done and was_silent:
            self._pause(None)
        elif not done and self._took_long(began):
            self._pause(PAUSE_S)
        return done

    def _until(self) -> float:
        return float(self._read(_TABLE, _KEY) or 0)

    def _took_long(self, began: float) -> bool:
        """Refusals and errors come at once, silence lasts as long as the engine waits."""
        return self._clock() - began >= WORKERS_PATIENCE_S / 2

    def _pause(self, seconds: float | None) -> None:
        self._write(_TABLE, _KEY, "0" if seconds is None else str(self._clock() + seconds))
