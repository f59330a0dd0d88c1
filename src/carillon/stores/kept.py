"""Messages that are kept for somebody who is not there: on disk before the sender hears that they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from carillon.messages.keeping import AGAIN_S, KEPT_S, MOST
from carillon.stores.durablefile import DurableFile

_TABLE = """CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY AUTOINCREMENT, aor TEXT NOT NULL,
    sender TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, at REAL NOT NULL, tried REAL NOT NULL)"""
_INDEX = "CREATE INDEX IF NOT EXISTS kept_for ON kept (aor, id)"


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """One of them. `sender` and `aor` are addresses without scheme; `at` is when it was written (Unix seconds)."""

    id: int
    aor: str
    sender: str
    kind: str
    body: str
    at: float


class Kept:
    """The messages of everybody. Every method may raise StoreDown."""

    def __init__(self, path: Path) -> None:
        self._file = DurableFile(path, "messages", _TABLE, _INDEX)

    def keep(self, aor: str, sender: str, kind: str, body: str, now: float) -> bool:
        """Keep one; False when too many are kept for the person already."""
        with self._file.transaction() as store:
            store.execute("DELETE FROM kept WHERE at < ?", (now - KEPT_S,))
            count = store.execute("SELECT count(*) FROM kept WHERE aor = ?", (aor,)).fetchone()[0]
            if count >= MOST:
                return False
            store.execute(
                "INSERT INTO kept (aor, sender, kind, body, at, tried) VALUES (?, ?, ?, ?, ?, 0)",
                (aor, sender, kind, body, now),
            )
        return True

    def waiting(self, now: float) -> list[str]:
        """For whom there is something that was not tried a moment ago."""
        query = "SELECT aor FROM kept GROUP BY aor HAVING max(tried) <= ?"
        with self._file.opened() as store:
            return [aor for (aor,) in store.execute(query, (now - AGAIN_S,))]

    def next(self, aor: str, now: float) -> KeptMessage | None:
        """The oldest one for a person, which is tried now: nobody else tries it for a minute."""
        query = "SELECT id, aor, sender, kind, body, at FROM kept WHERE aor = ? ORDER BY id LIMIT 1"
        with self._file.transaction() as store:
            row = store.execute(query, (aor,)).fetchone()
            if row is None:
                return None
            store.execute("UPDATE kept SET tried = ? WHERE id = ?", (now, row[0]))
        return KeptMessage(*row)

    def forget(self, id: int) -> str:
        """It was delivered, or refused; for whom it was, "" when it is gone already."""
        with self._file.transaction() as store:
            row = store.execute("DELETE FROM kept WHERE id = ? RETURNING aor", (id,)).fetchone()
        return str(row[0]) if row else ""
