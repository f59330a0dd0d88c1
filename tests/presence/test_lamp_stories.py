"""From Asterisk's events to what a phone shows: events of several calls shuffled, doubled and lost, then reconciled.

All of it is the real code but the wires: the book of calls, what is told of them, the book of states, the documents.
The phone is one by RFC 4235 §4.1: an old version is thrown away, a full document is all there is.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from tests.calls.test_book import HOME, call_up, dialled, told
from tests.schemas.valid import faults

from carillon.calls.ami import Message
from carillon.calls.book import Book as CallBook
from carillon.calls.events import CallBegan, CallChanged, CallEnded
from carillon.calls.lamps import line_of
from carillon.presence import dialoginfo
from carillon.presence.picture import Picture
from carillon.routing.dialogs import LiveDialog
from carillon.states.book import Book as StateBook
from carillon.states.naming import Naming
from carillon.states.news import all_calls_again, calls_told, understood
from carillon.states.reconciling import Reconciler
from carillon.states.telling import Watchers
from carillon.states.watched import Audience

NOW = 1_800_000_000.0
PEOPLE = [f"{extension}@{HOME}" for extension in ("101", "102", "103")]
DIALOG = "{urn:ietf:params:xml:ns:dialog-info}"


@dataclass
class Lamp:
    """A phone's lamp for one person: the version it has seen, and the calls that it shows."""

    version: int = -1
    shows: dict[str, str] = field(default_factory=dict)
    documents: int = 0

    def reads(self, document: str) -> None:
        """A NOTIFY's body has come."""
        assert faults(document) == []
        root = ElementTree.fromstring(document)
        version, first = int(root.get("version", "")), self.version < 0
        assert version > self.version
        assert not first or root.get("state") == "full"
        calls = [(each.get("id", ""), each.findtext(f"{DIALOG}state", "")) for each in root.iter(f"{DIALOG}dialog")]
        assert len(dict(calls)) == len(calls), "no call is shown twice"
        kept = {} if root.get("state") == "full" else self.shows
        self.version, self.shows, self.documents = version, {**kept, **dict(calls)}, self.documents + 1


class Wire:
    """Everything between Asterisk's events and the lamps of three people. `loses` says which datagrams get lost."""

    def __init__(self, loses: Iterator[bool]) -> None:
        self.calls, self.states, self.reconciler = CallBook(), StateBook(), Reconciler({})
        self.lamps = {aor: Lamp() for aor in PEOPLE}
        self.repaired = 0
        self._watchers, self._loses = Watchers(lambda *_: {"up_since": 1}, Audience(lambda now: frozenset())), loses
        self._naming = Naming(lambda ids: {id: _note(id) for id in ids}, lambda _: "")
        self._known: dict[str, Picture] = {}
        for aor in PEOPLE:
            self._writes(aor)

    def hears(self, message: Message) -> None:
        """One of Asterisk's events, whose news may be lost on its way."""
        for event in self.calls.feed(message):
            match event:
                case CallBegan(call) | CallEnded(call):
                    self._tells({aor: self._lines(aor) for aor in call.people})
                case CallChanged(before, call):
                    self._tells({aor: self._lines(aor) for aor in before.people | call.people})

    def reconciles(self, channels: list[Message]) -> None:
        """Asterisk is asked for everything, and all of it is told again."""
        self.calls.resync(channels)
        people = {aor for call in self.calls.calls.values() for aor in call.people}
        for datagram in all_calls_again({aor: self._lines(aor) for aor in people}):  # type: ignore[misc]
            self._comes(datagram)

    def _lines(self, aor: str) -> tuple[object, ...]:
        return tuple(line for call in self.calls.calls_of(aor) if (line := line_of(call, aor)))

    def _tells(self, calls: dict[str, tuple[object, ...]]) -> None:
        if not next(self._loses):
            self._comes(calls_told(calls))  # type: ignore[arg-type]

    def _comes(self, datagram: bytes) -> None:
        news = understood(datagram)
        assert news is not None
        self.repaired += len(self.reconciler.wrong(news))
        touched = self.states.calls(self._naming.all_completed(news.calls or {}), NOW)
        touched |= self.states.calls(dict.fromkeys(news.ended(self.states.people_in_calls()), ()), NOW)
        for aor in sorted(touched):
            picture, _ = self.states.picture(aor, NOW)
            self._watchers.changed(aor, self._known.get(aor), picture)
            self._known[aor] = picture
        for aor, event in list(self._watchers.unwatched):
            if event == "dialog":
                self._writes(aor)
        self._watchers.unwatched.clear()

    def _writes(self, aor: str) -> None:
        """As the presence server does, when a NOTIFY leaves."""
        picture, lamp = self._known.get(aor, Picture()), self.lamps[aor]
        lamp.reads(dialoginfo.write(f"sip:{aor}", picture, lamp.version + 1))


