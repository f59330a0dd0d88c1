"""What Asterisk's events mean: whatever order they come in, and whichever are lost, the book ends up true."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from carillon.calls.ami import Message
from carillon.calls.book import Book
from carillon.calls.events import CallBegan, CallChanged, CallEnded, CallEvent, PersonBusy, PersonFree

HOME = "example.org"


def told(event: str, id: str, leg: str, party: str, state: str = "Up", bridge: str = "", via: str = "") -> Message:
    """An event about one channel."""
    called_by = f"101@{HOME}"
    return {
        "Event": event,
        "Uniqueid": id,
        "Channel": f"PJSIP/proxy-{id}",
        "ChannelStateDesc": state,
        "Variable LEG": leg,
        "Variable PARTY": f"{party}@{HOME}",
        "Variable CALLER": called_by,
        "Variable CALLED": f"102@{HOME}",
        "Variable VIA": via,
        "BridgeUniqueid": bridge,
    }


def dialled(leg: str, one: Message, other: Message) -> Message:
    """The event that joins the two."""
    names = {"Uniqueid": "DestUniqueid", "Channel": "DestChannel", "ChannelStateDesc": "DestChannelStateDesc"}
    theirs = {names.get(key, key.replace("Variable", "DestVariable")): value for key, value in other.items()}
    theirs = {key: value for key, value in theirs.items() if key.startswith("Dest")}
    return {**one, **theirs, "Event": "DialBegin"}


def call_up(leg: str, a: str, b: str, bridge: str, alice: str = "101", bob: str = "102") -> list[Message]:
    """All events of a call that comes up."""
    begin = dialled(leg, told("", a, leg, alice, "Ring"), told("", b, leg, bob, "Down"))
    return [
        begin,
        told("Newstate", b, leg, bob, "Ringing"),
        told("Newstate", b, leg, bob),
        told("Newstate", a, leg, alice),
        told("BridgeEnter", b, leg, bob, bridge=bridge),
        told("BridgeEnter", a, leg, alice, bridge=bridge),
    ]


def fed(book: Book, messages: Iterable[Message]) -> list[CallEvent]:
    return [event for message in messages for event in book.feed(message)]


def people(book: Book) -> dict[str, set[str]]:
    return {leg: {aor.partition("@")[0] for aor in call.people} for leg, call in book.calls.items()}


def test_a_call_is_one_whatever_its_channels() -> None:
    book = Book()
    events = fed(book, call_up("l1", "1.0", "1.1", "b1"))
    assert people(book) == {"l1": {"101", "102"}}
    assert [type(event) for event in events if not isinstance(event, CallChanged)] == [
        CallBegan, PersonBusy, PersonBusy
    ]  # fmt: skip
    assert [event.call.state for event in events if isinstance(event, CallChanged)][:2] == ["ringing", "up"]
    events = fed(book, [told("Hangup", "1.1", "l1", "102"), told("Hangup", "1.0", "l1", "101")])
    assert not book.calls
    assert [event for event in events if isinstance(event, PersonFree)] == [
        PersonFree(f"102@{HOME}"), PersonFree(f"101@{HOME}")
    ]  # fmt: skip
    assert isinstance(events[-2], CallEnded)


def test_two_calls_that_are_joined_become_one_and_who_left_is_free() -> None:
    book = Book()
    fed(book, call_up("l1", "1.0", "1.1", "b1"))
    fed(book, call_up("l2", "2.0", "2.1", "b2", alice="102", bob="103"))
    assert len(book.calls_of(f"102@{HOME}")) == 2
    events = fed(book, [
        told("BridgeLeave", "2.1", "l2", "103", bridge="b2"),
        told("BridgeEnter", "2.1", "l2", "103", bridge="b1"),
        told("Hangup", "1.1", "l1", "102"),
        told("Hangup", "2.0", "l2", "102"),
    ])  # fmt: skip
    assert people(book) == {"l1": {"101", "103"}}
    assert PersonFree(f"102@{HOME}") in events
    assert not any(isinstance(event, PersonFree) and event.aor != f"102@{HOME}" for event in events)
    assert book.call_with("l2") == book.call_with("l1") is not None


def test_who_is_sent_to_somebody_else_has_a_new_call() -> None:
    book = Book()
    fed(book, call_up("l1", "1.0", "1.1", "b1"))
    fed(book, [
        told("BridgeLeave", "1.0", "l1", "101", bridge="b1"),
        told("Hangup", "1.1", "l1", "102"),
        dialled("l3", told("", "1.0", "l3", "101"), told("", "1.2", "l3", "103", "Down")),
    ])  # fmt: skip
    assert people(book) == {"l3": {"101", "103"}}
    assert not book.calls_of(f"102@{HOME}")


def test_a_trunk_and_a_service_are_nobody() -> None:
    book = Book()
    fed(book, [told("Newstate", "1.0", "l1", "101"), told("Newstate", "1.1", "l1", "+3225551234", via="trunk:t@d")])
    fed(book, [told("Newstate", "1.2", "l1", "102", via="service")])
    (call,) = book.calls.values()
    assert (call.people, call.trunks) == ({f"101@{HOME}"}, {"t@d"})


def test_late_news_of_a_channel_that_has_ended_is_not_believed() -> None:
    book = Book()
    messages = call_up("l1", "1.0", "1.1", "b1")
    fed(book, [*messages, told("Hangup", "1.1", "l1", "102"), told("Hangup", "1.0", "l1", "101"), *messages])
    assert not book.calls


@pytest.mark.parametrize("seed", range(200))
def test_shuffled_and_lost_news_is_made_good_by_asking_for_everything(seed: int) -> None:
    """The events tell the same story as the books before and after, whatever came through."""
    dice = random.Random(seed)
    book = Book()
    story = [*call_up("l1", "1.0", "1.1", "b1"), *call_up("l2", "2.0", "2.1", "b2", "102", "103")]
    story += [told("BridgeEnter", "2.1", "l2", "103", bridge="b1"), told("Hangup", "1.1", "l1", "102")]
    heard = [message for message in story if dice.random() < 0.8]
    dice.shuffle(heard)
    events = fed(book, heard)
    left = [told("Status", "1.0", "l1", "101", bridge="b1"), told("Status", "2.1", "l2", "103", bridge="b1")]
    events += book.resync(left)
    assert people(book) == {"l1": {"101", "103"}}
    assert replayed(events) == ({"l1"}, {f"101@{HOME}", f"103@{HOME}"})
    events += book.resync([])
    assert replayed(events) == (set(), set())
    assert not book.calls_of(f"101@{HOME}")


def replayed(events: Iterable[CallEvent]) -> tuple[set[str], set[str]]:
    """Which calls there are and who is busy, for somebody who knows the events only."""
    calls: set[str] = set()
    busy: set[str] = set()
    for event in events:
        match event:
            case CallBegan(call):
                assert call.leg not in calls
                calls.add(call.leg)
            case CallChanged(before, call):
                assert before.leg == call.leg in calls
            case CallEnded(call):
                calls.remove(call.leg)
            case PersonBusy(aor):
                assert aor not in busy
                busy.add(aor)
            case PersonFree(aor):
                busy.remove(aor)
    return calls, busy
