"""What the lamp of a ring group shows of Asterisk's channels, and by which addresses it is watched."""

from __future__ import annotations

from tests.calls.test_book import HOME, dialled, fed, told

from carillon.calls.ami import Message
from carillon.calls.book import Book
from carillon.calls.lamps import group_line_of, line_of
from carillon.calls.livecall import LiveCall
from carillon.presence.picture import DialogState, Line
from carillon.states.news import News, as_watched

SALES = f"*sales@{HOME}"
NUMBERS = {SALES: (f"200@{HOME}", f"+3225550200@{HOME}")}


def member(event: str, id: str, party: str, state: str = "Ringing") -> Message:
    """An event about the phone of a member that the group rings."""
    return {**told(event, id, "l1", party, state), "Variable GROUP": "sales", "Variable PICKUPMARK": f"call-{party}"}


def rung(*parties: str) -> Book:
    """Alice calls the group, and these are rung."""
    book = Book()
    caller = {**told("", "1.0", "l1", "101", "Ring"), "Variable GROUP": "sales"}
    for place, party in enumerate(parties, 1):
        fed(book, [dialled("l1", caller, member("", f"1.{place}", party, "Down"))])
        fed(book, [member("Newstate", f"1.{place}", party)])
    return book


def call(book: Book) -> LiveCall:
    """The one call."""
    (one,) = book.calls.values()
    return one


def shown(book: Book) -> Line | None:
    """What the group's lamp shows of it."""
    return group_line_of(call(book), SALES)


def test_it_blinks_while_the_group_rings_and_names_a_dialog_that_does() -> None:
    line = shown(rung("102", "103"))
    assert line is not None
    assert (line.state, line.calling, line.other) == (DialogState.EARLY, False, f"101@{HOME}")
    assert line.call_id in {"call-102", "call-103"}


def test_it_shines_while_a_member_talks_and_goes_out_with_him() -> None:
    book = rung("102", "103")
    fed(book, [member("Newstate", "1.2", "103", "Up"), member("Hangup", "1.1", "102")])
    line = shown(book)
    assert line is not None
    assert (line.state, line.call_id) == (DialogState.CONFIRMED, "call-103")
    fed(book, [member("Hangup", "1.2", "103", "Up")])
    assert call(book).groups == frozenset()
    assert shown(book) is None


def test_between_two_members_in_turn_nothing_rings() -> None:
    book = rung("102")
    fed(book, [member("Hangup", "1.1", "102")])
    assert shown(book) is None, "the caller alone is nobody's ringing phone"


def test_a_call_of_a_member_himself_is_not_the_groups() -> None:
    book = Book()
    fed(book, [told("Newstate", "1.0", "l1", "102"), told("Newstate", "1.1", "l1", "103", "Ringing")])
    assert call(book).groups == frozenset()
    assert line_of(call(book), f"102@{HOME}") is not None


def test_a_group_is_watched_by_each_of_its_numbers_and_not_without_one() -> None:
    line = (Line("x", DialogState.EARLY, calling=False),)
    news = News(calls={SALES: line, f"102@{HOME}": line, f"*other@{HOME}": line}, nobody_else=("", ""), again=True)
    watched = as_watched(news, NUMBERS)
    assert watched.calls == dict.fromkeys((f"200@{HOME}", f"+3225550200@{HOME}", f"102@{HOME}"), line)
    assert watched.again


def test_the_calls_of_a_group_are_ended_by_what_is_told_of_the_group_alone() -> None:
    """Its numbers are elsewhere in the order of addresses, where nothing is told of the group."""
    line = (Line("x", DialogState.EARLY, calling=False),)
    numbers, there, gone = set(NUMBERS[SALES]), {SALES: line}, "0" + SALES[1:]
    of_groups = as_watched(News(calls=there, nobody_else=("", "+"), again=True), NUMBERS)
    of_people = as_watched(News(calls={}, nobody_else=("+", ""), again=True), NUMBERS)
    for news in (of_groups, of_people):
        assert not news.ended(numbers)
    assert of_people.ended({*numbers, gone}) == {gone}
    assert as_watched(News(calls={}, nobody_else=("", "+"), again=True), NUMBERS).ended({*numbers, gone}) == numbers
    assert of_people.ended({f"299@{HOME}"}) == {f"299@{HOME}"}, "a number that the group has no more is somebody's own"
