"""What is kept for a full disk, given up there, and said of it; the disk itself is made of words here."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections import namedtuple
from pathlib import Path

import pymysql
import pytest
from sqlalchemy import Engine, text
from tests.supervision.test_replay import ALICE, DESK

from carillon.cli import app
from carillon.follower import mending
from carillon.model.refused import Refused
from carillon.stores import reserve
from carillon.stores.registrationjournal import RegistrationJournal, newest
from carillon.stores.sql import cluster
from carillon.stores.sql.database import Database
from carillon.stores.sql.engine import open_sqlite, reading, writing
from carillon.supervision.disks import FULL, judged
from carillon.system.paths import SystemPaths

Usage = namedtuple("Usage", "total used free")
GIGABYTE = 1 << 30


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every disk has so many bytes left as stand in the list."""
    left = [GIGABYTE]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(GIGABYTE, GIGABYTE - left[0], left[0]))
    return left


def reserved(directory: Path) -> int:
    """Bytes that are laid by."""
    return (directory / "reserve").stat().st_size


def test_room_is_kept_and_given_up_piece_by_piece(tmp_path: Path, disk: list[int]) -> None:
    reserve.keep(tmp_path)
    assert reserved(tmp_path) == reserve.SIZE
    reserve.require(tmp_path)
    assert reserved(tmp_path) == reserve.SIZE  # there is room
    disk[0] = 0
    reserve.require(tmp_path)
    assert reserved(tmp_path) == reserve.SIZE - reserve.PIECE
    reserve.keep(tmp_path)
    assert reserved(tmp_path) == reserve.SIZE - reserve.PIECE  # none to spare
    assert [reserve.release(tmp_path) for _ in range(8)] == [True] * 7 + [False]
    disk[0] = GIGABYTE
    reserve.keep(tmp_path)
    assert reserved(tmp_path) == reserve.SIZE


def test_none_is_kept_where_there_is_little(tmp_path: Path, disk: list[int]) -> None:
    disk[0] = reserve.PLENTY - 1
    reserve.keep(tmp_path)
    assert not (tmp_path / "reserve").exists()
    assert not reserve.release(tmp_path)


def test_a_registration_is_written_into_the_room_that_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "journal").mkdir()
    reserve.keep(tmp_path)
    write = os.write

    def on_a_full_disk(descriptor: int, data: bytes) -> int:
        if (tmp_path / "reserve").stat().st_size == reserve.SIZE:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", on_a_full_disk)
    RegistrationJournal(tmp_path / "journal").write(1, ALICE, [DESK])
    assert newest(tmp_path / "journal") == {ALICE: (DESK,)}


def test_without_any_room_the_registrar_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "journal").mkdir()
    monkeypatch.setattr(os, "write", lambda *_: 3)  # a part of the line
    with pytest.raises(OSError, match="only a part"):
        RegistrationJournal(tmp_path / "journal").write(1, ALICE, [DESK])


@pytest.mark.parametrize(
    ("free", "size", "says"),
    [
        (FULL - 1, 100 * GIGABYTE, "the disk is full: calls go on; "),
        (FULL, 10 * GIGABYTE, "the disk is nearly full"),
        (GIGABYTE - 1, 100 * GIGABYTE, "the disk is nearly full"),
        (GIGABYTE, 100 * GIGABYTE, ""),
        (FULL, FULL * 2, ""),
    ],
)
def test_what_is_said_of_a_disk(free: int, size: int, says: str) -> None:
    found = judged(Path("/srv/phones"), free, size)
    assert (found.problem if found else "")[: len(says) or None] == says
    assert (found is not None and found.is_full) == (free < FULL)


def grows_too_large(truth: Engine) -> None:
    """Two rows are written, and the second one has no room."""
    with writing(truth) as connection:
        connection.execute(text("INSERT INTO things VALUES ('first')"))
        connection.execute(text("PRAGMA max_page_count = 2"))
        connection.execute(text("INSERT INTO things VALUES (zeroblob(100000))"))


def test_a_truth_that_cannot_grow_refuses_in_a_sentence_and_is_read(tmp_path: Path) -> None:
    truth = open_sqlite(tmp_path / "carillon.db")
    with writing(truth) as connection:
        connection.execute(text("CREATE TABLE things (name TEXT)"))
    with pytest.raises(Refused, match=r"^disk: it is full: nothing was changed\. Make room"):
        grows_too_large(truth)
    with reading(truth) as connection:
        assert connection.execute(text("SELECT count(*) FROM things")).scalar() == 0


def test_a_truth_is_read_where_what_connections_share_has_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file beside it, of 32 KB, is made by the first who opens it."""
    truth = open_sqlite(tmp_path / "carillon.db")
    with writing(truth) as connection:
        connection.execute(text("CREATE TABLE things (name TEXT)"))
    connect = sqlite3.connect

    class WithoutRoom(sqlite3.Connection):
        alone = False

        def execute(self, statement: str, *values: object) -> sqlite3.Cursor:  # type: ignore[override]
            self.alone = self.alone or statement == "PRAGMA locking_mode=EXCLUSIVE"
            if statement == "PRAGMA journal_mode=WAL" and not self.alone:
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
                raise error
            return super().execute(statement, *values)  # type: ignore[arg-type]

    monkeypatch.setattr(sqlite3, "connect", lambda *values, **named: connect(*values, **named, factory=WithoutRoom))
    with reading(truth) as connection:
        assert connection.execute(text("SELECT count(*) FROM things")).scalar() == 0


def test_a_command_that_finds_no_room_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def finds_none(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/srv/phones/config")

    monkeypatch.setattr(app, "app", finds_none)
    assert app.main(["status"]) == 1
    assert capsys.readouterr().err == (
        "disk: the one that holds /srv/phones/config is full; make room (`carillon status` says where) and try again.\n"
    )


@pytest.fixture
def member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SystemPaths:
    """A node that has a member of the cluster."""
    monkeypatch.setattr("carillon.system.paths.LASTING_ROOT", tmp_path / "lasting")
    paths = SystemPaths.of(tmp_path)
    paths.own_database.mkdir(parents=True)
    Database(("10.0.0.1:3306",), "a", "b", socket="/nowhere").write(paths.database)
    return paths


@pytest.mark.parametrize(
    ("state", "free", "again"),
    [
        ("Inconsistent", GIGABYTE, True),
        ("Inconsistent", FULL - 1, False),
        ("Synced", GIGABYTE, False),
        ("", GIGABYTE, False),
    ],
)
def test_a_member_that_has_left_comes_back_when_there_is_room(
    member: SystemPaths, disk: list[int], monkeypatch: pytest.MonkeyPatch, state: str, free: int, again: bool
) -> None:
    started, disk[0] = [], free
    monkeypatch.setattr(cluster, "cluster_status", lambda _: {"wsrep_local_state_comment": state})
    assert mending.mend(member, lambda _, name: started.append(name)) is again
    assert started == ["database"] * again


def test_a_member_that_does_not_answer_is_left_to_the_watchdog(
    member: SystemPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_: Database) -> dict[str, str]:
        raise pymysql.OperationalError(2003, "gone")

    monkeypatch.setattr(cluster, "cluster_status", silent)
    assert not mending.mend(member)
