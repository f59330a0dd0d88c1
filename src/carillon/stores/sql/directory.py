"""Writing the directory of this node from the truth, in place and in one transaction."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine

from carillon.model.change import Subject
from carillon.stores import compiled, presencerules
from carillon.stores.compiled import party_row
from carillon.stores.sql import names
from carillon.stores.sql.engine import reading
from carillon.stores.sql.feed import Delta, Position, SmallRows, delta

SCHEMA = 22
"""Raise it with every change of the tables: a directory of another schema is built anew."""

_PARTY = "extension TEXT NOT NULL, name TEXT NOT NULL, site TEXT NOT NULL, outside TEXT NOT NULL, caller_number TEXT,"
_PARTY += " withhold INTEGER NOT NULL, forwarding TEXT NOT NULL, presence TEXT NOT NULL, call_waiting INTEGER NOT NULL,"
_PARTY += " service TEXT NOT NULL, pickup TEXT NOT NULL, rings INTEGER NOT NULL, most_calls INTEGER"
TABLES = {
    "state": "sequence INTEGER NOT NULL, mark TEXT NOT NULL",
    "domain": f"{compiled.DOMAIN}, PRIMARY KEY (name)",
    "site": f"{compiled.SITE}, PRIMARY KEY (domain, name)",
    "trunk": f"{compiled.TRUNK}, PRIMARY KEY (domain, name)",
    "route": f"{compiled.ROUTE}, PRIMARY KEY (domain, prefix, trunk, site)",
    "schedule": f"{compiled.SCHEDULE}, PRIMARY KEY (domain, name)",
    "callerlist": f"{compiled.CALLER_LIST}, PRIMARY KEY (domain, name)",
    "callback": "id INTEGER PRIMARY KEY, domain TEXT, extension TEXT, target TEXT, asked_at REAL, expires_at REAL,"
    " claimed_until REAL",
    "group": f"{compiled.GROUP}, PRIMARY KEY (domain, name)",
    "ring": f"{compiled.RING}, PRIMARY KEY (domain, origin)",
    "grouplimit": f"{compiled.GROUP_LIMIT}, PRIMARY KEY (domain, name)",
    "presencerule": f"{presencerules.COLUMNS}, PRIMARY KEY (domain, extension)",
    "panel": f"{compiled.PANEL}, PRIMARY KEY (domain, name)",
    "account": f"domain TEXT, username TEXT, ha1_md5 TEXT NOT NULL, ha1_sha256 TEXT NOT NULL,"
    f" encryption INTEGER NOT NULL, priority REAL, {_PARTY},"
    " PRIMARY KEY (domain, username)",
    "party": f"domain TEXT, number TEXT, {_PARTY}, PRIMARY KEY (domain, number)",
    "name": f"{compiled.NAME}, PRIMARY KEY (domain, number, owner)",
}

INDEXES = {
    "party_of_user": "party (domain, extension)",
    "name_of_user": f"name (domain, extension) WHERE owner = '{compiled.PERSON}'",
}
"""What a change looks for, besides the keys: everything that reaches one person."""

WRITER_BUSY_SECONDS = 10

_FORGET = {
    "user": "DELETE FROM party WHERE domain = ? AND extension = ?",
    "device": "DELETE FROM account WHERE domain = ? AND username = ?",
    "number": "DELETE FROM party WHERE domain = ? AND number = ?",
}
"""What a change of each noun makes stale in the large tables, by domain and key.

The accounts of a changed user are replaced by their new rows; those of a removed one go by changes of their own. So are
those of all people of a changed site; a site that has people isn't removed.
"""


def refresh(truth: Engine, path: Path, owner_uid: int) -> int:
    """Bring the directory at `path` up to the truth; return the sequence of the last change that is in it.

    Follows the changes since the last time; builds everything anew when it can't know them. Makes the file,
    readable by the user `owner_uid` alone. Raises `sqlite3.Error` or `OSError` when it can't be written.
    """
    with _writing(path, owner_uid) as directory:
        known = _position(directory)
        with reading(truth) as connection:
            missing = delta(connection, known)
        if missing.position != known or missing.touched is None:
            _apply(directory, missing)
    return missing.position.sequence


@contextmanager
def _writing(path: Path, owner_uid: int) -> Iterator[sqlite3.Connection]:
    """A transaction on the directory, which is made when missing; writers wait for each other."""
    _make_file(path, owner_uid)
    with closing(sqlite3.connect(path, isolation_level=None, timeout=WRITER_BUSY_SECONDS)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def _make_file(path: Path, owner_uid: int) -> None:
    """The owner first: SQLite gives its log files the owner of the database."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        if os.fstat(descriptor).st_uid != owner_uid:
            os.fchown(descriptor, owner_uid, -1)
    finally:
        os.close(descriptor)


