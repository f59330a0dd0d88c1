"""Opening the truth, and the two kinds of transactions on it."""

from __future__ import annotations

import functools
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from carillon.model.refused import Refused
from carillon.stores.sql.database import Database, open_mariadb

P = ParamSpec("P")
Value = TypeVar("Value")

BUSY_SECONDS = 10
"""How long a writer waits for another one before it is refused."""

_WRITES = "carillon_writes"
_WRITER = "carillon_writer"
_SERVERS = "carillon_servers"

_GONE = {2002, 2003, 2006, 2013, 1040, 1053, 1927}
"""Errors of MariaDB and its client: it isn't there, or not any more."""
_NO_MAJORITY = {1047}
_BUSY = {1205}
"""A lock wasn't free in time."""
_OVERTAKEN = {1213, 1180}
"""Another server of the cluster was faster (certification)."""
_TAKEN = 1062
TRIES = 8
_DENIED = {1044, 1045, 1049, 1698}


class Busy(Refused):
    """Somebody else is changing the truth at this moment, or a member of the cluster is just going or coming."""


class Overtaken(Busy):
    """Another server of the cluster was faster: nothing of this transaction was done, and it may be tried again."""


class DatabaseAway(Refused):
    """The database of a system with several nodes can't be reached, or takes nothing just now."""


def open_sqlite(path: Path) -> Engine:
    """The engine of a truth in a file, which is made, mode 0600, when it isn't there."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    engine = create_engine(
        URL.create("sqlite", database=str(path)), poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS}
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def open_database(database: Database) -> Engine:
    """The engine of a truth that nodes share. Nothing is asked yet."""
    reader, writer = open_mariadb(database)
    return reader.execution_options(**{_WRITER: writer, _SERVERS: database.servers})


def is_shared(engine: Engine) -> bool:
    """Whether the truth lies in MariaDB, for several nodes."""
    return engine.dialect.name != "sqlite"


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a truth that may be in use to a new file, mode 0600. Raises `OSError` or `sqlite3.Error`."""
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(source)) as whole, closing(sqlite3.connect(target)) as copy:
        whole.backup(copy)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the truth; nothing that happens meanwhile shows in it. Raises `DatabaseAway`."""
    with _in_words(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: committed at the end, undone by any error, one at a time.

    Raises `Refused` when another writer doesn't end in time, `DatabaseAway` when nothing can be written.
    """
    with migrating(engine) as connection:
        if is_shared(engine):  # what is read after this lock is what the writer before us left
            with _in_words(engine):
                connection.execute(text("SELECT version_num FROM alembic_version FOR UPDATE"))
        yield connection


def repeated(use_case: Callable[P, Value]) -> Callable[P, Value]:
    """A use case of one transaction, done again when another server of the cluster was faster; at last `Refused`."""

    @functools.wraps(use_case)
    def tried(*values: P.args, **named: P.kwargs) -> Value:
        for attempt in range(1, TRIES):
            try:
                return use_case(*values, **named)
            except Overtaken:
                time.sleep(random.uniform(0, min(1.0, 0.05 * 2**attempt)))
        return use_case(*values, **named)

    return tried


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write before there are tables; MariaDB commits after each change of a table."""
    target = engine.get_execution_options().get(_WRITER, engine)
    with (
        _in_words(engine),
        target.connect().execution_options(**{_WRITES: True}) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def _in_words(engine: Engine) -> Iterator[None]:
    """Say in a sentence what a database says by numbers."""
    try:
        yield
    except DBAPIError as error:
        servers = str(engine.get_execution_options().get(_SERVERS, ""))
        if refused := _refused(error.orig, servers, error.statement or ""):
            raise refused from error
        raise


def _refused(error: BaseException | None, servers: str, statement: str) -> Refused | None:
    busy = Busy("truth", "somebody else is changing this system just now; try again.")
    if not servers:
        moved = "no such table: change" in str(error)  # by `node add`, a moment ago
        return busy if isinstance(error, sqlite3.OperationalError) and ("locked" in str(error) or moved) else None
    number = error.args[0] if error is not None and error.args else 0
    overtaken = number in _OVERTAKEN or (number == _TAKEN and "INTO `change`" in statement)  # its sequence number
    if overtaken or number in _BUSY:
        return Overtaken(busy.field, busy.sentence) if overtaken else busy
    if number in _NO_MAJORITY:
        return DatabaseAway(
            "database",
            f"most of its servers ({servers}) are away; calls and registrations go on as they are, and nothing can be"
            " changed until they are back. If they are gone for good: `carillon node alone`.",
        )
    if number in _GONE:
        return DatabaseAway(
            "database",
            f"none of its servers ({servers}) answers; calls go on as they are, and nothing can be changed meanwhile.",
        )
    if number in _DENIED:
        return DatabaseAway("database", f"we aren't let in at {servers} ({error}); mend user, password or name.")
    return None


def _prepare(connection: SqliteConnection, _record: object) -> None:
    """Set up a new SQLite connection; transactions are begun by `_begin`, not by the driver."""
    connection.isolation_level = None
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin(connection: Connection) -> None:
    """Take SQLite's write lock at once when rows will be written: checks made before must still hold then."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
