"""CSeq and version of subscriptions never fall back, however the presence server ends."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from carillon.supervision.raisecseq import AT_LEAST, BEGAN, PER_SECOND, raise_numbers

NOW = BEGAN + 30_000_000.0


@pytest.fixture
def subscriptions(tmp_path: Path) -> Path:
    """A file with a subscription that lasts, and one that has ended."""
    path = tmp_path / "presence.db"
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("CREATE TABLE active_watchers (callid TEXT, expires INT, local_cseq INT, version INT)")
        store.execute("INSERT INTO active_watchers VALUES ('a', ?, 7, 7), ('b', ?, 3, 3)", (NOW + 60, NOW - 60))
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
