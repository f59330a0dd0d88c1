"""What watching costs in reads and writes, and what one person may hold; no clock in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from carillon.presence.picture import UNKNOWN_PERSON
from carillon.stores.pictures import PictureReader, PictureWriter
from carillon.stores.published import Published
from carillon.stores.watchers import MOST_HELD, Watchers

BOB = "102@example.org"
ALICE = ("101", "example.org")


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that SQLite is asked from now on, by their first words."""
    asked: list[str] = []
    connect = sqlite3.connect

    def traced(*arguments: object, **options: object) -> sqlite3.Connection:
        connection = connect(*arguments, **options)  # type: ignore[call-overload]
        connection.set_trace_callback(lambda text: asked.append(text.split()[0]))
        return connection  # type: ignore[no-any-return]

    monkeypatch.setattr(sqlite3, "connect", traced)
    return asked


@pytest.fixture
def subscriptions(tmp_path: Path) -> Path:
    """A file with the columns of the engine's tables that are asked."""
    path = tmp_path / "presence.db"
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("CREATE TABLE active_watchers (watcher_username TEXT, watcher_domain TEXT)")
        columns = "presentity_uri, watcher_username, watcher_domain, event, status, reason, inserted_time"
        store.execute(f"CREATE TABLE watchers ({columns})")
    return path


def test_a_notify_costs_one_read(tmp_path: Path, statements: list[str]) -> None:
    writer, reader = PictureWriter(tmp_path / "pictures.db"), PictureReader(tmp_path / "pictures.db")
    writer.write({BOB: UNKNOWN_PERSON}, [])
    reader.picture(BOB)
    statements.clear()
    reader.picture(BOB)
    assert statements == ["SELECT"]


def test_a_change_is_one_transaction_however_many_watch(tmp_path: Path, statements: list[str]) -> None:
    writer = PictureWriter(tmp_path / "pictures.db")
    statements.clear()
    writer.write({BOB: UNKNOWN_PERSON}, [])
    assert statements == ["BEGIN", "INSERT", "COMMIT"]


def test_a_publication_costs_one_read_in_one_transaction(tmp_path: Path, statements: list[str]) -> None:
    published = Published(tmp_path / "published.db")
    assert published.of(BOB) == ()
    statements.clear()
    with published.changing(BOB) as change:
        change.stored()
    assert [each for each in statements if each in ("SELECT", "INSERT", "DELETE")] == ["SELECT"]
    assert (statements.count("BEGIN"), statements.count("COMMIT")) == (1, 1)


def test_nobody_holds_any_number_of_subscriptions(subscriptions: Path) -> None:
    watchers = Watchers(subscriptions)
    with closing(sqlite3.connect(subscriptions)) as store, store:
        store.executemany("INSERT INTO active_watchers VALUES (?, ?)", [ALICE] * (MOST_HELD - 1))
    assert not watchers.has_enough(ALICE)
    with closing(sqlite3.connect(subscriptions)) as store, store:
        store.execute("INSERT INTO active_watchers VALUES (?, ?)", ALICE)
    assert watchers.has_enough(ALICE)
    assert not watchers.has_enough(("103", "example.org"))


def test_a_new_watcher_costs_two_reads_and_a_known_one_writes_nothing(
    subscriptions: Path, statements: list[str]
) -> None:
    watchers = Watchers(subscriptions)
    watchers.allow(f"sip:{BOB}", ALICE, "presence")
    statements.clear()
    assert not watchers.has_enough(ALICE)
    watchers.allow(f"sip:{BOB}", ALICE, "presence")
    assert statements == ["SELECT", "SELECT"]
