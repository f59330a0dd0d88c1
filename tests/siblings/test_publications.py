"""What phones publish at one node is known at the others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from carillon.model.presence import PresenceState
from carillon.presence.compositor import Answer, Publication
from carillon.siblings.publications import PublicationBook, read, row
from carillon.states.book import Book
from carillon.states.news import Ear
from carillon.states.sources import by_phones
from carillon.stores.published import Published

BOB = "102@example.org"


def away(tag: str = "a", until: float = 600.0, note: str | None = "lunch") -> Publication:
    now = time.time()
    return Publication(tag, PresenceState.AWAY, note, now - 5, now + until)


class Office:
    """A node: what its phones publish, whom siblings are told of, and what its watchers see."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self.store, self.told, self.ear, self.shown = (
            Published(home / "published.db"),
            list[str](),
            Ear(home / "ear"),
            Book(),
        )
        self.book = PublicationBook(home / "published.db", home / "ear", self.told.append)

    def publishes(self, keep: Publication | None, forget: str = "") -> None:
        with self.store.changing(BOB) as change:
            change.put(Answer(200, "OK", (), forget, keep), time.time())
        self.book.round()

    def notes(self) -> list[str | None]:
        """What is said of Bob here, after all that was heard."""
        for news in self.ear.heard(0):
            if news.said is not None:
                self.shown.published_at(news.node, by_phones(news.said))
        picture, _ = self.shown.picture(BOB, time.time())
        return [picture.note] if picture.state is not PresenceState.DEFAULT else []


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[tuple[Office, Office]]:
    both = Office(tmp_path / "one"), Office(tmp_path / "two")
    yield both
    for each in both:
        each.ear.close()


def tells(one: Office, other: Office) -> None:
    """What the connection does with who was changed."""
    for aor in one.told:
        other.book.heard("one", *read(row(aor, one.book.own.get(aor, ()), time.time()), time.time()))
    one.told.clear()


def test_what_is_published_at_one_node_is_shown_at_the_other(offices: tuple[Office, Office]) -> None:
    one, two = offices
    one.publishes(away())
    tells(one, two)
    assert two.notes() == ["lunch"]
    one.publishes(None, forget="a")
    tells(one, two)
    assert two.notes() == []
    assert not two.shown.knows(BOB)


def test_it_is_told_once(offices: tuple[Office, Office]) -> None:
    one, _ = offices
    one.publishes(away())
    one.book.round()
    assert one.told == [BOB]


def test_all_is_read_only_when_something_has_changed_or_ended(
    offices: tuple[Office, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = offices
    reads, all_of_it = list[float](), Published.all
    monkeypatch.setattr(Published, "all", lambda store, now: reads.append(now) or all_of_it(store, now))
    one.publishes(away())
    for _ in range(3):
        one.book.round()
    assert len(reads) == 1
    ends = one.book.own[BOB][0].until
    monkeypatch.setattr(time, "time", lambda: ends + 1)
    one.book.round()
    assert (len(reads), one.book.own, one.told) == (2, {}, [BOB, BOB])


def test_what_has_ended_is_not_shown_although_nobody_says_so(offices: tuple[Office, Office]) -> None:
    """Its node may be cut off."""
    _, two = offices
    two.book.heard("one", BOB, (away(until=-1),))
    assert two.notes() == []
    two.book.round()
    two.notes()
    assert not two.shown.knows(BOB)


def test_all_that_a_sibling_says_takes_the_place_of_what_it_said(offices: tuple[Office, Office]) -> None:
    _, two = offices
    two.book.heard("one", BOB, (away(),))
    two.book.heard("three", BOB, (away("b", note="gym"),))
    two.book.heard_all("one", {})
    assert two.notes() == ["gym"]


def test_a_daemon_that_begins_is_told_again(offices: tuple[Office, Office]) -> None:
    _, two = offices
    two.book.heard("one", BOB, (away(),))
    list(two.ear.heard(0))  # by a daemon that has died since
    two.book.round()
    assert two.notes() == ["lunch"]


def test_clocks_need_not_agree() -> None:
    said = (Publication("a", PresenceState.AWAY, None, 1000.0, 1600.0),)
    assert read(row(BOB, said, 1100.0), 5000.0) == (BOB, (Publication("a", PresenceState.AWAY, None, 4900.0, 5500.0),))


@pytest.mark.parametrize(
    "told", [{}, {"person": BOB, "said": [["a", "nowhere", None, 1, 2]]}, {"person": BOB, "said": 5}]
)
def test_what_is_not_understood_is_refused(told: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        read(told, 0.0)
