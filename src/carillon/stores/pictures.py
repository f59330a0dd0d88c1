"""The pictures of people, in a file of this node: written by the daemon `states`, read for each NOTIFY."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from carillon.presence import panel, reginfo
from carillon.presence.panel import Member
from carillon.presence.picture import UNKNOWN_PERSON, Picture
from carillon.stores.ports import StoreDown
from carillon.stores.private import private

Parsed = TypeVar("Parsed")

BUSY_S = 0.2
_TABLE = "CREATE TABLE IF NOT EXISTS picture (aor TEXT PRIMARY KEY, picture TEXT NOT NULL) WITHOUT ROWID"
_CONTACTS = "CREATE TABLE IF NOT EXISTS contacts (aor TEXT PRIMARY KEY, contacts TEXT NOT NULL) WITHOUT ROWID"
_PANELS = "CREATE TABLE IF NOT EXISTS panel (aor TEXT PRIMARY KEY, members TEXT NOT NULL) WITHOUT ROWID"
_NEWS = "CREATE TABLE IF NOT EXISTS panelnews (aor TEXT, event TEXT, changed TEXT, PRIMARY KEY (aor, event))"
_PANEL = "SELECT members, changed FROM panel LEFT JOIN panelnews ON panelnews.aor = panel.aor AND event = ?"
_PANEL += " WHERE panel.aor = ?"

_GONE = "SELECT 1 FROM panelnews WHERE aor = ? AND event = ? AND aor NOT IN (SELECT aor FROM panel)"

News = Mapping[tuple[str, str], Iterable[str] | None]
"""Of whom watchers of a panel are to be told next, by its address and the event: extensions, None for everybody."""


class PictureReader:
    """Look-ups, one row each. Make it before a fork; it opens the file when it is first asked."""

    def __init__(self, path: Path) -> None:
        self._uri = f"{path.absolute().as_uri()}?mode=ro"
        self._connection: sqlite3.Connection | None = None

    def picture(self, aor: str) -> Picture:
        """What is known of a person. Raises StoreDown."""
        return self._parsed(picture_of, self.text(aor))

    def text(self, aor: str) -> str:
        """The same, for `picture_of`; "" for somebody of whom nothing is known. Raises StoreDown."""
        return self._text("SELECT picture FROM picture WHERE aor = ?", aor) or ""

    def panel(self, aor: str, event: str) -> tuple[tuple[Member, ...], frozenset[str] | None]:
        """Who is on a panel, and of whom its watchers are told now: None for everybody. Raises StoreDown."""
        row = self._row(_PANEL, event, aor)
        if row is None:
            return (), None
        changed = None if row[1] is None else frozenset(str(row[1]).split())
        return self._parsed(panel.parse, row[0]), changed

    def has_gone(self, aor: str, event: str) -> bool:
        """Whether a panel was there and is no more; of one that nobody has drawn nothing is known. Raises StoreDown."""
        return self._row(_GONE, aor, event) is not None

    def contacts(self, aor: str) -> tuple[reginfo.Contact, ...] | None:
        """What was told last of a person's registrations; None when nobody follows them yet. Raises StoreDown."""
        text = self._text("SELECT contacts FROM contacts WHERE aor = ?", aor)
        return None if text is None else self._parsed(reginfo.parse, text)

    def _text(self, query: str, aor: str) -> str | None:
        row = self._row(query, aor)
        return str(row[0]) if row else None

    def _row(self, query: str, *values: str) -> tuple[str, ...] | None:
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._uri, uri=True, isolation_level=None, timeout=BUSY_S)
            row: tuple[str, ...] | None = self._connection.execute(query, values).fetchone()
        except sqlite3.Error as error:
            self._connection = None
            raise StoreDown(f"pictures: {error}") from error
        return row

    def _parsed(self, parse: Callable[[str], Parsed], text: str) -> Parsed:
        try:
            return parse(text)
        except (ValueError, KeyError, TypeError) as error:
            self._connection = None
            raise StoreDown(f"pictures: {error}") from error


@lru_cache(maxsize=64)
def picture_of(text: str) -> Picture:
    """What `PictureReader.text` found: all who watch a person are told of the same picture, one after the other.

    Raises ValueError, KeyError or TypeError for what no daemon of ours has written.
    """
    return Picture.parse(text) if text else UNKNOWN_PERSON


class PictureWriter:
    """The one writer. Raises sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        private(path)
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=5)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute(_TABLE)
        for table in (_CONTACTS, _PANELS, _NEWS):
            self._connection.execute(table)

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

    def panels(self) -> dict[str, tuple[Member, ...]]:
        """Who was last on which panel."""
        return {aor: panel.parse(text) for aor, text in self._connection.execute("SELECT aor, members FROM panel")}

    def write_panels(self, panels: Mapping[str, tuple[Member, ...]]) -> None:
        """Keep who is on which panel; there are no others."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("DELETE FROM panel")
            cursor.executemany(
                "INSERT INTO panel VALUES (?, ?)", [(aor, panel.to_text(some)) for aor, some in panels.items()]
            )
            cursor.execute("COMMIT")

    def write_news(self, news: News) -> None:
        """Keep of whom watchers of these panels are told next."""
        rows = [(*key, None if some is None else " ".join(sorted(some))) for key, some in news.items()]
        with closing(self._connection.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            cursor.executemany("INSERT OR REPLACE INTO panelnews VALUES (?, ?, ?)", rows)
            cursor.execute("COMMIT")
