"""What the calls daemon tells of calls: once what became of everything that Asterisk said at one time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.calls.test_book import HOME, call_up, fed, told

from carillon.calls.book import Book
from carillon.calls.events import AllForNow
from carillon.calls.lamps import GATHER_S, Lamps
from carillon.presence.picture import DialogState
from carillon.states.news import Ear

ALICE, BOB = f"101@{HOME}", f"102@{HOME}"


Told = list[dict[str, list[DialogState]]]
"""A row for each datagram."""


class Daemon:
    """The book and the listener, and who hears of it; the clock stands unless it is turned."""

    def __init__(self, place: Path) -> None:
        self.place, self.book, self.now_s = place, Book(), 100.0
        self.ear, self.siblings = Ear(place / "states"), Ear(place / "siblings")
        self.lamps = Lamps(self.book, place / "states", place / "siblings", lambda: self.now_s)

    def hears(self, messages: list[dict[str, str]]) -> Told:
        """What `states` is told of these events of Asterisk, which come together."""
        for event in (*fed(self.book, messages), AllForNow()):
            self.lamps.heard(event)
        return _said(self.ear)

    def siblings_hear(self) -> Told:
        """What was told for them since the last time."""
        return _said(self.siblings)


def _said(ear: Ear) -> Told:
    heard = [news.calls or {} for news in ear.heard(0)]
    return [{aor: [line.state for line in lines] for aor, lines in calls.items()} for calls in heard]


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path)
    yield daemon
    daemon.ear.close()
    daemon.siblings.close()


def test_a_call_that_is_up_at_once_is_told_once(daemon: Daemon) -> None:
    up = [DialogState.CONFIRMED]
    assert daemon.hears(call_up("l1", "1.0", "1.1", "b")) == [{ALICE: up, BOB: up}]


def test_each_step_that_comes_for_itself_is_told(daemon: Daemon) -> None:
    begins, rings, *answers = call_up("l1", "1.0", "1.1", "b")
    early, up = [DialogState.EARLY], [DialogState.CONFIRMED]
    assert daemon.hears([begins]) == [{ALICE: early, BOB: []}]
    assert daemon.hears([rings]) == [{ALICE: early, BOB: early}]
    assert daemon.hears(list(answers)) == [{ALICE: up, BOB: up}]
    ends = [told("Hangup", id, "l1", who) for id, who in (("1.1", "102"), ("1.0", "101"))]
    assert daemon.hears(ends) == [{ALICE: [], BOB: []}]


def test_nothing_is_told_of_nothing(daemon: Daemon) -> None:
    assert daemon.hears([]) == []


def test_siblings_hear_the_first_thing_at_once_and_what_comes_within_a_moment_together(daemon: Daemon) -> None:
    """Waking them up costs every node more than what is said; a tenth of a second later no lamp is too late."""
    begins, rings, *answers = call_up("l1", "1.0", "1.1", "b")
    early, up = [DialogState.EARLY], [DialogState.CONFIRMED]
    daemon.hears([begins])
    assert daemon.siblings_hear() == [{ALICE: early, BOB: []}]
    daemon.hears([rings])
    daemon.hears(list(answers))
    assert daemon.siblings_hear() == []
    daemon.now_s += GATHER_S
    assert daemon.hears([]) == []
    assert daemon.siblings_hear() == [{ALICE: up, BOB: up}]


def test_siblings_hear_nothing_of_nothing(daemon: Daemon) -> None:
    daemon.hears([])
    daemon.now_s += GATHER_S
    daemon.hears([])
    assert daemon.siblings_hear() == []


def test_siblings_who_did_not_hear_are_told_everything_by_the_next_tick(daemon: Daemon) -> None:
    daemon.book.resync(())
    daemon.siblings.close()
    daemon.hears(call_up("l1", "1.0", "1.1", "b"))
    daemon.siblings = Ear(daemon.place / "siblings")
    daemon.lamps.tick(0.0)
    up = [DialogState.CONFIRMED]
    assert daemon.siblings_hear() == [{ALICE: up, BOB: up}]
