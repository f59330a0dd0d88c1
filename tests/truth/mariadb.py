"""A MariaDB server of the tests' own, on a unix socket and a loopback port, without Debian's service."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pymysql

from carillon.stores.sql.database import Database
from carillon.stores.sql.migrate import HEAD
from carillon.stores.sql.tables import metadata

PATIENCE_S = 30.0
SERVER = "/usr/sbin/mariadbd"
INSTALL = ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]
SMALL = [
    *("--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0"),
    *("--skip-log-bin", "--performance-schema=OFF", "--skip-name-resolve", "--skip-networking", "--user=root"),
]


class Server:
    """A running server; databases are made in it one for each test."""

    def __init__(self, home: Path) -> None:
        self.socket = home / "s"
        self._home = home
        self._empty: list[Database] = []
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[Server]:
        """A server from an empty directory, ended and removed at the end."""
        memory = Path("/dev/shm")
        with tempfile.TemporaryDirectory(
            prefix="carillon-db-", dir=memory if os.access(memory, os.W_OK) else None
        ) as name:
            data = Path(name) / "data"
            options = [f"--datadir={data}", f"--tmpdir={name}", "--user=root"]
            subprocess.run([*INSTALL, *options], check=True, stdout=subprocess.DEVNULL)
            server = cls(Path(name))
            server.starts()
            try:
                yield server
            finally:
                server.dies()

    def starts(self) -> None:
        """Start it, and wait until it answers."""
        home = self._home
        command = [SERVER, "--no-defaults", f"--datadir={home / 'data'}", f"--socket={self.socket}", *SMALL]
        command += [f"--pid-file={home / 'pid'}", f"--tmpdir={home}"]
        with (home / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            ended = self._process.poll() is not None or time.monotonic() > deadline
            assert not ended, (home / "log").read_text()[-2000:]
            time.sleep(0.05)

    def dies(self) -> None:
        """Kill it as a power cut would."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def hangs(self, stopped: bool = True) -> None:
        """Let it stand still, or go on."""
        assert self._process
        self._process.send_signal(19 if stopped else 18)

    def new(self) -> Database:
        """An empty database, and a user for it."""
        if self._empty:
            return self._empty.pop()
        name = f"t{secrets.token_hex(6)}"
        self.sql(
            f"CREATE DATABASE {name}",
            f"CREATE USER {name}@localhost IDENTIFIED BY 'secret'",
            f"GRANT ALL ON {name}.* TO {name}@localhost",
        )
        return Database((), name, "secret", name, str(self.socket))

    def gives_back(self, database: Database) -> None:
        """Empty what `new` has made for the next test, since migrations take longer than tests."""
        version = self.sql(f"SELECT version_num FROM {database.name}.alembic_version")  # noqa: S608 - our own name
        if version != ((HEAD,),):
            self.sql(f"DROP DATABASE {database.name}", f"DROP USER {database.user}@localhost")
            return
        for name, table in metadata.tables.items():
            emptied = f"DELETE FROM {database.name}.`{name}`"  # noqa: S608 - our own names
            numbered = [f"ALTER TABLE {database.name}.`{name}` AUTO_INCREMENT = 1"] if "id" in table.c else []
            self.sql("SET foreign_key_checks = 0", emptied, *numbered)
        self._empty.append(database)

    def sql(self, *statements: str) -> Any:
        """Run statements as the server's root; gives the rows of the last."""
        with closing(self._connected()) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()
            return cursor.fetchall()

    def _answers(self) -> bool:
        with closing(socket.socket(socket.AF_UNIX)) as asking:  # the client leaves one open that isn't answered
            if asking.connect_ex(str(self.socket)):
                return False
        self._connected().close()
        return True

    def _connected(self) -> Any:
        return pymysql.connect(unix_socket=str(self.socket), user="root", connect_timeout=2, ssl_disabled=True)
