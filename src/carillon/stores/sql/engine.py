"""Opening the truth, and the two kinds of transactions on it."""

from __future__ import annotations

import functools
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from carillon.model.refused import Refused
from carillon.stores.private import private
from carillon.stores.sql.database import Database, open_mariadb

P = ParamSpec("P")
Value = TypeVar("Value")
Row = tuple[object, ...]

BUSY_SECONDS = 10
"""How long a writer waits for another one before it is refused."""

_WRITES = "carillon_writes"
_WRITER = "carillon_writer"
JOURNALLED = "carillon_journalled"
"""Under this a transaction's connection notes its newest row of the journal: sequence, at, who."""

_SERVERS = "carillon_servers"

_GONE = {2002, 2003, 2006, 2013, 1040, 1053, 1927}
"""Errors of MariaDB and its client: it isn't there, or not any more."""
_NO_MAJORITY = {1047}
_BUSY = {1205}
"""A lock wasn't free in time."""
_OVERTAKEN = {1213, 1180}
"""Another server of the cluster was faster (certification)."""
_TAKEN = 1062
SETTLED_S = 15.0
"""So long after a member has died the others have long agreed on who is left, and say what was committed."""
AGAIN_S = 0.3
TRIES = 8
_NO_ROOM = {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"}
"""What SQLite says on a disk that is full."""
_DISK_FULL = {1021, 1026, 1114}
"""What MariaDB says then: no room, an error at writing, a table that can't grow."""
_ROOM = "Make room there (`carillon status` says where) and try again; calls go on."
_UNSURE = (
    "went away while this was written, and none of its servers says whether it was; `carillon change list` shows it"
    " when they are back, if it was done."
)
_UNDONE = "a server went away before the change was done: nothing was changed; try again."
_DENIED = {1044, 1045, 1049, 1698}
_CHANGING = "somebody else is changing this system just now; try again."
_AWAY = (
    (
        _NO_MAJORITY,
        "most of its servers ({servers}) are away; calls and registrations go on as they are, and nothing can be"
        " changed until they are back. If they are gone for good: `carillon node alone`.",
    ),
    (
        _GONE,
        "none of its servers ({servers}) answers; calls go on as they are, and nothing can be changed meanwhile.",
    ),
    (_DENIED, "we aren't let in at {servers} ({error}); mend user, password or name."),
)


class Busy(Refused):
    """Somebody else is changing the truth at this moment, or a member of the cluster is just going or coming."""


class Overtaken(Busy):
    """Another server of the cluster was faster: nothing of this transaction was done, and it may be tried again."""


class DatabaseAway(Refused):
    """The database of a system with several nodes can't be reached, or takes nothing just now."""


class AtMains(DatabaseAway):
    """This machine is a satellite: what is set, is set on the mains."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A transaction that is open already, given to a use case in place of an engine: it is committed with the rest."""

    connection: Connection


def open_sqlite(path: Path) -> Engine:
    """The engine of a truth in a file, which is made, mode 0600, when it isn't there."""
    private(path)
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, poolclass=NullPool, creator=lambda: _connected(path))
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
    with closing(_connected(source)) as whole, closing(sqlite3.connect(target)) as copy:
        whole.backup(copy)


@contextmanager
def reading(engine: Engine | Joined) -> Iterator[Connection]:
    """One consistent view of the truth; nothing that happens meanwhile shows in it. Raises `DatabaseAway`."""
    if isinstance(engine, Joined):
        yield engine.connection
        return
    with _in_words(engine), _connected_to(engine, engine) as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine | Joined) -> Iterator[Connection]:
    """A transaction that writes: committed at the end, undone by any error, one at a time.

    Raises `Refused` when another writer doesn't end in time, `DatabaseAway` when nothing can be written. A shared truth
    whose server dies in the midst of committing is asked whether it was done: `Overtaken` when it wasn't.
    """
    if isinstance(engine, Joined):
        yield engine.connection
        return
    journalled = None
    try:
        with migrating(engine) as connection:
            _lock(engine, connection)
            yield connection
            journalled = connection.info.get(JOURNALLED) if is_shared(engine) else None
    except DatabaseAway:
        if journalled is None:
            raise
        _require_done(engine, journalled)
    if journalled:
        _patient_until[_servers(engine)] = time.monotonic() + SETTLED_S


