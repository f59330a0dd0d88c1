"""How often a command of a change asks the server that writes: a node far away waits that often for its link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymysql
import pytest
from tests.truth.mariadb import Server

from carillon.provisioning import users
from carillon.provisioning.system import create_system, open_truth
from carillon.stores.sql import database as databases
from carillon.system.paths import SystemPaths

pytestmark = pytest.mark.engines

FAR = "192.0.2.10:3306"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server.running() as server:
        yield server


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[Any, list[str]]:
    """What each connection asks of its server."""
    asked: dict[Any, list[str]] = {}
    asks = pymysql.connections.Connection._execute_command

    def noted(connection: Any, command: int, sql: str | bytes) -> None:
        asked.setdefault(connection, []).append(sql if isinstance(sql, str) else sql.decode())
        asks(connection, command, sql)

    monkeypatch.setattr(pymysql.connections.Connection, "_execute_command", noted)
    return asked


def test_a_change_asks_the_server_that_writes_a_few_times_only(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[Any, list[str]]
) -> None:
    """With a server of its own, which is asked what need not be asked far away."""
    own = server.new()
    monkeypatch.setattr(databases, "place_of", lambda host: {"unix_socket": own.socket, "far": host})
    (tmp_path / "node").mkdir()
    replace(own, hosts=(FAR,)).write(tmp_path / "node" / "database.json")
    paths = SystemPaths.of(tmp_path / "node")
    create_system(paths.directory, "example.org", "192.0.2.10")
    users.add(open_truth(paths), "tests", "101", "Alice")
    asked.clear()

    users.set(open_truth(paths), "tests", "101", name="Carol")

    (writer,) = (said for said in asked.values() if any("FOR UPDATE" in one for one in said))
    assert [one.split(maxsplit=1)[0] for one in writer] == [
        *("SET", "SHOW", "SHOW"),  # the session, and whether it takes changes; a member of a cluster is asked once
        *("SET", "ROLLBACK"),  # what the library does with each connection
        "SELECT",  # the lock
        *("SELECT", "SELECT", "SELECT", "SELECT", "UPDATE"),  # whose extension it is, the person before and after
        *("SELECT", "INSERT", "COMMIT"),  # the journal
    ]
