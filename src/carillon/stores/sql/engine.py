"""Opening the truth, and the two kinds of transactions on it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import OperationalError

from carillon.model.refused import Refused

BUSY_SECONDS = 10
"""How long a writer waits for another one before it is refused."""

_WRITES = "carillon_writes"


def open_sqlite(path: Path) -> Engine:
    """The engine of a truth in a file, which is made, mode 0600, when it isn't there."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    engine = create_engine(
        URL.create("sqlite", database=str(path)), poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS}
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a truth that may be in use to a new file, mode 0600. Raises `OSError` or `sqlite3.Error`."""
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(source)) as whole, closing(sqlite3.connect(target)) as copy:
        whole.backup(copy)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the truth; nothing that happens meanwhile shows in it."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: committed at the end, undone by any error, one at a time.

    Raises `Refused` when another writer doesn't end in time.
    """
    try:
        with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
            yield connection
    except OperationalError as error:
        if "locked" not in str(error.orig):
            raise
        raise Refused("truth", "somebody else is changing this system just now; try again.") from error


def _prepare(connection: SqliteConnection, _record: object) -> None:
    """Set up a new SQLite connection; transactions are begun by `_begin`, not by the driver."""
    connection.isolation_level = None
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin(connection: Connection) -> None:
    """Take SQLite's write lock at once when rows will be written: checks made before must still hold then."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
