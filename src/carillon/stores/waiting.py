"""Call-backs as they lie in the directory: who waits for whom. The daemon that serves them looks each second."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

COLUMNS = "id, domain, extension, target, asked_at, expires_at, claimed_until"


@dataclass(frozen=True, slots=True)
class Waiting:
    """`caller` waits for `called` (addresses of record); times are Unix seconds, as in `model.callback`."""

    id: int
    caller: str
    called: str
    asked_at: float
    expires_at: float
    claimed_until: float


def waiting(directory: Path) -> list[Waiting]:
    """All call-backs, in the order in which they are served. Raises sqlite3.Error."""
    query = f"SELECT {COLUMNS} FROM callback ORDER BY asked_at, id"  # noqa: S608 -- our own names
    with closing(sqlite3.connect(f"{directory.absolute().as_uri()}?mode=ro", uri=True, timeout=0.1)) as connection:
        rows = connection.execute(query).fetchall()
    return [
        Waiting(id, f"{extension}@{domain}", f"{target}@{domain}", *times)
        for id, domain, extension, target, *times in rows
    ]
