"""The file in which Kamailio keeps registrations: made with Kamailio's own table definitions."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

DEFINITIONS = Path("/usr/share/kamailio/db_sqlite")
_SCRIPTS = ("standard-create.sql", "usrloc-create.sql")


def prepare(path: Path, uid: int, gid: int) -> None:
    """Make the file at `path` for Kamailio, owned by `uid`, unless it is there; raises OSError, sqlite3.Error."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(unfinished)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")  # readers do not hold up the engine's timer
        for script in _SCRIPTS:
            connection.executescript((DEFINITIONS / script).read_text())
    os.chown(unfinished, uid, gid)
    unfinished.chmod(0o600)
    unfinished.rename(path)