def _note(call_id: str) -> LiveDialog:
    return LiveDialog(call_id, PEOPLE[1], "ours", phone_tags=("theirs",))


def shown(channels: list[Message], aor: str) -> dict[str, str]:
    """What a lamp must show, by the calls that are up and nothing else."""
    book = CallBook()
    book.resync(channels)
    lines = (line_of(call, aor) for call in book.calls_of(aor))
    return {line.id: str(line.state) for line in lines if line}


def never() -> Iterator[bool]:
    """Nothing is lost."""
    while True:
        yield False


STORY = [
    *call_up("l1", "1.0", "1.1", "b1"),
    *call_up("l2", "2.0", "2.1", "b2", "102", "103"),
    told("Hangup", "1.1", "l1", "102"),
    told("Hangup", "1.0", "l1", "101"),
    dialled("l3", told("", "3.0", "l3", "103", "Ring"), told("", "3.1", "l3", "102", "Down")),
    told("Newstate", "3.1", "l3", "102", "Ringing"),
]
LEFT = [
    told("Status", "2.0", "l2", "102", bridge="b2"), told("Status", "2.1", "l2", "103", bridge="b2"),
    told("Status", "3.0", "l3", "103", "Ring"), told("Status", "3.1", "l3", "102", "Ringing"),
]  # fmt: skip


@given(st.randoms(use_true_random=False), st.floats(0, 1), st.floats(0, 0.5), st.booleans())
def test_whatever_becomes_of_the_events_lamps_are_right_once_reconciled(
    dice: random.Random, loss: float, doubling: float, shuffled: bool
) -> None:
    wire = Wire(iter(lambda: dice.random() < loss / 2, None))
    story = [one for one in STORY for _ in range(1 + (dice.random() < doubling)) if dice.random() >= loss / 2]
    if shuffled:
        dice.shuffle(story)
    for message in story:
        wire.hears(message)
    wire.reconciles(LEFT)
    assert {aor: lamp.shows for aor, lamp in wire.lamps.items()} == {aor: shown(LEFT, aor) for aor in PEOPLE}
    repaired, documents = wire.repaired, [lamp.documents for lamp in wire.lamps.values()]
    wire.reconciles(LEFT)
    assert wire.repaired == repaired, "there is nothing left to repair"
    assert [lamp.documents for lamp in wire.lamps.values()] == documents, "and nobody is told of that"
    wire.reconciles([])
    assert [lamp.shows for lamp in wire.lamps.values()] == [{}, {}, {}]


def test_events_that_all_come_in_order_leave_nothing_to_repair() -> None:
    wire = Wire(never())
    for message in STORY:
        wire.hears(message)
    wire.reconciles(LEFT)
    assert wire.repaired == 0
    assert {aor: lamp.shows for aor, lamp in wire.lamps.items()} == {aor: shown(LEFT, aor) for aor in PEOPLE}


@given(st.integers(1, 8))
def test_both_legs_are_one_call_and_many_180s_are_one_change(times: int) -> None:
    wire = Wire(never())
    begins, rings, *rest = call_up("l1", "1.0", "1.1", "b1")
    for message in (begins, *[rings] * times, *rest):
        wire.hears(message)
    alice, bob, carol = wire.lamps.values()
    assert list(alice.shows.values()) == list(bob.shows.values()) == ["confirmed"]
    assert bob.documents == 3, "nothing, it rings, it is up"
    assert (carol.documents, carol.shows) == (1, {})


@given(st.integers(1, 4))
def test_a_call_that_rings_at_several_phones_is_one(phones: int) -> None:
    wire = Wire(never())
    alice = told("", "1.0", "l1", "101", "Ring")
    for phone in range(phones):
        wire.hears(dialled("l1", alice, told("", f"1.{phone + 1}", "l1", "102", "Down")))
    for phone in range(phones):
        wire.hears(told("Newstate", f"1.{phone + 1}", "l1", "102", "Ringing"))
    bob = wire.lamps[PEOPLE[1]]
    assert (list(bob.shows.values()), bob.documents) == (["early"], 2)
    (line,) = wire.states.picture(PEOPLE[1], NOW)[0].lines
    assert line.other == PEOPLE[0], "Bob's other phone is not who calls him"
