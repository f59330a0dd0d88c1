"""This node's own MariaDB: installed, laid out for its start, and run for a moment without the supervisor."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import text

from carillon.confgen.apply import own
from carillon.confgen.database.target import PROGRAM, PROVIDER, place
from carillon.confgen.tls.authority import AUTHORITY, CERTIFICATE, KEY
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.stores.sql.database import Database
from carillon.stores.sql.engine import open_database, reading, writing
from carillon.supervision import memberstart
from carillon.system.paths import SERVICE_USER, SystemPaths

USER, SCHEMA = "carillon", "carillon"
COPYING = ("rsync", "stunnel")
"""By what a new member is sent everything."""
PATIENCE_S = 60.0
_INSTALL = ("mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db")
_ALONE = (
    *("--wsrep-on=ON", f"--wsrep-provider={PROVIDER}", "--binlog-format=ROW", "--innodb-autoinc-lock-mode=2"),
    *("--wsrep-cluster-address=gcomm://", "--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:0"),
)
_GUEST = ("setpriv", f"--reuid={SERVICE_USER}", f"--regid={SERVICE_USER}", "--clear-groups", "--")


def is_installed(*, member: bool) -> bool:
    """Whether MariaDB can be started here, as a `member` of a cluster too."""
    if not PROGRAM.exists() or shutil.which(_INSTALL[0]) is None:
        return False
    return not member or (PROVIDER.exists() and all(shutil.which(one) for one in COPYING))


def require_installed(*, member: bool = False) -> None:
    """Raise `Refused` unless MariaDB can be started here."""
    if not is_installed(member=member):
        raise Refused(
            "database",
            "nodes share a MariaDB, which isn't installed here; `sh setup/install.sh nodes` does it.",
        )


def install(paths: SystemPaths, node: Node) -> Database:
    """Make an empty database of this node's own, and how it is reached. Raises `Refused`."""
    require_installed()
    make_empty(paths)
    command = [*_GUEST, *_INSTALL, f"--datadir={paths.own_database}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(paths.own_database)
        raise Refused("database", f"couldn't be made: {(done.stderr or done.stdout).strip()[-500:]}")
    return database_of(paths, (place(node, node.database_port),), secrets.token_urlsafe(24), own_server=True)


def make_empty(paths: SystemPaths) -> None:
    """Make the directory of a database that has nothing yet; one of before is kept beside it."""
    if paths.own_database.exists():
        aside = paths.own_database.with_name(f"database-until-{time.strftime('%Y%m%dT%H%M%S')}")
        paths.own_database.rename(aside)
    own(paths.own_database)
    paths.own_database.chmod(0o700)


def follow_members(paths: SystemPaths, nodes: Iterable[Node]) -> bool:
    """Name the members of the cluster, in the order of their names, as servers of the database; whether it is news.

    Where nodes have no cluster, servers stay as somebody named them.
    """
    members = sorted((one for one in nodes if one.member), key=lambda one: one.name)
    hosts = tuple(place(one, one.database_port) for one in members)
    known = Database.read(paths.database)
    if not hosts or hosts == known.hosts:
        return False
    replace(known, hosts=hosts).write(paths.database)
    return True


def database_of(paths: SystemPaths, hosts: tuple[str, ...], password: str, *, own_server: bool) -> Database:
    """How a node of this system reaches the database at `hosts`."""
    socket = str(paths.run_database / "socket") if own_server else None
    cluster = paths.cluster
    files = [str(cluster / name) for name in (AUTHORITY, CERTIFICATE, KEY)]
    return Database(hosts, USER, password, SCHEMA, socket, *files)


def lay_secrets(paths: SystemPaths, database: Database, *, member: bool = False) -> None:
    """Put beside MariaDB's file what it needs and others may not read; what a member sets it sets for itself alone.

    Raises `OSError`.
    """
    own(paths.run_database)
    _lay_certificate(paths)
    _write(paths.run_database / "init.sql", ("SET SESSION wsrep_on = OFF;\n" if member else "") + _init(database))


def renew_certificate(paths: SystemPaths) -> None:
    """Have this node's MariaDB, if it runs, show what lies in the directory; connections stay. Raises `Refused`."""
    if not (paths.run_database / CERTIFICATE).exists():
        return
    _lay_certificate(paths)
    here = replace(Database.read(paths.database), hosts=())
    with reading(open_database(here)) as connection:
        connection.execute(text("FLUSH LOCAL SSL"))  # Galera's own connections, too


def _lay_certificate(paths: SystemPaths) -> None:
    for name in (AUTHORITY, CERTIFICATE, KEY):
        _write(paths.run_database / name, (paths.cluster / name).read_text())


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
            f"GRANT RELOAD ON *.* TO {here}",  # for its certificates
            "DROP USER IF EXISTS 'root'@'localhost', ''@'localhost'",
        )
    )


@contextmanager
def running(paths: SystemPaths, database: Database, *, member: bool = False) -> Iterator[None]:
    """Run this node's own MariaDB for its socket alone, where no supervisor runs it yet. Raises `Refused`.

    A `member` counts what it writes as others will count it who join it later.
    """
    paths.run_root.mkdir(mode=0o755, parents=True, exist_ok=True)
    own(paths.run)
    lay_secrets(paths, database, member=member)
    run = paths.run_database
    command = [*_GUEST, str(PROGRAM), "--no-defaults", f"--datadir={paths.own_database}", "--skip-networking"]
    command += [f"--socket={run / 'socket'}", f"--pid-file={run / 'pid'}", f"--tmpdir={run}", "--skip-log-bin"]
    command += [f"--init-file={run / 'init.sql'}", "--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin"]
    if member:
        command += _ALONE
        command += memberstart.options(paths.own_database, (), command)[0]
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
    """Have the truth answer where this node has a MariaDB: its start reads and migrates the truth before it is up.

    A member of a cluster runs for that only when it may begin the cluster; else the others answer, or nobody does.
    """
    if not paths.own_database.exists() or not paths.database.exists():
        yield
        return
    database, data = Database.read(paths.database), paths.own_database
    member = (data / memberstart.STATE).exists() or not (data / "mysql").exists()
    if answers(database if member else replace(database, hosts=())):
        yield
        return
    others = database.hosts if len(database.hosts) > 1 else ()
    if member and not memberstart.begins(data, others):
        yield
        return
    with running(paths, database, member=member):
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


def can_write(database: Database) -> bool:
    """Whether it takes changes."""
    try:
        with writing(open_database(database)):
            return True
    except Refused:
        return False


def _write(file: Path, content: str) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(content)
        os.fchown(opened.fileno(), pwd.getpwnam(SERVICE_USER).pw_uid, -1)
