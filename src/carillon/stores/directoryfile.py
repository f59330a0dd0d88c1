"""The file of a node's directory: its tables, and how it is brought from one position to the next, in place.

What changed comes as rows, as they stand in the tables: from the truth, or from a main to a satellite.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from carillon.model.change import Subject
from carillon.stores import compiled, presencerules, servicesettings
from carillon.stores.sql import names
from carillon.stores.sql.feed import Position

SCHEMA = 23
"""Raise it with every change of the tables: a directory of another schema is built anew.

A column that is new and may not be empty needs a DEFAULT, so that what an older version kept can be used until then
(`carrying.py`, which also says which earlier schemas can)."""

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
    "announcement": f"{servicesettings.ANNOUNCEMENT}, PRIMARY KEY (domain, name)",
    "account": f"domain TEXT, username TEXT, ha1_md5 TEXT NOT NULL, ha1_sha256 TEXT NOT NULL,"
    f" encryption INTEGER NOT NULL, priority REAL, {_PARTY},"
    " PRIMARY KEY (domain, username)",
    "party": f"domain TEXT, number TEXT, {_PARTY}, PRIMARY KEY (domain, number)",
    "name": f"{compiled.NAME}, PRIMARY KEY (domain, number, owner)",
    "mailbox": f"{servicesettings.MAILBOX}, PRIMARY KEY (domain, extension)",
}

INDEXES = {
    "party_of_user": "party (domain, extension)",
    "name_of_user": f"name (domain, extension) WHERE owner = '{compiled.PERSON}'",
}
"""What a change looks for, besides the keys: everything that reaches one person."""

WRITER_BUSY_SECONDS = 10

_NO_MAILBOX = "DELETE FROM mailbox WHERE domain = ? AND extension = ?"
_FORGET = {
    "user": ("DELETE FROM party WHERE domain = ? AND extension = ?", _NO_MAILBOX),
    "voicemail": (_NO_MAILBOX,),
    "device": ("DELETE FROM account WHERE domain = ? AND username = ?",),
    "number": ("DELETE FROM party WHERE domain = ? AND number = ?",),
}
"""What a change of each noun makes stale in the large tables, by domain and key.

The accounts of a changed user are replaced by their new rows; those of a removed one go by changes of their own. So are
those of all people of a changed site; a site that has people isn't removed.
"""

Row = tuple[object, ...]
Rows = Iterable[tuple[str, Iterable[Row]]]

SMALL = ("domain", "site", "trunk", "route", "schedule", "callerlist", "group", "ring", "grouplimit", "callback",
         "presencerule", "panel", "announcement")  # fmt: skip
"""Tables that are written whole: nothing in them can be forgotten."""


@dataclass(frozen=True, slots=True)
class Step:
    """From one position to the next: forget what was touched (everything when None), keep these rows of tables.

    A small table comes whole, or not at all.
    """

    position: Position
    touched: frozenset[Subject] | None
    rows: Rows


@contextmanager
def writing(path: Path, owner_uid: int) -> Iterator[sqlite3.Connection]:
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
    """The owner first: SQLite gives its log files the owner of the database.

    A file that is his already isn't opened: to close it again would end all locks that SQLite holds on it here.
    """
    if path.exists() and path.lstat().st_uid == owner_uid:
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        if os.fstat(descriptor).st_uid != owner_uid:
            os.fchown(descriptor, owner_uid, -1)
    finally:
        os.close(descriptor)


def position_of(directory: sqlite3.Connection) -> Position | None:
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


def apply(directory: sqlite3.Connection, step: Step) -> None:
    """Take one step, within a transaction of `writing`. Raises `sqlite3.Error` for rows that are none of ours."""
    if step.touched is None:
        for table in TABLES:
            directory.execute(f'DELETE FROM "{table}"')  # noqa: S608 - our own table names
    else:
        for thing in step.touched:
            _forget(directory, thing)
    for table, rows in step.rows:
        if table not in TABLES:
            raise sqlite3.DataError(f"no table {table} is known here")
        if table in SMALL and step.touched is not None:
            directory.execute(f'DELETE FROM "{table}"')  # noqa: S608 - as above
        _insert(directory, table, rows)
    directory.execute("DELETE FROM state")
    directory.execute("INSERT INTO state VALUES (?, ?)", (step.position.sequence, step.position.mark))


def _forget(directory: sqlite3.Connection, thing: Subject) -> None:
    for statement in _FORGET.get(thing.noun, ()):
        directory.execute(statement, (thing.domain, thing.key))
    names.forget(directory, thing)


def _insert(directory: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    marks = ", ".join("?" * len(directory.execute(f'PRAGMA table_info("{table}")').fetchall()))
    directory.executemany(f'INSERT OR REPLACE INTO "{table}" VALUES ({marks})', rows)  # noqa: S608
