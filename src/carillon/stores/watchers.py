"""Who may watch whom, in the presence server's own table: written by us before the engine would.

The engine reads this table at each new subscription to `presence`, and writes a row that is missing. Its SQLite driver
waits for no other writer: while the engine's timer wrote, the phone heard 500. Where the row is there, it only reads.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from carillon.stores.ports import StoreDown

BUSY_S = 2.0
ACTIVE = 1
_KEY = "presentity_uri = ? AND watcher_username = ? AND watcher_domain = ? AND event = ?"
_KNOWN = f"SELECT 1 FROM watchers WHERE {_KEY}"  # noqa: S608 - our own column names
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
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._path, isolation_level=None, timeout=BUSY_S)
                self._connection.execute("PRAGMA synchronous = OFF")  # short: the engine's timer doesn't wait for us
            if not self._connection.execute(_KNOWN, key).fetchone():
                self._connection.execute(_ADD, (*key, ACTIVE, int(time.time())))
        except sqlite3.Error as error:
            self._connection = None
            raise StoreDown(f"watchers: {error}") from error
