"""Where the truth lies when several nodes share it: MariaDB, as `DIR/database.json` says."""

from __future__ import annotations

import functools
import json
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from carillon.model.host import Address
from carillon.model.refused import Refused

if TYPE_CHECKING:
    import ssl

PORT = 3306
CONNECT_SECONDS = 2
"""A node that is gone doesn't answer at all: the next one is asked after this."""
ANSWER_SECONDS = 30
CUT_SECONDS = 8
"""When nothing is acknowledged for so long, not even that somebody is there, the link is cut."""
WRITER_BUSY_SECONDS = 10
SILENT_SECONDS = 10.0
"""A server that didn't answer is asked last for so long: each try costs `CONNECT_SECONDS`."""
NO_MAJORITY = 1047
"""MariaDB's error of a server that is in a cluster, and not with most of it."""

_SESSION = (
    "SET SESSION sql_mode='STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',"
    f" innodb_lock_wait_timeout={WRITER_BUSY_SECONDS}, lock_wait_timeout={ANSWER_SECONDS},"
    " tx_isolation='REPEATABLE-READ', wsrep_sync_wait=1, autocommit=0"
)
"""In one statement, since the server may be far: each would be a round trip.

`wsrep_sync_wait`: who reads on one node of a cluster sees what was written on another one just before."""


