"""The pictures of people, in a file of this node: written by the daemon `states`, read for each NOTIFY."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from carillon.presence.picture import UNKNOWN_PERSON, Picture
from carillon.stores.ports import StoreDown
from carillon.stores.private import private

BUSY_S = 0.2
_TABLE = "CREATE TABLE IF NOT EXISTS picture (aor TEXT PRIMARY KEY, picture TEXT NOT NULL) WITHOUT ROWID"


class PictureReader:
    """Look-ups, one row each. Make it before a fork; it opens the file when it is first asked."""

    def __init__(self, path: Path) -> None:
        self._uri = f"{path.absolute().as_uri()}?mode=ro"
        self._connection: sqlite3.Connection | None = None

    def picture(self, aor: str) -> Picture:
        """What is known of a person. Raises StoreDown."""
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._uri, uri=True, isolation_level=None, timeout=BUSY_S)
            row = self._connection.execute("SELECT picture FROM picture WHERE aor = ?", (aor,)).fetchone()
            return _parsed(row[0]) if row else UNKNOWN_PERSON
        except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
            self._connection = None
            raise StoreDown(f"pictures: {error}") from error


@lru_cache(maxsize=64)
def _parsed(text: str) -> Picture:
    """All who watch a person are told of the same picture, one after the other."""
    return Picture.parse(text)


class PictureWriter:
    """The one writer. Raises sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        private(path)
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=5)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute(_TABLE)

    def all(self) -> dict[str, Picture]:
        """Everybody of whom something was known."""
        rows = self._connection.execute("SELECT aor, picture FROM picture")
        return {aor: Picture.parse(text) for aor, text in rows}

    def write(self, changed: Mapping[str, Picture], forgotten: Iterable[str]) -> None:
        """Keep what is new, forget of whom nothing is known any more, in one transaction."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            rows = [(aor, picture.to_text()) for aor, picture in changed.items()]
            cursor.executemany("INSERT OR REPLACE INTO picture VALUES (?, ?)", rows)
            cursor.executemany("DELETE FROM picture WHERE aor = ?", [(aor,) for aor in forgotten])
            cursor.execute("COMMIT")
