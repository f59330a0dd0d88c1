"""A system of each test's own, and the command line as people type it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.truth.terminal import Terminal

from carillon.provisioning.system import create_system, open_truth
from carillon.stores.directory import DirectoryReader
from carillon.system.paths import SystemPaths


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SystemPaths:
    """A new system with the domain example.org, which doesn't run."""
    monkeypatch.setattr(SystemPaths, "of", lambda directory: SystemPaths(directory.resolve(), tmp_path / "run"))
    of = SystemPaths.of(tmp_path / "office")
    create_system(of.directory, "example.org", "127.0.0.1")
    return of


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
