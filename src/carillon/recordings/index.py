"""Which recordings there are: a small database beside the files, of the service user alone."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

FILE = "index.db"
BUSY_S = 5.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS recording (
  id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL UNIQUE, key TEXT NOT NULL, domain TEXT NOT NULL,
  rule INTEGER NOT NULL, extension TEXT NOT NULL, caller TEXT NOT NULL, caller_name TEXT NOT NULL,
  callee TEXT NOT NULL, callee_name TEXT NOT NULL, direction TEXT NOT NULL, began REAL NOT NULL,
  seconds REAL NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL, file TEXT NOT NULL,
  on_demand INTEGER NOT NULL DEFAULT 0, announced TEXT NOT NULL DEFAULT '')
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One recording. `state` is kept, cut (it ended before the call) or lost (there is none), and `why`.

    `announced` is what both sides heard of it, or why they heard nothing; "" where nothing was wanted.
    `source` is what it was made from, so that nothing is kept twice; `file` is a path below the recordings.
    """

    source: str
    key: str
    domain: str
    rule: int
    extension: str
    caller: str
    caller_name: str
    callee: str
    callee_name: str
    direction: str
    began: float
    seconds: float = 0.0
    state: str = "kept"
    why: str = ""
    file: str = ""
    id: int = 0
    on_demand: bool = False
    announced: str = ""


class Index:
    """The index below `root`; every method may raise sqlite3.Error."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, of: Kept) -> None:
        """Keep a recording, once."""
        values = {name: value for name, value in asdict(of).items() if name != "id"}
        marks = ", ".join(f":{name}" for name in values)
        with self._open() as connection:
            connection.execute(f"INSERT OR IGNORE INTO recording ({', '.join(values)}) VALUES ({marks})", values)  # noqa: S608

    def has(self, source: str) -> bool:
        """Whether something was made of it already."""
        with self._open() as connection:
            return connection.execute("SELECT 1 FROM recording WHERE source = ?", (source,)).fetchone() is not None

    def listing(self, domain: str | None = None, extension: str | None = None) -> list[Kept]:
        """Recordings from the newest on: of a domain, and of whoever called or was called there."""
        rows = self._rows("ORDER BY began DESC, id DESC")
        found = [row for row in rows if domain is None or row.domain == domain]
        if extension is None:
            return found
        return [row for row in found if extension in _people(row)]

    def show(self, id: int) -> Kept | None:
        """One recording."""
        return next(iter(self._rows("WHERE id = ?", id)), None)

    def older(self, domain: str, than: float) -> list[Kept]:
        """Those of a domain that began before that (Unix seconds)."""
        return self._rows("WHERE domain = ? AND began < ?", domain, than)

    def remove(self, of: Kept) -> None:
        """Forget a recording, and its file first."""
        if of.file:
            (self.root / of.file).unlink(missing_ok=True)
        with self._open() as connection:
            connection.execute("DELETE FROM recording WHERE id = ?", (of.id,))

    def _rows(self, condition: str, *values: Any) -> list[Kept]:
        with self._open() as connection:
            connection.row_factory = sqlite3.Row
            rows = connection.execute(f"SELECT * FROM recording {condition}", values)  # noqa: S608 - our own words
            found = [Kept(**{name: row[name] for name in row.keys()}) for row in rows]  # noqa: SIM118
            return [replace(one, on_demand=bool(one.on_demand)) for one in found]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        path = self.root / FILE
        if not path.exists():
            _begin(path)
        with closing(sqlite3.connect(path, timeout=BUSY_S)) as connection, connection:
            connection.execute(_SCHEMA)
            _renew(connection)
            yield connection


def _begin(path: Path) -> None:
    """An empty index belongs to who has the recordings, also where an administrator looks before there is any."""
    file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        if os.geteuid() == 0:
            owner = path.parent.stat()
            os.fchown(file, owner.st_uid, owner.st_gid)
    finally:
        os.close(file)


def _renew(connection: sqlite3.Connection) -> None:
    """An index of an earlier version lacks columns."""
    there = {row[1] for row in connection.execute("PRAGMA table_info(recording)")}
    for name, kind in (("on_demand", "INTEGER NOT NULL DEFAULT 0"), ("announced", "TEXT NOT NULL DEFAULT ''")):
        if name not in there:
            connection.execute(f"ALTER TABLE recording ADD COLUMN {name} {kind}")


def _people(row: Kept) -> set[str]:
    return {row.extension, row.caller.partition("@")[0], row.callee.partition("@")[0]}
