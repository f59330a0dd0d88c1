"""A directory of an earlier schema, as far as it says what one of ours must: for a satellite that was upgraded while it
was cut off, and a node whose database is away."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from carillon.stores.directoryfile import INDEXES, SCHEMA, TABLES
from carillon.stores.private import private

OLDEST = 22
"""The first schema whose columns of the same name mean the same as ours. Raise it when the form of one changes."""


def is_older(directory: Path) -> bool:
    """Whether a directory is of an earlier schema from which ours can be made. Raises sqlite3.Error."""
    with closing(sqlite3.connect(directory)) as opened:
        found: int = opened.execute("PRAGMA user_version").fetchone()[0]
        return OLDEST <= found < SCHEMA


def carried_over(directory: Path) -> bool:
    """Make a directory of ours out of an older one, in its place; whether it was one. Raises OSError, sqlite3.Error.

    It has no position, so that everything is told to it as soon as somebody can. What it can't know is empty, where
    that may be; else nothing is changed, and sqlite3.Error says which column it is.
    """
    if not is_older(directory):
        return False
    fresh = directory.with_suffix(".carried")
    fresh.unlink(missing_ok=True)
    private(fresh)
    try:
        shutil.copyfile(directory, fresh)
        with closing(sqlite3.connect(fresh, isolation_level=None)) as opened:
            opened.execute("PRAGMA journal_mode = DELETE")
            opened.execute("BEGIN")
            _carry(opened)
            opened.execute("COMMIT")
        fresh.replace(directory)
    finally:
        fresh.unlink(missing_ok=True)
    return True


def _carry(directory: sqlite3.Connection) -> None:
    there = {name for (name,) in directory.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    for index in INDEXES:
        directory.execute(f"DROP INDEX IF EXISTS {index}")
    for table, columns in TABLES.items():
        old = _columns(directory, table) if table in there else set()
        if old:
            directory.execute(f'ALTER TABLE "{table}" RENAME TO older')
        directory.execute(f'CREATE TABLE "{table}" ({columns}){" WITHOUT ROWID" if "KEY" in columns else ""}')
        if not old:
            continue
        if table != "state":
            both = ", ".join(f'"{name}"' for name in sorted(_columns(directory, table) & old))
            directory.execute(f'INSERT INTO "{table}" ({both}) SELECT {both} FROM older')  # noqa: S608 - our own names
        directory.execute("DROP TABLE older")
    for index, on in INDEXES.items():
        directory.execute(f"CREATE INDEX {index} ON {on}")
    directory.execute(f"PRAGMA user_version = {SCHEMA}")


def _columns(directory: sqlite3.Connection, table: str) -> set[str]:
    return {str(row[1]) for row in directory.execute(f'PRAGMA table_info("{table}")')}
