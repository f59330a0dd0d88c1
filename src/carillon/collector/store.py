"""Where rows are kept: a file of two shelves, each capped in number, both in time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

VERSION = 1
LIFE_S = 24 * 3600.0
CALLS, OTHERS = "calls", "others"
MOST_ROWS = {CALLS: 200_000, OTHERS: 40_000}
"""By shelf: registrations and strangers cannot push calls out."""

_RUINED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_SCHEMA = """
CREATE TABLE {shelf} (id INTEGER PRIMARY KEY, at REAL NOT NULL, call_id TEXT NOT NULL, leg TEXT NOT NULL,
    rest TEXT NOT NULL);
CREATE INDEX {shelf}_call_id ON {shelf} (call_id) WHERE call_id <> '';
CREATE INDEX {shelf}_leg ON {shelf} (leg) WHERE leg <> '';
"""
_INSERT = {shelf: f"INSERT INTO {shelf} (at, call_id, leg, rest) VALUES (?, ?, ?, ?)" for shelf in MOST_ROWS}  # noqa: S608
_OLDEST_TO_KEEP = {
    shelf: f"SELECT id FROM {shelf} WHERE at >= ? ORDER BY id LIMIT 1"  # noqa: S608 -- our own names
    for shelf in MOST_ROWS
}
_NEWEST = {shelf: f"SELECT coalesce(max(id), 0) FROM {shelf}" for shelf in MOST_ROWS}  # noqa: S608
_FORGET = {shelf: f"DELETE FROM {shelf} WHERE id < ?" for shelf in MOST_ROWS}  # noqa: S608


class Kept(NamedTuple):
    """A row as it is kept: what it is found by, and the rest of its line. A tuple, as it is made for each message."""

    at: float
    call_id: str
    leg: str
    rest: str


class Store:
    """The collector's hand on the file; nobody else writes it. A ruined file is made anew."""

    def __init__(self, path: Path, most_rows: dict[str, int] | None = None) -> None:
        self._path = path
        self._most_rows = most_rows or MOST_ROWS
        self._connection = self._open()

    def write(self, rows: Iterable[tuple[str, Kept]]) -> None:
        """Keep these rows, each on its shelf, in one transaction. Raises sqlite3.Error; then none is kept."""
        by_shelf: dict[str, list[Kept]] = {shelf: [] for shelf in MOST_ROWS}
        for shelf, row in rows:
            by_shelf[shelf].append(row)
        with self._transaction() as connection:
            for shelf, values in by_shelf.items():
                connection.executemany(_INSERT[shelf], values)

    def forget(self, now: float) -> None:
        """Remove what is older than a day, and the oldest beyond the caps. Raises sqlite3.Error."""
        with self._transaction() as connection:
            for shelf, most in self._most_rows.items():
                newest = int(connection.execute(_NEWEST[shelf]).fetchone()[0])
                young = connection.execute(_OLDEST_TO_KEEP[shelf], (now - LIFE_S,)).fetchone()
                first = max(newest - most + 1, young[0] if young else newest + 1)
                connection.execute(_FORGET[shelf], (first,))

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._connection:
                yield self._connection
        except sqlite3.DatabaseError as error:
            if _is_ruined(error):
                self._connection.close()
                self._connection = self._open()
            raise

    def _open(self) -> sqlite3.Connection:
        try:
            return _connected(self._path)
        except sqlite3.DatabaseError as error:
            if not _is_ruined(error):
                raise
        for file in self._path.parent.glob(f"{self._path.name}*"):
            file.unlink()
        return _connected(self._path)


def rows_where(path: Path, condition: str, values: Sequence[object] = ()) -> list[Kept]:
    """Rows of both shelves in which `condition` holds, oldest first. Raises sqlite3.Error; no file, no rows."""
    return sorted(_select(path, condition, values, "ORDER BY id"))


def newest_where(path: Path, condition: str, values: Sequence[object], most: int) -> list[Kept]:
    """At most so many rows of each shelf in which `condition` holds, newest first. Raises as `rows_where`."""
    return sorted(_select(path, condition, values, f"ORDER BY id DESC LIMIT {most:d}"), reverse=True)


def _select(path: Path, condition: str, values: Sequence[object], tail: str) -> list[Kept]:
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2)) as connection:
        return [
            Kept(*row)
            for shelf in MOST_ROWS
            for row in connection.execute(
                f"SELECT at, call_id, leg, rest FROM {shelf} WHERE {condition} {tail}",  # noqa: S608 -- our own words
                values,
            )
        ]


def _is_ruined(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _RUINED


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=2)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")  # a trace may be lost with the power; calls never wait for it
        if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            _lay_out(connection)
    except sqlite3.Error:
        connection.close()
        raise
    path.chmod(0o600)
    return connection


def _lay_out(connection: sqlite3.Connection) -> None:
    for shelf in MOST_ROWS:
        connection.execute(f"DROP TABLE IF EXISTS {shelf}")
        connection.executescript(_SCHEMA.format(shelf=shelf))
    connection.execute(f"PRAGMA user_version={VERSION}")
    connection.commit()
