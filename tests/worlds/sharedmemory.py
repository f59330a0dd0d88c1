"""A node's shared memory as Kamailio's: counters with a window, values with a life; it counts how often it is asked."""

from __future__ import annotations

from collections.abc import Callable

from carillon.kamailio.bans import ACCOUNTS, FLOODS, GUESSED, WRONG
from carillon.routing.bans import SETTINGS

WINDOWS = {
    WRONG: SETTINGS.wrong_passwords_s,
    GUESSED: SETTINGS.accounts_s,
    ACCOUNTS: SETTINGS.accounts_s,
    FLOODS: SETTINGS.requests_s,
}


class SimulatedSharedMemory:
    """Tables of text and counters; `asked` is how many times it was looked into."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._held: dict[tuple[str, str], tuple[str, float]] = {}
        self.asked = 0

    def shared_text(self, table: str, key: str) -> str | None:
        self.asked += 1
        value, until = self._held.get((table, key), ("", 0.0))
        return value if until > self._clock() else None

    def set_shared_text_for(self, table: str, key: str, value: str, seconds: int) -> None:
        self._held[table, key] = (value, self._clock() + seconds)

    def increased(self, table: str, key: str) -> int:
        self.asked += 1
        value, until = self._held.get((table, key), ("0", 0.0))
        if until <= self._clock():
            value, until = "0", self._clock() + WINDOWS[table]
        self._held[table, key] = (str(int(value) + 1), until)
        return int(value) + 1
