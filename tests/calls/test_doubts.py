"""What asking for everything brings to light: an event that was lost counts, one that was on its way does not."""

from __future__ import annotations

from tests.calls.test_book import HOME, call_up, fed, told

from carillon.calls.book import Book
from carillon.calls.doubts import PATIENCE_S, Doubts

ALICE, BOB = f"101@{HOME}", f"102@{HOME}"
UP = call_up("l1", "1.0", "1.1", "b1")
LISTED = [told("Status", "1.0", "l1", "101", bridge="b1"), told("Status", "1.1", "l1", "102", bridge="b1")]


def doubts_of(book: Book, listed: list[dict[str, str]]) -> Doubts:
    """After a list of everything at 100 s."""
    doubts = Doubts()
    doubts.about(book.differing(listed), 100.0)
    book.resync(listed)
    return doubts


def test_a_call_that_ended_unheard_was_a_lamp_too_many_for_both() -> None:
    book = Book()
    fed(book, UP)
    doubts = doubts_of(book, [])
    assert doubts.lost(100.0 + PATIENCE_S / 2) == 0
    assert doubts.lost(100.0 + PATIENCE_S) == 2
    assert doubts.lost(200.0) == 0, "each counts once"


def test_a_call_that_began_unheard_counts() -> None:
    assert doubts_of(Book(), LISTED).lost(110.0) == 2


def test_news_that_was_only_late_does_not_count() -> None:
    book = Book()
    fed(book, UP)
    doubts = doubts_of(book, [])
    doubts.explained([told("Hangup", "1.1", "l1", "102"), told("Hangup", "1.0", "l1", "101")])
    assert doubts.lost(110.0) == 0


def test_where_nothing_was_lost_there_is_no_doubt() -> None:
    book = Book()
    fed(book, UP)
    assert book.differing(LISTED) == {}
    assert book.resync(LISTED) == []


def test_who_is_held_away_from_a_bridge_once_was_in_one() -> None:
    """No list tells that; it says for sure whose phone has the call."""
    book = Book()
    fed(book, [*UP, told("BridgeLeave", "1.1", "l1", "102", bridge="b1")])
    held = [LISTED[0], told("Status", "1.1", "l1", "102")]
    assert book.differing(held) == {}
    book.resync(held)
    (call,) = book.calls.values()
    assert call.talking == {ALICE, BOB}
