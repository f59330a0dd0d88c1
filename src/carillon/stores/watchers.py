"""Who may watch whom, in the presence server's own table: written by us before the engine would.

The engine reads this table at each new subscription to `presence`, and writes a row that is missing. Its SQLite driver
waits for no other writer: while the engine's timer wrote, the phone heard 500. Where the row is there, it only reads.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carillon.stores.ports import StoreDown

BUSY_S = 2.0
ACTIVE = 1
MOST_HELD = 2000
"""Subscriptions of one account, of all its devices: panels of lamps have a hundred or two."""
_KEY = "presentity_uri = ? AND watcher_username = ? AND watcher_domain = ? AND event = ?"
_KNOWN = f"SELECT 1 FROM watchers WHERE {_KEY}"  # noqa: S608 - our own column names
_HELD = "SELECT count(*) FROM active_watchers WHERE watcher_username = ? AND watcher_domain = ?"
_ADD = (
    "INSERT OR IGNORE INTO watchers (presentity_uri, watcher_username, watcher_domain, event, status, reason, "
    "inserted_time) VALUES (?, ?, ?, ?, ?, '', ?)"
)


class Watchers:
    """Its rows. They say nothing that was not decided before: whoever comes here may watch."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def allow(self, watched: str, watcher: tuple[str, str], event: str) -> None:
        """Let `watcher` (user, domain) watch a SIP URI. Raises StoreDown."""
        key = (watched, *watcher, event)
        with self._store() as store:
            if not store.execute(_KNOWN, key).fetchone():
                store.execute(_ADD, (*key, ACTIVE, int(time.time())))

    def has_enough(self, watcher: tuple[str, str]) -> bool:
        """Whether `watcher` (user, domain) holds as many subscriptions as anybody may. Raises StoreDown."""
        with self._store() as store:
            return bool(store.execute(_HELD, watcher).fetchone()[0] >= MOST_HELD)

    @contextmanager
    def _store(self) -> Iterator[sqlite3.Connection]:
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._path, isolation_level=None, timeout=BUSY_S)
                self._connection.execute("PRAGMA synchronous = OFF")  # short: the engine's timer doesn't wait for us
            yield self._connection
        except sqlite3.Error as error:
            self._connection = None
            raise StoreDown(f"watchers: {error}") from error