def _lock(engine: Engine, connection: Connection) -> None:
    """Once nobody else writes: what is read after this is what the writer before us left."""
    if is_shared(engine):
        with _in_words(engine):
            _wait_for_writers(connection)


def _wait_for_writers(connection: Connection) -> None:
    connection.execute(text("SELECT version_num FROM alembic_version FOR UPDATE"))


def _require_done(engine: Engine, journalled: Row) -> None:
    """Ask whoever has the truth now whether this row of the journal is in it. Raises `Overtaken`, `DatabaseAway`."""
    deadline = time.monotonic() + SETTLED_S
    while True:
        try:
            with migrating(engine) as connection, _in_words(engine):
                _wait_for_writers(connection)
                query = text("SELECT sequence, at, who FROM `change` WHERE sequence = :sequence")
                row = connection.execute(query, {"sequence": journalled[0]}).first()
        except (DatabaseAway, Busy) as away:
            if time.monotonic() >= deadline:
                raise DatabaseAway("database", _UNSURE) from away
            time.sleep(AGAIN_S)
            continue
        if row is None or tuple(row) != journalled:
            raise Overtaken("database", _UNDONE)
        return


_patient_until: dict[str, float] = {}
"""Monotonic seconds, by the servers of a truth."""


def _servers(engine: Engine) -> str:
    return str(engine.get_execution_options().get(_SERVERS, ""))


def _connected_to(engine: Engine, target: Engine) -> Connection:
    """A connection; who has just changed this truth waits for servers that are about to agree who of them is left."""
    until = _patient_until.get(_servers(engine), 0.0)
    while True:
        try:
            return target.connect()
        except DBAPIError:
            if time.monotonic() >= until:
                raise
        time.sleep(AGAIN_S)


def repeated(use_case: Callable[P, Value]) -> Callable[P, Value]:
    """A use case of one transaction, done again when another server of the cluster was faster; at last `Refused`.

    As a part of a transaction of somebody else it is done once: it is for him to begin anew.
    """

    @functools.wraps(use_case)
    def tried(*values: P.args, **named: P.kwargs) -> Value:
        for attempt in range(1, 1 if values and isinstance(values[0], Joined) else TRIES):
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
        _connected_to(engine, target).execution_options(**{_WRITES: True}) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def _in_words(engine: Engine) -> Iterator[None]:
    """Say in a sentence what a database says by numbers."""
    try:
        yield
    except DBAPIError as error:
        servers = _servers(engine)
        if refused := _refused(error.orig, servers, error.statement or ""):
            raise refused from error
        raise


def _refused(error: BaseException | None, servers: str, statement: str) -> Refused | None:
    if not servers:
        return _refused_by_file(error)
    number = error.args[0] if error is not None and error.args else 0
    overtaken = number in _OVERTAKEN or (number == _TAKEN and "INTO `change`" in statement)  # its sequence number
    if overtaken or number in _BUSY:
        return (Overtaken if overtaken else Busy)("truth", _CHANGING)
    if number in _DISK_FULL:
        return Refused("database", f"the disk of one of its servers ({servers}) is full: nothing was changed. {_ROOM}")
    words = next((words for numbers, words in _AWAY if number in numbers), "")
    return DatabaseAway("database", words.format(servers=servers, error=error)) if words else None


def _refused_by_file(error: BaseException | None) -> Refused | None:
    if not isinstance(error, sqlite3.OperationalError):
        return None
    if error.sqlite_errorname in _NO_ROOM:
        return Refused("disk", f"it is full: nothing was changed. {_ROOM}")
    moved = "no such table: change" in str(error)  # by `node add`, a moment ago
    return Busy("truth", _CHANGING) if "locked" in str(error) or moved else None


def _connected(path: Path) -> SqliteConnection:
    """A new connection; transactions are begun by `_begin`, not by the driver.

    What connections share in WAL mode is a file. On a full disk it can't be made, and who reads goes without it, alone.
    """
    try:
        return _prepared(path)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname not in _NO_ROOM:
            raise
        return _prepared(path, "locking_mode=EXCLUSIVE")


def _prepared(path: Path, *first: str) -> SqliteConnection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        for setting in (*first, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {setting}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _begin(connection: Connection) -> None:
    """Take SQLite's write lock at once when rows will be written: checks made before must still hold then."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
