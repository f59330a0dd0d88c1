"""What sources outside said of numbers, on disk: a names daemon that is started anew asks nobody twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from carillon.stores.durablefile import DurableFile
from carillon.stores.namesources import NameSource

MOST = 20_000
"""Names; of more, those that would end first go."""

_NAMES = """CREATE TABLE IF NOT EXISTS heard (domain TEXT NOT NULL, number TEXT NOT NULL, name TEXT NOT NULL,
    source TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (domain, number)) WITHOUT ROWID"""
_BY_END = "CREATE INDEX IF NOT EXISTS heard_until ON heard (until)"
_SOURCES = "CREATE TABLE IF NOT EXISTS asked (mark TEXT NOT NULL)"
_OVER = "(SELECT domain, number FROM heard ORDER BY until LIMIT max(0, (SELECT count(*) FROM heard) - ?))"


@dataclass(frozen=True, slots=True)
class KeptName:
    """A name, which source said it, and until when that holds (Unix seconds); "" when none knows the number."""

    domain: str
    number: str
    name: str
    source: str
    until: float


class KeptNames:
    """Names of the sources that are asked now. Every method may raise StoreDown."""

    def __init__(self, path: Path, most: int = MOST) -> None:
        self._file, self._most = DurableFile(path, "names of sources", _NAMES, _BY_END, _SOURCES), most

    def use(self, sources: Iterable[NameSource]) -> bool:
        """These are asked from now on; what others said is forgotten. Whether they are others than before."""
        mark = _mark(sources)
        with self._file.transaction() as store:
            if store.execute("SELECT mark FROM asked").fetchall() == [(mark,)]:
                return False
            store.execute("DELETE FROM heard")
            store.execute("DELETE FROM asked")
            store.execute("INSERT INTO asked VALUES (?)", (mark,))
        return True

    def all(self, now: float) -> Iterator[KeptName]:
        """What still holds, what ends first first."""
        with self._file.opened() as store:
            query = "SELECT domain, number, name, source, until FROM heard WHERE until > ? ORDER BY until"
            rows = store.execute(query, (now,)).fetchall()
        return (KeptName(*row) for row in rows)

    def keep(self, one: KeptName, now: float) -> None:
        """Remember an answer, and forget what holds no more."""
        with self._file.transaction() as store:
            row = (one.domain, one.number, one.name, one.source, one.until)
            store.execute("INSERT OR REPLACE INTO heard VALUES (?, ?, ?, ?, ?)", row)
            store.execute("DELETE FROM heard WHERE until <= ?", (now,))
            store.execute(f"DELETE FROM heard WHERE (domain, number) IN {_OVER}", (self._most,))  # noqa: S608


def _mark(sources: Iterable[NameSource]) -> str:
    """The same for the same sources; a new token is no other source."""
    rows = sorted(json.dumps({**asdict(source), "token": ""}, sort_keys=True) for source in sources)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
