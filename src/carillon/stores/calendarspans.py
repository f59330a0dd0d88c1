"""What calendars say, in a file of this node: written by the calendars daemon, read by `states` and for people."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from contextlib import closing
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from carillon.model.presence import PresenceState
from carillon.presence.spans import Span
from carillon.stores.durablefile import DurableFile
from carillon.stores.ports import StoreDown

Key = tuple[str, str, str]
"""Domain and extension of a person, and the name of the calendar."""

PATIENCE_S = 1.0
_FEED = """CREATE TABLE IF NOT EXISTS feed (domain TEXT NOT NULL, extension TEXT NOT NULL, name TEXT NOT NULL,
    print TEXT NOT NULL, tag TEXT NOT NULL, modified TEXT NOT NULL, read_at REAL NOT NULL, parsed_at REAL NOT NULL,
    tried_at REAL NOT NULL, in_a_row INTEGER NOT NULL, problem TEXT NOT NULL, since REAL NOT NULL,
    PRIMARY KEY (domain, extension, name)) WITHOUT ROWID"""
_SPAN = """CREATE TABLE IF NOT EXISTS span (domain TEXT NOT NULL, extension TEXT NOT NULL, name TEXT NOT NULL,
    starts REAL NOT NULL, ends REAL NOT NULL, state TEXT NOT NULL, note TEXT)"""
_INDEX = "CREATE INDEX IF NOT EXISTS span_of ON span (domain, extension, name)"
_IS = "domain = ? AND extension = ? AND name = ?"
_ALL = "SELECT domain, extension, starts, ends, state, note, name FROM span ORDER BY domain, extension, starts"


@dataclass(frozen=True, slots=True)
class Feed:
    """How a calendar is. Times are Unix seconds, 0 for never: `read_at` is when it was last known to be as we have it,
    `parsed_at` when its events were last counted, `tried_at` when it was last looked at.

    `problem` is what is wrong with it, "" for nothing, since `since`, for `in_a_row` looks.
    """

    domain: str
    extension: str
    name: str
    print: str
    tag: str = ""
    modified: str = ""
    read_at: float = 0.0
    parsed_at: float = 0.0
    tried_at: float = 0.0
    in_a_row: int = 0
    problem: str = ""
    since: float = 0.0

    @property
    def key(self) -> Key:
        """Domain, extension and name."""
        return self.domain, self.extension, self.name


_COLUMNS = ", ".join(each.name for each in fields(Feed))
_MARKS = ", ".join("?" for _ in fields(Feed))


class CalendarSpans:
    """The one writer. Every method may raise StoreDown."""

    def __init__(self, path: Path) -> None:
        self._file = DurableFile(path, "calendars", _FEED, _SPAN, _INDEX)

    def feeds(self) -> dict[Key, Feed]:
        """All that are known."""
        with self._file.opened() as store:
            found = [Feed(*row) for row in store.execute(f"SELECT {_COLUMNS} FROM feed")]  # noqa: S608
        return {feed.key: feed for feed in found}

    def keep(self, feed: Feed, spans: Iterable[Span] | None = None) -> None:
        """How a calendar is now, and what it says; None: what it said before."""
        with self._file.transaction() as store:
            store.execute(f"INSERT OR REPLACE INTO feed ({_COLUMNS}) VALUES ({_MARKS})", astuple(feed))  # noqa: S608
            if spans is not None:
                store.execute(f"DELETE FROM span WHERE {_IS}", feed.key)  # noqa: S608 - our own column names
                rows = [(*feed.key, one.starts, one.ends, str(one.state), one.note) for one in spans]
                store.executemany("INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def forget(self, keys: Collection[Key]) -> None:
        """These calendars are nobody's any more."""
        with self._file.transaction() as store:
            for table in ("feed", "span"):
                store.executemany(f"DELETE FROM {table} WHERE {_IS}", list(keys))  # noqa: S608


class SpanReader:
    """What all calendars say; read again only when the file has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._version = -1

    def changed(self) -> dict[str, tuple[Span, ...]] | None:
        """The spans by AOR; None when nothing has changed since the last look. Raises StoreDown."""
        try:
            if self._connection is None:
                if not self._path.exists():
                    return None
                self._connection, self._version = _opened(self._path), -1
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version == self._version:
                return None
            found: dict[str, list[Span]] = {}
            for domain, extension, *row in self._connection.execute(_ALL):
                found.setdefault(f"{extension}@{domain}", []).append(_span(row))
        except (sqlite3.Error, ValueError) as error:
            self._connection = None
            raise StoreDown(f"calendars: {error}") from error
        self._version = version
        return {aor: tuple(spans) for aor, spans in found.items()}


def feeds_of(path: Path) -> dict[Key, Feed]:
    """How all calendars are; none where the system never ran. Raises StoreDown."""
    if not path.exists():
        return {}
    try:
        with closing(_opened(path)) as store:
            found = [Feed(*row) for row in store.execute(f"SELECT {_COLUMNS} FROM feed")]  # noqa: S608
    except sqlite3.Error as error:
        raise StoreDown(f"calendars: {error}") from error
    return {feed.key: feed for feed in found}


def spans_of(path: Path, domain: str, extension: str) -> tuple[Span, ...]:
    """What the calendars of one person say, in order. Raises StoreDown."""
    if not path.exists():
        return ()
    query = "SELECT starts, ends, state, note, name FROM span WHERE domain = ? AND extension = ? ORDER BY starts"
    try:
        with closing(_opened(path)) as store:
            return tuple(_span(row) for row in store.execute(query, (domain, extension)))
    except (sqlite3.Error, ValueError) as error:
        raise StoreDown(f"calendars: {error}") from error


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=PATIENCE_S)


def _span(row: Iterable[object]) -> Span:
    starts, ends, state, note, name = row
    assert isinstance(starts, float)
    assert isinstance(ends, float)
    return Span(starts, ends, PresenceState(str(state)), None if note is None else str(note), str(name))
