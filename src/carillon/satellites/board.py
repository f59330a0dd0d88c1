"""Where the follower of a main writes how far it is, and those who answer satellites wait for that."""

from __future__ import annotations

import threading

from carillon.stores.sql.feed import Position


class Board:
    """The last position that is in force here."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._position: Position | None = None

    @property
    def position(self) -> Position | None:
        """None before the first look."""
        return self._position

    def write(self, position: Position) -> None:
        """There is news: everybody who waits looks."""
        with self._changed:
            self._position = position
            self._changed.notify_all()

    def wait_beyond(self, known: Position | None, seconds: float) -> None:
        """Until the board says something else than `known`, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._position != known, seconds)
