"""A system of each test's own, and the command line as people type it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.truth.mariadb import Server
from tests.truth.terminal import Terminal

from carillon.provisioning.system import create_system, open_truth
from carillon.stores.directory import DirectoryReader
from carillon.system.paths import SystemPaths

on_sqlite = pytest.mark.parametrize("paths", ["sqlite"], indirect=True)
"""For tests of what only a truth in a file has."""


@pytest.fixture(scope="session")
def servers() -> Iterator[Callable[[], Server]]:
    """Gives the MariaDB server of this run, started when it is first wanted."""
    with ExitStack() as stack:
        yield functools.cache(lambda: stack.enter_context(Server.running()))


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.engines)])
def paths(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    servers: Callable[[], Server],
) -> Iterator[SystemPaths]:
    """A new system with the domain example.org, which doesn't run, on each kind of database."""
    monkeypatch.setattr(SystemPaths, "of", lambda directory: SystemPaths(directory.resolve(), tmp_path / "run"))
    of = SystemPaths.of(tmp_path / "office")
    with _database(of, servers) if request.param == "mariadb" else nullcontext():
        create_system(of.directory, "example.org", "127.0.0.1")
        yield of


@contextmanager
def _database(paths: SystemPaths, servers: Callable[[], Server]) -> Iterator[None]:
    database = servers().new()
    paths.directory.mkdir(parents=True)
    database.write(paths.database)
    yield
    servers().gives_back(database)


@pytest.fixture
def truth(paths: SystemPaths) -> Engine:
    """The truth of the system."""
    return open_truth(paths)


@pytest.fixture
def carillon(paths: SystemPaths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """The command line."""
    return Terminal(paths, monkeypatch, capsys)


@pytest.fixture
def worker(paths: SystemPaths, monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectoryReader]:
    """A worker of the running system: what it sees is in force. The directory belongs to whoever runs the test."""
    from carillon.provisioning import system

    monkeypatch.setattr(system, "_owner", os.geteuid)
    paths.run.mkdir(parents=True)
    assert system.put_in_force(paths)
    reader = DirectoryReader(paths.run_directory)
    reader.connect()
    yield reader
    reader.close()
