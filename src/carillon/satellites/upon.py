"""What waits, laid upon what the mains told: calls at a satellite see both, and what lies beneath isn't lost.

What a main tells is put on what it told before; so what was laid upon that is lifted first, and laid anew behind it.
All within one transaction: no call sees the moment between.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from contextlib import suppress

from carillon.model.refused import Refused
from carillon.satellites.kept import Journal, Kept
from carillon.satellites.person import Person, in_memory
from carillon.stores.directoryfile import writing
from carillon.stores.ports import StoreDown
from carillon.system.paths import SystemPaths

_TABLE = (
    "CREATE TABLE IF NOT EXISTS beneath (domain TEXT, extension TEXT, forwarding TEXT NOT NULL, presence TEXT NOT NULL,"
    " PRIMARY KEY (domain, extension)) WITHOUT ROWID"
)
_HERE = "SELECT 1 FROM sqlite_schema WHERE name = 'beneath'"
_HIS = "WHERE domain = ? AND extension = ? AND service = ''"
_KEEP = f"INSERT INTO beneath SELECT domain, extension, forwarding, presence FROM party {_HIS} LIMIT 1"  # noqa: S608
_LAY = f"UPDATE party SET forwarding = ?, presence = ? {_HIS}"  # noqa: S608


def lift(directory: sqlite3.Connection, person: str = "") -> None:
    """Let a directory be as the mains told it, or one person in it, within a transaction."""
    if directory.execute(_HERE).fetchone() is None:
        return
    for home, own, *told in directory.execute("SELECT * FROM beneath").fetchall():
        if person in ("", f"{own}@{home}"):
            directory.execute(_LAY, (*told, home, own))
            directory.execute("DELETE FROM beneath WHERE domain = ? AND extension = ?", (home, own))


def lay(directory: sqlite3.Connection, waiting: Sequence[Kept]) -> None:
    """Lay what waits upon a directory that is as the mains told it, within a transaction."""
    if not waiting:
        return
    directory.execute(_TABLE)
    truth = in_memory()
    for aor in dict.fromkeys(one.person for one in waiting):
        with suppress(Refused):  # he is nobody's any more: mains say so
            person = Person(directory, aor, truth).did(one for one in waiting if one.person == aor)
            own = person.party.domain, person.party.extension
            directory.execute(_KEEP, own)
            directory.execute(_LAY, (*person.conduct(), *own))


def begin(paths: SystemPaths, owner_uid: int) -> None:
    """Before a start, which doesn't fail by it. Raises nothing."""
    try:
        if paths.kept_changes.exists():
            renew(paths, owner_uid)
    except (sqlite3.Error, OSError, StoreDown) as failed:
        print(f"kept: what waits for mains can't be put in force: {failed}", file=sys.stderr, flush=True)


def renew(paths: SystemPaths, owner_uid: int, person: str = "") -> None:
    """Lay what waits now upon the directory that calls read; of everybody, or of one person, which takes less long.

    Raises `sqlite3.Error`, OSError, StoreDown.
    """
    journal = Journal(paths.kept_changes)
    with writing(paths.run_directory, owner_uid) as directory:
        lift(directory, person)
        lay(directory, [one for one in journal.all() if person in ("", one.person)])
