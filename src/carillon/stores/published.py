"""What phones have published, on disk before they hear 200: it outlives any crash, as its ETags must."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carillon.model.presence import PresenceState
from carillon.presence.compositor import Answer, Publication
from carillon.stores.durablefile import DurableFile

_TABLE = """CREATE TABLE IF NOT EXISTS published (aor TEXT NOT NULL, tag TEXT NOT NULL, state TEXT NOT NULL, note TEXT,
    since REAL NOT NULL, until REAL NOT NULL, PRIMARY KEY (aor, tag)) WITHOUT ROWID"""
_COLUMNS = "tag, state, note, since, until"


class Published:
    """Publications by person and tag. Every method may raise StoreDown."""

    def __init__(self, path: Path) -> None:
        self._file = DurableFile(path, "publications", _TABLE)

    def of(self, aor: str) -> tuple[Publication, ...]:
        """The publications of a person, also those that have ended."""
        with self._file.opened() as store:
            rows = store.execute(f"SELECT {_COLUMNS} FROM published WHERE aor = ?", (aor,)).fetchall()  # noqa: S608
        return tuple(_publication(row) for row in rows)

    def all(self, now: float) -> dict[str, tuple[Publication, ...]]:
        """Whatever has not ended, by person."""
        query = f"SELECT aor, {_COLUMNS} FROM published WHERE until > ? ORDER BY aor"  # noqa: S608
        found: dict[str, tuple[Publication, ...]] = {}
        with self._file.opened() as store:
            for aor, *row in store.execute(query, (now,)):
                found[aor] = (*found.get(aor, ()), _publication(row))
        return found

    def version(self) -> int:
        """Another number whenever somebody else has changed anything since this was opened."""
        with self._file.opened() as store:
            return int(store.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def changing(self, aor: str) -> Iterator[Change]:
        """A transaction on the publications of a person: nobody else changes them meanwhile."""
        with self._file.transaction() as store:
            yield Change(store, aor)


class Change:
    """What may be done to the publications of one person in one transaction."""

    def __init__(self, store: sqlite3.Connection, aor: str) -> None:
        self._store, self._aor = store, aor

    def stored(self) -> tuple[Publication, ...]:
        """All of them."""
        query = f"SELECT {_COLUMNS} FROM published WHERE aor = ?"  # noqa: S608 - our own column names
        return tuple(_publication(row) for row in self._store.execute(query, (self._aor,)).fetchall())

    def put(self, answer: Answer, now: float) -> None:
        """Keep and forget what an answer says, and what has ended."""
        forget = "DELETE FROM published WHERE aor = ? AND (tag = ? OR until <= ?)"
        self._store.execute(forget, (self._aor, answer.forget, now))
        if answer.keep:
            kept = answer.keep
            row = (self._aor, kept.tag, str(kept.state), kept.note, kept.since, kept.until)
            self._store.execute("INSERT INTO published VALUES (?, ?, ?, ?, ?, ?)", row)


def _publication(row: tuple[object, ...] | list[object]) -> Publication:
    tag, state, note, since, until = row
    return Publication(
        str(tag), PresenceState(str(state)), None if note is None else str(note), _float(since), _float(until)
    )


def _float(value: object) -> float:
    assert isinstance(value, float | int)
    return float(value)
