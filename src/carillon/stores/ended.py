"""Registrations that Kamailio has let go because they had ended, kept for a moment: perhaps only a clock was set."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from carillon.stores.ports import StoreDown
from carillon.stores.registrationjournal import Binding
from carillon.stores.registrations import julian, kept

_COLUMNS: Final = (
    *("username", "domain", "contact", "received", "path", "callid", "user_agent", "socket", "instance", "ruid"),
    *("expires", "q", "cseq", "reg_id", "last_modified", "cflags"),
)
_KEPT_DAYS: Final = 600 / 86400
_NOW: Final = "julianday('now')"

_STATEMENTS: Final = (
    f"CREATE TABLE IF NOT EXISTS ended ({', '.join(_COLUMNS)}, at)",
    "CREATE INDEX IF NOT EXISTS ended_at ON ended (at)",
    f"""CREATE TRIGGER IF NOT EXISTS has_ended AFTER DELETE ON location WHEN OLD.expires <= {_NOW} BEGIN
    DELETE FROM ended WHERE at < {_NOW} - {_KEPT_DAYS};
    DELETE FROM ended WHERE at > {_NOW} + {_KEPT_DAYS};
    INSERT INTO ended VALUES ({", ".join(f"OLD.{name}" for name in _COLUMNS)}, {_NOW});
END""",  # noqa: S608 -- names of ours
)
"""What a phone takes back, or loses with its connection, had not ended."""


def keep_ended(location: sqlite3.Connection) -> None:
    """Have it kept, in Kamailio's file of registrations; what is there stays. Raises sqlite3.Error."""
    for statement in _STATEMENTS:
        location.execute(statement)
    location.commit()


def ended(path: Path, after: float) -> dict[str, tuple[Binding, ...]]:
    """By address of record, what was let go a moment ago and had ended after this time (Unix). Raises StoreDown."""
    found: dict[str, list[Binding]] = {}
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2)) as connection:
            connection.row_factory = sqlite3.Row
            for row in connection.execute("SELECT * FROM ended WHERE expires > ?", (julian(after),)):
                found.setdefault(f"{row['username']}@{row['domain']}", []).append(kept(row))
    except sqlite3.Error as error:
        raise StoreDown(f"{path.name}: {error}") from error
    return {aor: tuple(each) for aor, each in found.items()}