@dataclass(frozen=True, slots=True)
class Database:
    """How to reach the database. Hosts are HOST or HOST:PORT, in the order in which they are written to.

    All nodes have the same order, so that all write to the same server while it is there: two that write to different
    servers of a cluster at once would be told so at the end only. `socket` is this node's own server, for reading.
    The files of TLS are all there, or none.
    """

    hosts: tuple[str, ...]
    user: str
    password: str
    name: str = "carillon"
    socket: str | None = None
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None

    def __post_init__(self) -> None:
        if not self.hosts and not self.socket:
            raise Refused("hosts", "name the database servers, as HOST or HOST:PORT.")
        for host in self.hosts:
            Address.parse(host, PORT)
        if len({self.ca is None, self.certificate is None, self.key is None}) > 1:
            raise Refused("ca", "encryption needs `ca`, `certificate` and `key`; write all three, or none.")

    @property
    def servers(self) -> str:
        """Its servers, as people read them."""
        return ", ".join(self.hosts) or str(self.socket)

    @classmethod
    def read(cls, file: Path) -> Database:
        """What a file says. Raises `Refused`."""
        try:
            text = file.read_text()
        except OSError as error:
            raise Refused("database", f"{file} can't be read ({error.strerror}); run this as root.") from error
        try:
            said = json.loads(text)
            known = {**said, "hosts": tuple(said.get("hosts", ()))}
            if not all(value is None or isinstance(value, str) for name, value in said.items() if name != "hosts"):
                raise TypeError("every value but `hosts` is text")
            return cls(**known)
        except Refused as refused:
            raise Refused("database", f"{file}, {refused.field}: {refused.sentence}") from refused
        except (ValueError, TypeError, AttributeError) as error:
            raise Refused("database", f"{file} isn't understood ({error}); see docs/nodes.md.") from error

    def write(self, file: Path) -> None:
        """Write it to a file, mode 0600, at once or not at all."""
        fresh = file.with_name(f".{file.name}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            json.dump({name: value for name, value in asdict(self).items() if value is not None}, opened, indent=2)
        fresh.replace(file)


def open_mariadb(database: Database) -> tuple[Engine, Engine]:
    """An engine that reads, from the own server when there is one, and one that writes. Connects to nothing yet."""
    own: tuple[dict[str, Any], ...] = ({"unix_socket": database.socket},) if database.socket else ()
    hosts = tuple(place_of(host) for host in database.hosts)
    reader, writer = _engine(database, (*own, *hosts)), _engine(database, (*hosts, *own))
    if own and hosts:
        _learn_from(reader, writer)
    return reader, writer


def _learn_from(near: Engine, far: Engine) -> None:
    """What the library asks each server first, of its version and its modes, is asked of the one that is here."""
    asks = far.dialect.initialize

    def initialize(connection: Connection) -> None:
        try:
            with near.connect() as here:
                asks(here)
        except DBAPIError:
            asks(connection)

    far.dialect.initialize = initialize  # type: ignore[method-assign]


def place_of(host: str) -> dict[str, Any]:
    """Host and port of a server."""
    address = Address.parse(host, PORT)
    return {"host": address.host, "port": address.port}


def _engine(database: Database, places: tuple[dict[str, Any], ...]) -> Engine:
    # not mariadb+pymysql: tables say `mysql_charset`, which only a dialect of this name heeds
    # no reset on return: each connection is used once, and its end undoes what was not committed
    options: dict[str, Any] = {"poolclass": NullPool, "pool_reset_on_return": None}
    return create_engine("mysql+pymysql://", creator=_connector(database, places), **options)


def _connector(database: Database, places: tuple[dict[str, Any], ...]) -> Callable[[], Any]:
    """Connects to the first of these places that is there and takes statements.

    Raises what the last one said; that there is no majority, if one of them said so.
    """

    def connect() -> Any:
        said: list[Exception] = []
        for place in sorted(places, key=_is_silent):
            began = time.monotonic()
            try:
                return _connected(database, place)
            except _errors() as error:
                said.append(error)
                if time.monotonic() - began >= CONNECT_SECONDS:
                    _silent_until[str(place)] = time.monotonic() + SILENT_SECONDS
        raise next((error for error in said if error.args[:1] == (NO_MAJORITY,)), said[-1])

    return connect


_silent_until: dict[str, float] = {}
"""Monotonic seconds, by place."""


def _is_silent(place: Mapping[str, Any]) -> bool:
    return time.monotonic() < _silent_until.get(str(place), 0.0)


def cluster_status(database: Database) -> dict[str, str]:
    """What the first server that answers says of its cluster, also without a majority; {} when it is in none.

    Raises the client's errors.
    """
    connection = _reached(
        database, {"unix_socket": database.socket} if database.socket else place_of(database.hosts[0])
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW STATUS LIKE 'wsrep_%'")
            return dict(cursor.fetchall())
    finally:
        connection.close()


def _connected(database: Database, place: Mapping[str, Any]) -> Any:
    import pymysql

    connection = _reached(database, place)
    try:
        with connection.cursor() as cursor:
            if not _says(cursor, "STATUS LIKE 'wsrep_ready'") and _says(cursor, "VARIABLES LIKE 'wsrep_on'"):
                raise pymysql.OperationalError(NO_MAJORITY, "WSREP has not yet prepared node for application use")
    except pymysql.MySQLError:
        connection.close()
        raise
    return connection


def _says(cursor: Any, asked: str) -> bool:
    """Whether a server says ON. By SHOW, which a member that is without the others answers, too."""
    cursor.execute(f"SHOW {asked}")
    return bool(cursor.fetchone() == (asked.split("'")[1], "ON"))


def _reached(database: Database, place: Mapping[str, Any]) -> Any:
    import pymysql
    from pymysql.constants import CLIENT

    connection = pymysql.connect(
        defer_connect=True,
        host=place.get("host"),
        user=database.user,
        password=database.password,
        database=database.name,
        charset="utf8mb4",
        read_timeout=CONNECT_SECONDS,
        write_timeout=ANSWER_SECONDS,
        init_command=_SESSION,
        autocommit=None,
        client_flag=CLIENT.FOUND_ROWS,
        **_encryption(database, place),
    )
    connection.set_character_set = _is_in_the_greeting
    connection.connect(_called(place))
    connection._read_timeout = ANSWER_SECONDS  # a server that hangs takes connections, too: its greeting comes soon
    return connection


def _is_in_the_greeting(charset: str, collation: str | None = None) -> None:
    """The client says its character set with its name, and SQLAlchemy once more: a third time is a round trip."""


def _called(place: Mapping[str, Any]) -> socket.socket:
    """A connection to a place. Raises as the client would, and leaves no socket open then, as the client does."""
    import pymysql

    try:
        if "unix_socket" not in place:
            calling = socket.create_connection((place["host"], place["port"]), CONNECT_SECONDS)
            _quick_to_fail(calling)
            return calling
        calling = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            calling.settimeout(CONNECT_SECONDS)
            calling.connect(place["unix_socket"])
        except OSError:
            calling.close()
            raise
    except OSError as error:
        raise pymysql.OperationalError(2003, f"no connection: {error}") from error
    return calling


def _quick_to_fail(calling: socket.socket) -> None:
    """A link that is cut in the midst of a question ends it after CUT_SECONDS: a server may take longer to answer."""
    calling.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    calling.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    calling.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, CUT_SECONDS // 2)
    calling.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, CUT_SECONDS // 4)
    calling.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 2)
    calling.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, CUT_SECONDS * 1000)


def _errors() -> type[Exception]:
    import pymysql

    return pymysql.MySQLError  # type: ignore[no-any-return]


def _encryption(database: Database, place: Mapping[str, Any]) -> dict[str, Any]:
    """Without it, it is switched off: the client would read every authority of the machine at each connection."""
    if database.ca is None or "unix_socket" in place:
        return {"ssl_disabled": True}
    return {"ssl": _tls(database)}


@functools.cache
def _tls(database: Database) -> ssl.SSLContext:
    """Both sides show certificates of the system's authority; names don't matter, since nodes are known by address."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    assert database.ca is not None
    context.load_verify_locations(database.ca)
    context.load_cert_chain(str(database.certificate), database.key)
    return context
