"""All that is said of people: whatever comes in which order, twice or late, the picture is what it must be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carillon.model.presence import PresenceState
from carillon.presence.aggregate import Said, Source
from carillon.presence.picture import UNKNOWN_PERSON, DialogState, Forwards, Line
from carillon.presence.spans import Span
from carillon.states.book import Book

NOW = 1_800_000_000.0
PEOPLE = ("101@example.org", "102@example.org")
EARLY, UP = (Line("x", state, False) for state in DialogState)
BOB = PEOPLE[1]

lines = st.sampled_from([(), (EARLY,), (UP,), (EARLY, UP)])
calls = st.dictionaries(st.sampled_from(PEOPLE), lines)
words = st.sampled_from([(), (Said(Source.PHONE, PresenceState.AWAY, NOW - 5),)])


def test_of_somebody_unknown_nothing_is_shown() -> None:
    picture, merged = Book().picture(BOB, NOW)
    assert (picture.state, picture.registered, picture.lines) == (PresenceState.DEFAULT, False, ())
    assert merged.said == ()
    assert UNKNOWN_PERSON.lines == ()


def nobody_but(book: Book, *aors: str, node: str = "") -> set[str]:
    """Nobody but these has a call there."""
    return book.calls(dict.fromkeys(book.people_in_calls(node) - set(aors), ()), NOW, node=node)


def test_a_call_that_only_rings_makes_nobody_busy() -> None:
    book = Book()
    book.calls({BOB: (EARLY,)}, NOW)
    assert book.picture(BOB, NOW)[0].state is PresenceState.DEFAULT
    book.calls({BOB: (UP,)}, NOW)
    assert book.picture(BOB, NOW)[0].state is PresenceState.BUSY


def test_calls_at_a_sibling_are_beside_those_here() -> None:
    book = Book()
    book.calls({BOB: (EARLY,)}, NOW)
    assert book.calls({BOB: (UP,)}, NOW, node="node2") == {BOB}
    assert book.picture(BOB, NOW)[0].lines == (EARLY, UP)
    assert book.picture(BOB, NOW)[0].state is PresenceState.BUSY
    nobody_but(book)
    assert book.picture(BOB, NOW)[0].lines == (UP,)
    assert nobody_but(book, node="node2") == {BOB}
    assert book.picture(BOB, NOW)[0].state is PresenceState.DEFAULT


def test_what_ends_is_drawn_anew_when_it_has_ended() -> None:
    book = Book()
    book.manual({BOB: (Said(Source.MANUAL, PresenceState.AWAY, NOW, until=NOW + 60),)})
    assert book.picture(BOB, NOW)[0].state is PresenceState.AWAY
    assert book.ended(NOW + 59) == set()
    assert book.ended(NOW + 60) == {BOB}
    assert book.picture(BOB, NOW + 60)[0].state is PresenceState.DEFAULT
    assert book.ended(NOW + 61) == set()


def test_an_event_is_drawn_when_it_begins_and_when_it_ends() -> None:
    book = Book()
    meeting = Span(NOW + 60, NOW + 120, PresenceState.BUSY, "Board", "work")
    assert book.calendars({BOB: (meeting,)}) == {BOB}
    assert book.picture(BOB, NOW)[0].state is PresenceState.DEFAULT
    assert book.ended(NOW + 59) == set()
    assert book.ended(NOW + 60) == {BOB}
    shown = book.picture(BOB, NOW + 60)[0]
    assert (shown.state, shown.note, shown.source, shown.until) == ("busy", "Board", "calendar", NOW + 120)
    assert book.ended(NOW + 119) == set()
    assert book.ended(NOW + 120) == {BOB}
    assert book.picture(BOB, NOW + 120)[0].state is PresenceState.DEFAULT


def test_a_meeting_in_a_vacation_does_not_end_it() -> None:
    book = Book()
    vacation = Span(NOW - 60, NOW + 600, PresenceState.VACATION, None, "own")
    book.calendars({BOB: (vacation, Span(NOW - 10, NOW + 60, PresenceState.BUSY, None, "work"))})
    assert book.picture(BOB, NOW)[0].state is PresenceState.VACATION
    book.manual({BOB: (Said(Source.MANUAL, PresenceState.AWAY, 0.0),)})
    assert book.picture(BOB, NOW)[0].state is PresenceState.AWAY


def test_after_everybodys_calls_were_told_nobody_else_has_any() -> None:
    book = Book()
    book.calls({BOB: (UP,)}, NOW)
    assert book.calls({PEOPLE[0]: (UP,)}, NOW) == {PEOPLE[0]}
    assert nobody_but(book, PEOPLE[0]) == {BOB}
    assert book.picture(BOB, NOW)[0].lines == ()


@given(st.lists(calls, max_size=6), calls, st.frozensets(st.sampled_from(PEOPLE)), words)
def test_whatever_was_told_before_the_last_word_counts(
    before: list[dict[str, tuple[Line, ...]]],
    last: dict[str, tuple[Line, ...]],
    registered: frozenset[str],
    said: tuple[Said, ...],
) -> None:
    long, short = Book(), Book()
    for each in before:
        long.calls(each, NOW)
        long.registered(each)
    for book in (long, short):
        book.calls(last, NOW)
        nobody_but(book, *last)
        book.registered(registered)
        book.published({BOB: said} if said else {})
    assert [long.picture(aor, NOW)[0] for aor in PEOPLE] == [short.picture(aor, NOW)[0] for aor in PEOPLE]


@given(calls)
def test_what_is_told_twice_touches_nobody(told: dict[str, tuple[Line, ...]]) -> None:
    book = Book()
    book.calls(told, NOW)
    assert book.calls(told, NOW) == set()


def test_whoever_forwards_is_known_and_drawn_anew_when_that_ends() -> None:
    book = Book()
    assert book.forwards({BOB: Forwards(always="103")}) == {BOB}
    assert book.people == {BOB}
    assert book.picture(BOB, NOW)[0].forwards == Forwards(always="103")
    assert book.forwards({}) == {BOB}
    assert book.picture(BOB, NOW)[0].forwards == Forwards()
