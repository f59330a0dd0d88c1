"""A call as the lamps of its people show it."""

from __future__ import annotations

from tests.calls.test_book import HOME, dialled, fed, told

from carillon.calls.book import Book
from carillon.calls.lamps import line_of


def test_a_persons_other_phone_is_not_who_calls_him() -> None:
    book = Book()
    alice = told("", "1.0", "l1", "101", "Ring")
    phones = ("1.1", "1.2")
    fed(book, (dialled("l1", alice, told("", phone, "l1", "102", "Down")) for phone in phones))
    fed(book, (told("Newstate", phone, "l1", "102", "Ringing") for phone in phones))
    (call,) = book.calls.values()
    line = line_of(call, f"102@{HOME}")
    assert line is not None
    assert line.other == f"101@{HOME}"
