"""After the death of Kamailio: which notes are written anew, from copies and from what Asterisk says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from tests.calls.test_book import HOME, told

from carillon.calls.ami import Message
from carillon.calls.asterisk import Asterisk
from carillon.calls.book import Book
from carillon.calls.pickups import CALL_ID, CALLER_NAME, COPIES_A_TICK, OUR_TAG, PHONE_TAG, WITHHELD, Pickups
from carillon.routing.dialogs import DialogState, LiveDialog
from carillon.stores.ports import Party, PickupRights
from carillon.supervision.rpc import NobodyAnswers

RIGHTS = PickupRights(groups=frozenset({"sales"}))
KAMAILIO_HAD = LiveDialog(
    "c1", f"104@{HOME}", "ours", f"101@{HOME}", "Alice", RIGHTS, DialogState.RINGING, 990.0, ("p1", "p2")
)


@dataclass
class Kamailio:
    """Its notes, while it lives."""

    kept: dict[str, LiveDialog] = field(default_factory=dict)
    whole: bool = False
    alive: bool = True
    slow: bool = False
    reads: int = 0

    def are_whole(self) -> bool:
        if not self.alive:
            raise NobodyAnswers("no answer")
        return self.whole

    def now_whole(self) -> None:
        self.whole = True

    def note(self, call_id: str) -> LiveDialog | None:
        self.reads += 1
        return self.kept.get(call_id)

    def keep(self, dialog: LiveDialog) -> None:
        self.kept[dialog.call_id] = dialog
        if self.slow:
            raise NobodyAnswers("it was done, and said too late")

    def forget(self, call_id: str) -> None:
        self.kept.pop(call_id, None)

    def dies(self) -> None:
        self.kept, self.whole = {}, False


class People:
    """The directory."""

    def party(self, domain: str, number: str) -> Party | None:
        names = {"101": "Alice", "102": "Bob"}
        return Party(number, domain, names[number], pickup=RIGHTS) if number in names else None


class Node:
    """One call of Alice, dialled for Bob, and who listens to it."""

    def __init__(self) -> None:
        self.kamailio, self.book, self.asterisk = Kamailio(whole=True), Book(), Asterisk(self)  # type: ignore[arg-type]
        self.channels: dict[str, Message] = {}
        self.daemon = Pickups(self.book, self.asterisk, People(), self.kamailio)  # type: ignore[arg-type]
        self.clock = 1000.0

    def events(self, action: str, event: str, **fields: str) -> list[Message]:
        return [one for one in self.channels.values() if fields.get("Channel") in (None, one["Channel"])]

    def says(self, id: str, state: str, call_id: str = "c1", **more: str) -> None:
        """Asterisk tells of the channel towards a phone."""
        known = {OUR_TAG: "ours", PHONE_TAG: "p1", CALL_ID: call_id, WITHHELD: "", CALLER_NAME: "Outside"}
        known |= {"PICKUPMARK": call_id, **more}
        self.channels[id] = told("Newstate", id, f"leg{call_id}", "102", state)
        self.channels[id] |= {f"Variable {name}": value for name, value in known.items()}
        self.book.feed(self.channels[id])

    def hangs_up(self, id: str) -> None:
        self.book.feed({**self.channels.pop(id), "Event": "Hangup"})

    def ticks(self) -> dict[str, LiveDialog]:
        self.clock += 1
        self.daemon.tick(self.clock)
        return self.kamailio.kept


@pytest.fixture
def node() -> Node:
    return Node()


def test_what_kamailio_knew_comes_back(node: Node) -> None:
    """A call that was forwarded before it rang, and both phones that ring."""
    node.says("900.1", "Ringing")
    node.kamailio.keep(KAMAILIO_HAD)
    node.ticks()
    node.kamailio.dies()
    assert node.ticks() == {"c1": KAMAILIO_HAD}


def test_without_a_copy_it_is_as_asterisk_says(node: Node) -> None:
    node.says("900.1", "Ringing")
    node.kamailio.dies()
    (note,) = node.ticks().values()
    assert (note.aor, note.caller, note.caller_name) == (f"102@{HOME}", f"101@{HOME}", "Alice")
    assert (note.state, note.since, note.rights) == (DialogState.RINGING, 900.0, RIGHTS)
    assert (note.our_tag, note.phone_tags) == ("ours", ("p1",))


def test_who_withholds_has_no_name(node: Node) -> None:
    node.says("900.1", "Ringing", WITHHELD="yes")
    node.kamailio.dies()
    (note,) = node.ticks().values()
    assert (note.withheld, note.caller_name) == (True, "")


def test_it_follows_its_call_and_goes_with_it(node: Node) -> None:
    node.says("900.1", "Ring")
    node.kamailio.dies()
    assert node.ticks()["c1"].state is DialogState.CALLING
    node.says("900.1", "Ringing")
    assert node.ticks()["c1"].state is DialogState.RINGING
    node.says("900.1", "Up", **{PHONE_TAG: "p2"})
    note = node.ticks()["c1"]
    assert (note.state, note.phone_tags) == (DialogState.UP, ("p2",))
    node.hangs_up("900.1")
    assert node.ticks() == {}


def test_a_call_that_was_picked_up_is_no_longer_that_phones(node: Node) -> None:
    node.says("900.1", "Ringing")
    node.kamailio.dies()
    node.ticks()
    node.says("900.1", "Up", **{CALL_ID: "the picker's"})
    assert node.ticks() == {}


def test_asterisk_that_can_not_say_just_then_is_asked_again(node: Node) -> None:
    node.says("900.1", "Ringing")
    node.kamailio.dies()
    node.ticks()
    node.says("900.1", "Up", **{CALL_ID: ""})
    assert node.ticks()["c1"].state is DialogState.RINGING
    node.says("900.1", "Up")
    assert node.ticks()["c1"].state is DialogState.UP


def test_what_began_since_is_kamailios_own(node: Node) -> None:
    node.says("900.1", "Ringing")
    node.kamailio.dies()
    node.kamailio.keep(KAMAILIO_HAD)
    assert node.ticks() == {"c1": KAMAILIO_HAD}
    node.hangs_up("900.1")
    assert node.ticks() == {"c1": KAMAILIO_HAD}, "its own route removes it"


def test_while_nobody_answers_nothing_is_lost(node: Node) -> None:
    node.says("900.1", "Ringing")
    node.kamailio.dies()
    node.kamailio.alive = False
    node.ticks()
    node.kamailio.alive = True
    assert list(node.ticks()) == ["c1"]
    node.asterisk.manager = None
    node.kamailio.dies()
    assert node.ticks() == {}
    node.asterisk.manager = node  # type: ignore[assignment]
    assert list(node.ticks()) == ["c1"]


def test_a_note_whose_writing_was_not_confirmed_goes_with_its_call_too(node: Node) -> None:
    node.says("900.1", "Ringing")
    node.kamailio.dies()
    node.kamailio.slow = True
    assert list(node.ticks()) == ["c1"]
    node.kamailio.slow = False
    node.hangs_up("900.1")
    node.ticks()
    assert node.ticks() == {}


def test_many_that_ring_are_copied_in_turn(node: Node) -> None:
    for number in range(3 * COPIES_A_TICK):
        node.says(f"900.{number}", "Ringing", f"c{number}")
        node.kamailio.keep(replace(KAMAILIO_HAD, call_id=f"c{number}"))
    for turn in (1, 2, 3):
        node.ticks()
        assert node.kamailio.reads == turn * COPIES_A_TICK
    had = dict(node.kamailio.kept)
    node.kamailio.dies()
    assert node.ticks() == had
