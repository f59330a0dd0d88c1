"""Members that were all stopped in the same second: one of them begins, and all agree which."""

from __future__ import annotations

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.supervision.test_memberstart import HISTORY, stopped

from carillon.confgen.tls.authority import ensure_authority, issue, keep
from carillon.model.node import Node
from carillon.siblings.settings import context_of
from carillon.supervision.membersagree import Seen, Waiting, agreed, asked, begins_first, telling
from carillon.supervision.memberstart import TOGETHER, waiting

A, B, C = "192.0.2.1:3306", "192.0.2.2:3306", "192.0.2.3:3306"


def one(place: str, sequence: int = 70, together: tuple[str, ...] = (A, B)) -> Waiting:
    return Waiting(place, HISTORY, sequence, together)


def begin(*members: Waiting) -> list[str | None]:
    """Who begins, as each of them says."""
    return [begins_first(each, {other.place: other for other in members if other is not each}) for each in members]


def test_the_furthest_begins() -> None:
    assert begin(one(A, 69), one(B)) == [B, B]


def test_of_equals_one_begins_and_all_say_the_same() -> None:
    assert begin(one(A), one(B)) == [A, A]
    everybody = (A, B, C)
    assert begin(*(one(each, 70, everybody) for each in everybody)) == [A, A, A]


def test_who_was_stopped_before_them_begins_nothing_though_nothing_was_changed_since() -> None:
    assert begin(one(A, 70, (A, B, C)), one(B, 70, (B, C)), one(C, 70, (B, C))) == [B, B, B]


def test_nobody_begins_while_one_is_missing_who_may_have_come_further() -> None:
    assert begin(one(A)) == [None]
    assert begin(one(A, 70, (A, B, C)), one(B, 70, (A, B, C))) == [None, None]


def test_data_of_another_cluster_are_nobodys() -> None:
    assert begin(one(A), replace(one(B), history="another")) == [None, None]


@pytest.mark.parametrize("seen", [Seen.UP, Seen.SILENT])
def test_who_is_up_or_waits_by_himself_is_joined(seen: Seen) -> None:
    assert not agreed(one(A), [B], lambda place: seen)


def test_a_stranger_that_is_silent_is_not_waited_for() -> None:
    assert agreed(one(A), [B, C], lambda place: one(B) if place == B else Seen.SILENT)


def test_who_was_together_is_read_from_what_the_cluster_said_last(tmp_path: Path) -> None:
    stopped(tmp_path, 70, last=False)
    assert waiting(tmp_path, A, [B, C]) == one(A, 70, (A, B, C)), "nobody knows: all are waited for"
    (tmp_path / TOGETHER).write_text(f"--primary yes --members a/one/{A},b/three/,c/two/{B}")
    assert waiting(tmp_path, A, [B, C]) == one(A)


@pytest.mark.parametrize(("sequence", "last"), [(-1, False), (70, True)])
def test_who_crashed_or_was_the_last_asks_nobody(tmp_path: Path, sequence: int, last: bool) -> None:
    stopped(tmp_path, sequence, last=last)
    assert waiting(tmp_path, A, [B]) is None
    assert waiting(tmp_path / "empty", A, [B]) is None
    assert waiting(tmp_path, A, []) is None


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The certificate of a node."""
    ensure_authority(tmp_path / "authority")
    keep(tmp_path / "authority", issue(tmp_path / "authority", Node("one", "e.test", "127.0.0.1")))
    return tmp_path / "authority"


@pytest.fixture
def client(keys: Path) -> ssl.SSLContext:
    return context_of(keys, server=False)


def free() -> str:
    """A place where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def test_they_tell_each_other(keys: Path, client: ssl.SSLContext) -> None:
    own = one(free())
    with telling(own, context_of(keys, server=True)):
        assert asked(own.place, client) == own
        assert asked(own.place, client) == own
    assert asked(own.place, client) is Seen.AWAY


def test_a_client_of_the_database_is_sent_away(keys: Path) -> None:
    own = one(free())
    host, _, port = own.place.partition(":")
    with telling(own, context_of(keys, server=True)), socket.create_connection((host, int(port))) as plain:
        assert plain.recv(1) == b""


def test_a_database_is_told_from_one_that_waits(client: ssl.SSLContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as pool:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        greeted = pool.submit(asked, place, client)
        with listener.accept()[0] as connection:
            connection.sendall(b"\x4e\x00\x00\x00\x0a5.5.5-10.11.6-MariaDB")
            assert greeted.result() is Seen.UP
        silent = pool.submit(asked, place, client)
        with listener.accept()[0]:
            assert silent.result() is Seen.SILENT
