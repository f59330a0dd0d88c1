"""Of whom somebody is told: the subscriptions of the presence server, a second behind it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Set
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from carillon.stores.ports import StoreDown

Key = tuple[str, str]
"""An address that is watched, and an event."""

PATIENCE_S = 1.0
WRITTEN_S = 2.0
"""A subscription is in the file so long after it was made, surely."""
_WATCHED = "SELECT DISTINCT presentity_uri, event FROM active_watchers WHERE expires > ? AND ? IN ('', event)"


def watched(subscriptions: Path, now: float, event: str = "") -> set[Key]:
    """The addresses that are watched, each with the event, of all or this one. Raises StoreDown."""
    try:
        uri = f"{subscriptions.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE_S)) as opened:
            rows = opened.execute(_WATCHED, (int(now), event)).fetchall()
    except sqlite3.Error as error:
        raise StoreDown(f"subscriptions: {error}") from error
    return {(str(address).removeprefix("sip:"), str(of)) for address, of in rows}


@dataclass
class Audience:
    """Of whom somebody is told, as far as is known. `read` gives what is written, at a time in Unix seconds.

    The presence server says at once who begins to watch. That may be lost, and an end is not said: the file tells both.
    """

    read: Callable[[float], Set[Key]]
    _written: Set[Key] = frozenset()
    _begun: dict[Key, float] = field(default_factory=dict)

    def __contains__(self, key: Key) -> bool:
        return key in self._written or key in self._begun

    def begins(self, key: Key, at: float) -> None:
        """Somebody begins to watch, at this moment (monotonic seconds)."""
        self._begun[key] = at

    def look(self, now: float, moment: float) -> None:
        """Read anew what is written, at a time that is this moment. Raises StoreDown."""
        self._written = self.read(now)
        self._begun = {key: at for key, at in self._begun.items() if moment - at < WRITTEN_S}
