"""The pictures of people, in a file of this node: written by the daemon `states`, read for each NOTIFY."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from carillon.presence import reginfo
from carillon.presence.picture import UNKNOWN_PERSON, Picture
from carillon.stores.ports import StoreDown
from carillon.stores.private import private

Parsed = TypeVar("Parsed")

BUSY_S = 0.2
_TABLE = "CREATE TABLE IF NOT EXISTS picture (aor TEXT PRIMARY KEY, picture TEXT NOT NULL) WITHOUT ROWID"
_CONTACTS = "CREATE TABLE IF NOT EXISTS contacts (aor TEXT PRIMARY KEY, contacts TEXT NOT NULL) WITHOUT ROWID"


class PictureReader:
    """Look-ups, one row each. Make it before a fork; it opens the file when it is first asked."""

    def __init__(self, path: Path) -> None:
        self._uri = f"{path.absolute().as_uri()}?mode=ro"
        self._connection: sqlite3.Connection | None = None

    def picture(self, aor: str) -> Picture:
        """What is known of a person. Raises StoreDown."""
        text = self._text("SELECT picture FROM picture WHERE aor = ?", aor)
        return UNKNOWN_PERSON if text is None else self._parsed(_picture, text)

    def contacts(self, aor: str) -> tuple[reginfo.Contact, ...] | None:
        """What was told last of a person's registrations; None when nobody follows them yet. Raises StoreDown."""
        text = self._text("SELECT contacts FROM contacts WHERE aor = ?", aor)
        return None if text is None else self._parsed(reginfo.parse, text)

    def _text(self, query: str, aor: str) -> str | None:
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._uri, uri=True, isolation_level=None, timeout=BUSY_S)
            row = self._connection.execute(query, (aor,)).fetchone()
        except sqlite3.Error as error:
            self._connection = None
            raise StoreDown(f"pictures: {error}") from error
        return str(row[0]) if row else None

    def _parsed(self, parse: Callable[[str], Parsed], text: str) -> Parsed:
        try:
            return parse(text)
        except (ValueError, KeyError, TypeError) as error:
            self._connection = None
            raise StoreDown(f"pictures: {error}") from error


@lru_cache(maxsize=64)
def _picture(text: str) -> Picture:
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
        self._connection.execute(_CONTACTS)

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

    def contacts(self) -> dict[str, tuple[reginfo.Contact, ...]]:
        """What was told last of everybody whose registrations are followed."""
        return {
            aor: reginfo.parse(text) for aor, text in self._connection.execute("SELECT aor, contacts FROM contacts")
        }

    def write_contacts(self, changed: Mapping[str, tuple[reginfo.Contact, ...]], forgotten: Iterable[str]) -> None:
        """As `write`, of registrations."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            rows = [(aor, reginfo.to_text(some)) for aor, some in changed.items()]
            cursor.executemany("INSERT OR REPLACE INTO contacts VALUES (?, ?)", rows)
            cursor.executemany("DELETE FROM contacts WHERE aor = ?", [(aor,) for aor in forgotten])
            cursor.execute("COMMIT")
