"""What a clock that was set forward has ended on a node alone: found beside the file and in the journal."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.supervision.test_replay import ALICE, DESK, HOME, TABLE

from carillon.siblings.restoring import BEHIND_S, lost
from carillon.siblings.setclock import Registrations, Set, SetClock
from carillon.stores.ended import ended, keep_ended
from carillon.stores.registrationjournal import RegistrationJournal
from carillon.supervision.replay import replay

AHEAD_S = 600


@pytest.fixture
def places(tmp_path: Path) -> Registrations:
    """A system's files, which know nobody."""
    (tmp_path / "journal").mkdir()
    with closing(sqlite3.connect(tmp_path / "location.db")) as location:
        location.execute(TABLE)
        keep_ended(location)
        keep_ended(location)  # as at each start
    return Registrations(tmp_path / "location.db", tmp_path / "journal", tmp_path / "rpc", ("", 0), ("", 0))


def knows(places: Registrations, *bindings: object) -> None:
    """Kamailio has written what Alice has, and nothing is left of it in the journal."""
    RegistrationJournal(places.journal).write(1, ALICE, bindings)  # type: ignore[arg-type]
    replay(places.location.parent, 0)


def lets_go(places: Registrations, contact: str) -> None:
    """Kamailio removes a contact."""
    with closing(sqlite3.connect(places.location)) as location, location:
        location.execute("DELETE FROM location WHERE contact = ?", (contact,))


def test_what_ended_by_the_new_clock_is_found_with_what_it_had_left(places: Registrations) -> None:
    now = time.time()  # by which the clock was set forward a moment ago
    left = replace(DESK, expires=int(now) - AHEAD_S + 200, reg_id=0)
    knows(places, left, HOME)
    lets_go(places, left.contact)
    assert lost(places, Set(AHEAD_S, now - AHEAD_S, BEHIND_S)) == [
        (ALICE, replace(left, expires=left.expires + AHEAD_S))
    ]


def test_what_had_ended_before_or_was_taken_back_is_not(places: Registrations) -> None:
    now = time.time()
    over = replace(DESK, expires=int(now) - AHEAD_S - 5, reg_id=0)
    knows(places, over, replace(HOME, expires=int(now) + 100))
    lets_go(places, over.contact)
    lets_go(places, HOME.contact)
    assert lost(places, Set(AHEAD_S, now - AHEAD_S, BEHIND_S)) == []


def test_the_journal_knows_what_was_not_written_yet_and_what_was_taken_back_since(places: Registrations) -> None:
    now = time.time()
    left = replace(DESK, expires=int(now) - 10, reg_id=0)
    knows(places, left)
    lets_go(places, left.contact)
    journal = RegistrationJournal(places.journal, lambda: 5.0)
    journal.write(5, ALICE, [])
    journal.write(6, "102@example.org", [replace(HOME, expires=int(now) - 10)])
    journal.write(1, "103@example.org", [replace(HOME, expires=int(now) - 10)])  # long ago
    found = lost(places, Set(AHEAD_S, now - AHEAD_S, BEHIND_S + 4))
    assert [(aor, one.contact) for aor, one in found] == [("102@example.org", HOME.contact)]


def test_what_is_kept_is_forgotten_after_a_while(places: Registrations) -> None:
    knows(places, replace(DESK, expires=int(time.time()) - 1, reg_id=0))
    lets_go(places, DESK.contact)
    with closing(sqlite3.connect(places.location)) as location, location:
        location.execute("UPDATE ended SET at = at - 1")
    knows(places, replace(HOME, expires=int(time.time()) - 1))
    lets_go(places, HOME.contact)
    assert [one.contact for one in ended(places.location, 0)[ALICE]] == [HOME.contact]


def test_a_clock_that_was_set_is_noticed_once() -> None:
    wall, steady = [1000.0], [5.0]
    clock = SetClock(lambda: wall[0], lambda: steady[0])
    wall[0], steady[0] = 1001.0, 6.0
    assert clock.set_by() == 0
    wall[0], steady[0] = 1602.0, 7.0
    assert clock.set_by() == AHEAD_S
    assert clock.set_by() == 0
    wall[0] = 1002.0
    assert clock.set_by() == -AHEAD_S
