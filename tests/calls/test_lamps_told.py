"""What the calls daemon tells of calls: once what became of everything that Asterisk said at one time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.calls.test_book import HOME, call_up, fed, told

from carillon.calls.book import Book
from carillon.calls.events import AllForNow
from carillon.calls.lamps import Lamps
from carillon.presence.picture import DialogState
from carillon.states.news import Ear

ALICE, BOB = f"101@{HOME}", f"102@{HOME}"


class Daemon:
    """The book and the listener, and who hears of it."""

    def __init__(self, place: Path) -> None:
        self.ear, self.book = Ear(place / "states"), Book()
        self.lamps = Lamps(self.book, place / "states")

    def hears(self, messages: list[dict[str, str]]) -> list[dict[str, list[DialogState]]]:
        """What is told of these events of Asterisk, which come together: a row for each datagram."""
        for event in (*fed(self.book, messages), AllForNow()):
            self.lamps.heard(event)
        heard = [news.calls or {} for news in self.ear.heard(0)]
        return [{aor: [line.state for line in lines] for aor, lines in calls.items()} for calls in heard]


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path)
    yield daemon
    daemon.ear.close()


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
