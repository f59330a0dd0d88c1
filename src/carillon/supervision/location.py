"""Where Kamailio keeps registrations: a file that outlives `down` and `up`, made with the engine's own schema."""

from __future__ import annotations

import os
import pwd
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from carillon.stores import reserve
from carillon.stores.ended import keep_ended
from carillon.supervision.raisecseq import AT_LEAST
from carillon.system.paths import SERVICE_USER

SCHEMA = Path("/usr/share/kamailio/db_sqlite")
TABLES = ("standard", "usrloc")
SUBSCRIPTIONS = ("standard", "presence")
_BY_WATCHER = "CREATE INDEX IF NOT EXISTS by_watcher ON active_watchers (watcher_username, watcher_domain)"
"""How many subscriptions somebody has is asked at each new one."""
_KEPT_AS_TOLD = ("expires", "status", "reason", "remote_cseq", "contact", "record_route")
_NUMBERS_ALONE = f"""
CREATE TRIGGER IF NOT EXISTS numbers_alone BEFORE UPDATE ON active_watchers
WHEN {" AND ".join(f"NEW.{column} IS OLD.{column}" for column in _KEPT_AS_TOLD)}
 AND NEW.local_cseq BETWEEN OLD.local_cseq AND OLD.local_cseq + {AT_LEAST // 2}
 AND NEW.version BETWEEN OLD.version AND OLD.version + {AT_LEAST // 2}
BEGIN SELECT RAISE(IGNORE); END"""
"""The engine writes a subscription anew after each NOTIFY, for its number alone; that costs more than the NOTIFY. So it
isn't before it is far from the kept one, which the next start raises further (`raisecseq`)."""


def ensure_location(state: Path) -> None:
    """Make the files of registrations and subscriptions, and the journal's place, in `state` where they are missing.

    The files are in WAL mode; all are the service user's.
    """
    service = pwd.getpwnam(SERVICE_USER)
    state.mkdir(mode=0o750, parents=True, exist_ok=True)
    journal = state / "journal"
    journal.mkdir(mode=0o700, exist_ok=True)
    for directory in (state, journal):
        os.chown(directory, service.pw_uid, service.pw_gid)
    reserve.keep(state)
    reserve.require(state)
    for name, tables in (("location.db", TABLES), ("presence.db", SUBSCRIPTIONS)):
        _ensure(state / name, tables)


def _ensure(path: Path, tables: tuple[str, ...]) -> None:
    service = pwd.getpwnam(SERVICE_USER)
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        _create(fresh, tables)
        fresh.rename(path)
    if "presence" in tables:
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path)) as connection:
            fit_for_watchers(connection)  # on a full disk it waits for the next start
    if "usrloc" in tables:
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path)) as connection:
            keep_ended(connection)
    for file in path.parent.glob(f"{path.name}*"):
        os.chown(file, service.pw_uid, service.pw_gid)
        file.chmod(0o600)


def fit_for_watchers(subscriptions: sqlite3.Connection) -> None:
    """Add to the engine's table of subscriptions what makes ours cheap; what is there stays."""
    subscriptions.execute(_BY_WATCHER)
    subscriptions.execute(_NUMBERS_ALONE)


def make_tables(path: Path, tables: tuple[str, ...]) -> None:
    """Make a database anew with these empty tables of Kamailio's, owned by the service user."""
    service = pwd.getpwnam(SERVICE_USER)
    path.unlink(missing_ok=True)
    _create(path, tables)
    os.chown(path, service.pw_uid, service.pw_gid)
    path.chmod(0o600)


def _create(path: Path, tables: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for name in tables:
            connection.executescript((SCHEMA / f"{name}-create.sql").read_text())
        connection.execute("PRAGMA journal_mode=WAL")
        connection.commit()
