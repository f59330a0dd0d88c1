"""A server of the truth dies while it commits: who changed something learns whether it was done."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.truth.mariadb import Server

from carillon.provisioning import changes, users
from carillon.provisioning.system import create_system, open_truth
from carillon.stores.sql import engine as engines
from carillon.stores.sql.engine import DatabaseAway
from carillon.system.paths import SystemPaths

pytestmark = pytest.mark.engines

COMMIT = b"\x03COMMIT"


class Wire:
    """Between a command and the server. At the next COMMIT it breaks: before the server hears of it, or after."""

    def __init__(self, place: Path, server: Path) -> None:
        self._server = server
        self.breaks, self.is_whole = "", True
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(place))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take nobody any more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if not self.is_whole:
                    near.close()
                    continue
                threading.Thread(target=self._asks, args=(near,), daemon=True).start()

    def _asks(self, near: socket.socket) -> None:
        with near, socket.socket(socket.AF_UNIX) as far, suppress(OSError):
            far.connect(str(self._server))
            answers = threading.Thread(target=_passes, args=(far, near), daemon=True)
            answers.start()
            while said := near.recv(65536):
                if self.breaks and COMMIT in said:
                    self._break(near, far, said)
                    break
                far.sendall(said)
            far.shutdown(socket.SHUT_WR)
            answers.join()

    def _break(self, near: socket.socket, far: socket.socket, said: bytes) -> None:
        how, self.breaks = self.breaks, ""
        self.is_whole = how != "for good"
        near.shutdown(socket.SHUT_RDWR)
        if how != "before":
            far.sendall(said)


def _passes(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while said := source.recv(65536):
            target.sendall(said)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server.running() as one:
        yield one


@contextmanager
def office(server: Server, home: Path) -> Iterator[tuple[Engine, Wire]]:
    """A system whose truth is reached by a wire."""
    paths = SystemPaths.of(home / "office")
    paths.directory.mkdir()
    wire = Wire(home / "wire", server.socket)
    replace(server.new(), socket=str(home / "wire")).write(paths.database)
    create_system(paths.directory, "example.org", "127.0.0.1")
    yield open_truth(paths), wire
    wire.close()


def names(truth: Engine) -> list[str]:
    return [each.name for each in users.listing(truth)]


@pytest.mark.parametrize("breaks", ["before", "after"])
def test_who_was_added_is_added_once_and_said_so(server: Server, tmp_path: Path, breaks: str) -> None:
    with office(server, tmp_path) as (truth, wire):
        wire.breaks = breaks
        users.add(truth, "me", "101", "Alice")
        assert wire.breaks == ""
        assert names(truth) == ["Alice"]
        assert len(changes.listing(truth, noun="user")) == 1


def test_while_nobody_can_say_it_that_is_said(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "SETTLED_S", 0.5)
    with office(server, tmp_path) as (truth, wire):
        wire.breaks = "for good"
        with pytest.raises(DatabaseAway, match="none of its servers says whether it was; `carillon change list`"):
            users.add(truth, "me", "101", "Alice")
        wire.is_whole = True
        assert names(truth) == ["Alice"]