def _position(directory: sqlite3.Connection) -> Position | None:
    """How far the directory follows; None, with empty tables, when it was of another schema."""
    if directory.execute("PRAGMA user_version").fetchone()[0] != SCHEMA:
        for table, columns in TABLES.items():
            directory.execute(f'DROP TABLE IF EXISTS "{table}"')
            directory.execute(f'CREATE TABLE "{table}" ({columns}){" WITHOUT ROWID" if "KEY" in columns else ""}')
        for index, columns in INDEXES.items():
            directory.execute(f"CREATE INDEX {index} ON {columns}")
        directory.execute(f"PRAGMA user_version = {SCHEMA}")
    row = directory.execute("SELECT sequence, mark FROM state").fetchone()
    return Position(*row) if row else None


def _apply(directory: sqlite3.Connection, missing: Delta) -> None:
    if missing.touched is None:
        for table in TABLES:
            directory.execute(f'DELETE FROM "{table}"')  # noqa: S608 - our own table names
    else:
        for thing in missing.touched:
            _forget(directory, thing)
    _keep(directory, missing)


def _forget(directory: sqlite3.Connection, thing: Subject) -> None:
    if thing.noun in _FORGET:
        directory.execute(_FORGET[thing.noun], (thing.domain, thing.key))
    names.forget(directory, thing)


def _keep(directory: sqlite3.Connection, missing: Delta) -> None:
    if missing.small is not None:
        _keep_small(directory, missing.small)
    accounts = (
        (row.domain, row.username, row.ha1_md5, row.ha1_sha256, row.encryption, row.priority, *party_row(row.party))
        for row in missing.accounts
    )
    _insert(directory, "name", 7, missing.names)
    _insert(directory, "account", 19, accounts)
    _insert(directory, "party", 15, ((party.domain, number, *party_row(party)) for number, party in missing.parties))
    directory.execute("DELETE FROM state")
    directory.execute("INSERT INTO state VALUES (?, ?)", (missing.position.sequence, missing.position.mark))


def _keep_small(directory: sqlite3.Connection, small: SmallRows) -> None:
    """Small tables are written whole: nothing in them can be forgotten."""
    small_tables = "domain site trunk route schedule callerlist group ring grouplimit callback presencerule panel"
    for table in small_tables.split():
        directory.execute(f'DELETE FROM "{table}"')  # noqa: S608 - our own table names
    _insert(directory, "domain", 10, (compiled.domain_row(row) for row in small.domains))
    _insert(directory, "site", 5, (compiled.site_row(domain, row) for domain, row in small.sites))
    _insert(directory, "trunk", 17, (compiled.trunk_row(row) for row in small.trunks))
    _insert(directory, "route", 5, (compiled.route_row(domain, row) for domain, row in small.routes))
    _insert(directory, "schedule", 5, (compiled.schedule_row(*row) for row in small.schedules))
    _insert(directory, "callerlist", 3, small.caller_lists)
    _insert(directory, "callback", 7, small.callbacks)
    _insert(directory, "group", 6, (compiled.group_row(*row) for row in small.groups))
    _insert(directory, "ring", 6, (compiled.ring_row(*row) for row in small.rings))
    _insert(directory, "grouplimit", 4, (compiled.group_limit_row(*row) for row in small.group_limits))
    _insert(directory, "presencerule", 6, small.presence_rules)
    _insert(directory, "panel", 3, small.panels)


def _insert(directory: sqlite3.Connection, table: str, width: int, rows: Iterable[tuple[object, ...]]) -> None:
    marks = ", ".join("?" * width)
    directory.executemany(f'INSERT OR REPLACE INTO "{table}" VALUES ({marks})', rows)  # noqa: S608
