"""This node's own MariaDB: installed, laid out for its start, and run for a moment without the supervisor."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from carillon.confgen.apply import own
from carillon.confgen.database.target import PROGRAM
from carillon.confgen.tls.authority import AUTHORITY, CERTIFICATE, KEY
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.stores.sql.database import Database
from carillon.stores.sql.engine import open_database, reading
from carillon.system.paths import SERVICE_USER, SystemPaths

USER, SCHEMA = "carillon", "carillon"
PATIENCE_S = 60.0
_INSTALL = ("mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db")
_GUEST = ("setpriv", f"--reuid={SERVICE_USER}", f"--regid={SERVICE_USER}", "--clear-groups", "--")


def require_installed() -> None:
    """Raise `Refused` unless MariaDB can be started here."""
    if not PROGRAM.exists() or shutil.which(_INSTALL[0]) is None:
        raise Refused(
            "database",
            "nodes share a MariaDB, which isn't installed here; `sh setup/install.sh nodes` does it.",
        )


def install(paths: SystemPaths, node: Node) -> Database:
    """Make an empty database of this node's own, and how it is reached. Raises `Refused`."""
    require_installed()
    if paths.own_database.exists():
        aside = paths.own_database.with_name(f"database-until-{time.strftime('%Y%m%dT%H%M%S')}")
        paths.own_database.rename(aside)
    own(paths.own_database)
    paths.own_database.chmod(0o700)
    command = [*_GUEST, *_INSTALL, f"--datadir={paths.own_database}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(paths.own_database)
        raise Refused("database", f"couldn't be made: {(done.stderr or done.stdout).strip()[-500:]}")
    return database_of(paths, (f"{host_of(node)}:{node.database_port}",), secrets.token_urlsafe(24), own_server=True)


def database_of(paths: SystemPaths, hosts: tuple[str, ...], password: str, *, own_server: bool) -> Database:
    """How a node of this system reaches the database at `hosts`."""
    socket = str(paths.run_database / "socket") if own_server else None
    cluster = paths.cluster
    files = [str(cluster / name) for name in (AUTHORITY, CERTIFICATE, KEY)]
    return Database(hosts, USER, password, SCHEMA, socket, *files)


def host_of(node: Node) -> str:
    """A node's address, as it stands before a port."""
    return f"[{node.address}]" if ":" in node.address else node.address


def lay_secrets(paths: SystemPaths, database: Database) -> None:
    """Put beside MariaDB's file what it needs and others may not read. Raises `OSError`."""
    own(paths.run_database)
    for name in (AUTHORITY, CERTIFICATE, KEY):
        _write(paths.run_database / name, (paths.cluster / name).read_text())
    _write(paths.run_database / "init.sql", _init(database))


def _init(database: Database) -> str:
    """On one line each: MariaDB reads the file so. Others than this node must show a certificate."""
    if not database.password.replace("-", "").replace("_", "").isalnum():
        raise Refused("database", "its password may hold letters, digits, - and _ only.")
    here, there = (f"'{database.user}'@'{place}'" for place in ("localhost", "%"))
    return "".join(
        f"{statement};\n"
        for statement in (
            f"CREATE DATABASE IF NOT EXISTS {database.name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            f"CREATE USER IF NOT EXISTS {here} IDENTIFIED BY '{database.password}'",
            f"ALTER USER {here} IDENTIFIED BY '{database.password}'",
            f"CREATE USER IF NOT EXISTS {there} IDENTIFIED BY '{database.password}' REQUIRE X509",
            f"ALTER USER {there} IDENTIFIED BY '{database.password}' REQUIRE X509",
            f"GRANT ALL ON {database.name}.* TO {here}",
            f"GRANT ALL ON {database.name}.* TO {there}",
            "DROP USER IF EXISTS 'root'@'localhost', ''@'localhost'",
        )
    )


@contextmanager
def running(paths: SystemPaths, database: Database) -> Iterator[None]:
    """Run this node's own MariaDB for its socket alone, where no supervisor runs it yet. Raises `Refused`."""
    paths.run_root.mkdir(mode=0o755, parents=True, exist_ok=True)
    own(paths.run)
    lay_secrets(paths, database)
    run = paths.run_database
    command = [*_GUEST, str(PROGRAM), "--no-defaults", f"--datadir={paths.own_database}", "--skip-networking"]
    command += [f"--socket={run / 'socket'}", f"--pid-file={run / 'pid'}", f"--tmpdir={run}", "--skip-log-bin"]
    command += [f"--init-file={run / 'init.sql'}", "--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin"]
    log = run / "first.log"
    with log.open("wb") as said:
        server = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        _await(server, database, log)
        yield
    finally:
        server.terminate()
        server.wait()


@contextmanager
def at_hand(paths: SystemPaths) -> Iterator[None]:
    """Have this node's own MariaDB answer, if it has one: its start reads and migrates the truth before it is up."""
    if not paths.own_database.exists() or not paths.database.exists():
        yield
        return
    database = Database.read(paths.database)
    if answers(replace(database, hosts=())):
        yield
        return
    with running(paths, database):
        yield


def _await(server: subprocess.Popen[bytes], database: Database, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not answers(replace(database, hosts=())):
        if server.poll() is not None or time.monotonic() > deadline:
            last = log.read_text(errors="replace").strip().splitlines()[-5:]
            raise Refused("database", "didn't start; its last words:\n    " + "\n    ".join(last))
        time.sleep(0.1)


def answers(database: Database) -> bool:
    """Whether it takes statements, at this node's socket or elsewhere."""
    try:
        with reading(open_database(database)):
            return True
    except Refused:
        return False


def _write(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
        os.fchown(opened.fileno(), pwd.getpwnam(SERVICE_USER).pw_uid, -1)
