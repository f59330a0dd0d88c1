"""CSeq and version of subscriptions never fall back, however the presence server ends."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from carillon.supervision.location import fit_for_watchers
from carillon.supervision.raisecseq import AT_LEAST, BEGAN, PER_SECOND, raise_numbers

COLUMNS = (
    *("callid", "expires", "local_cseq", "version", "status", "reason", "remote_cseq", "contact", "record_route"),
    *("watcher_username", "watcher_domain"),
)
INSERT = "INSERT INTO active_watchers VALUES (" + ", ".join("?" * len(COLUMNS)) + ")"  # noqa: S608
NOW = BEGAN + 30_000_000.0


@pytest.fixture
def subscriptions(tmp_path: Path) -> Path:
    """A file with a subscription that lasts, and one that has ended."""
    path = tmp_path / "presence.db"
    with closing(sqlite3.connect(path)) as store, store:
        store.execute(f"CREATE TABLE active_watchers ({', '.join(COLUMNS)})")
        for callid, expires, number in (("a", NOW + 60, 7), ("b", NOW - 60, 3)):
            told = {"callid": callid, "expires": expires, "local_cseq": number, "version": number, "remote_cseq": 1}
            store.execute(INSERT, [told.get(column) for column in COLUMNS])
        fit_for_watchers(store)
    return path


def numbers(path: Path) -> list[tuple[str, int, int]]:
    """What is kept."""
    with closing(sqlite3.connect(path)) as store:
        return store.execute("SELECT callid, local_cseq, version FROM active_watchers").fetchall()


def test_numbers_are_raised_past_all_that_was_sent_since_they_were_written(subscriptions: Path) -> None:
    assert raise_numbers(subscriptions, NOW) == 1
    least = int((NOW - BEGAN) * PER_SECOND)
    assert numbers(subscriptions) == [("a", least, least)]


def test_two_crashes_in_a_moment_raise_them_twice(subscriptions: Path) -> None:
    raise_numbers(subscriptions, NOW)
    (before,) = numbers(subscriptions)
    raise_numbers(subscriptions, NOW)
    assert numbers(subscriptions) == [("a", before[1] + AT_LEAST, before[2] + AT_LEAST)]


def engine_writes(path: Path, number: int, expires: float = NOW + 60) -> None:
    """What the engine does behind a NOTIFY with this number."""
    with closing(sqlite3.connect(path)) as store, store:
        store.execute(
            "UPDATE active_watchers SET local_cseq = ?, version = ?, expires = ?, remote_cseq = 1 WHERE callid = 'a'",
            (number, number, expires),
        )


def test_a_number_is_written_before_the_next_start_would_not_pass_it(subscriptions: Path) -> None:
    raise_numbers(subscriptions, BEGAN)
    (_, kept, _), told = numbers(subscriptions)[0], 0
    for told in range(kept + 1, kept + 3 * AT_LEAST):
        engine_writes(subscriptions, told)
        assert numbers(subscriptions)[0][1] + AT_LEAST > told
    raise_numbers(subscriptions, BEGAN)
    assert min(numbers(subscriptions)[0][1:]) > told


def test_a_number_alone_is_not_worth_writing(subscriptions: Path) -> None:
    engine_writes(subscriptions, 8)
    assert numbers(subscriptions)[0] == ("a", 7, 7)


def test_what_a_phone_has_said_anew_is_written_with_its_number(subscriptions: Path) -> None:
    engine_writes(subscriptions, 8, NOW + 3600)
    assert numbers(subscriptions)[0] == ("a", 8, 8)
    with closing(sqlite3.connect(subscriptions)) as store:
        assert store.execute("SELECT expires FROM active_watchers WHERE callid = 'a'").fetchone() == (NOW + 3600,)
