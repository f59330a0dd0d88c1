"""What a call costs the daemons of its node and of another one, in questions to Kamailio, lines and datagrams.

No clock in it. Each of them takes more time than all that is in it; a figure that falls may be written here, one that
rises needs a reason.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.siblings.test_callbook import Kamailio

from carillon.presence.picture import DialogState, Line
from carillon.routing.dialogs import DialogState as Far
from carillon.routing.dialogs import LiveDialog
from carillon.routing.elsewhere import Elsewhere
from carillon.siblings.callbook import CallBook
from carillon.siblings.calls import Person, read
from carillon.siblings.parts import Calls
from carillon.states.news import Ear, News
from carillon.stores.talking import talks_at

ALICE, BOB, ONE, TWO = "101@e.test", "102@e.test", "node1", "node2"
CALLS = Line("k", DialogState.EARLY, calling=True, other=BOB, call_id="from-alice")
RINGS = Line("k", DialogState.EARLY, calling=False, other=ALICE, call_id="to-bob")
TALKS = DialogState.CONFIRMED
STEPS: list[dict[str, tuple[Line, ...]]] = [
    {ALICE: (CALLS,)},
    {BOB: (RINGS,)},
    {ALICE: (replace(CALLS, state=TALKS),), BOB: (replace(RINGS, state=TALKS),)},
    {ALICE: (), BOB: ()},
]
"""What the calls daemon says of a call: it is made, it rings, it is answered, it ends."""
NOTE = LiveDialog("to-bob", BOB, "ours", ALICE, "Alice", state=Far.RINGING, since=1.8e9, phone_tags=("t",))


class Node:
    """A node's book of calls, its Kamailio, and what its daemon `states` hears; what it tells, in lines."""

    def __init__(self, place: Path) -> None:
        place.mkdir()
        self.place, self.kamailio, self.states = place, Kamailio(place / "rpc", late_s=0), Ear(place / "states")
        self.lines: list[bytes] = []
        self.book = CallBook(place / "rpc", place / "directory.db", place / "states", place, self._tell)
        self._part = Calls(self.book.own)

    def _tell(self, aor: str) -> None:
        self.lines += self._part.lines([aor], serving=True)

    def works(self) -> None:
        """Everything that is new is done."""
        self.book.work()

    def hears(self, lines: list[bytes]) -> int:
        """What the other node tells, one after the other, and then does it; how many datagrams `states` gets."""
        for line in lines:
            self.book.heard(ONE, *read(json.loads(line)["calls"], ONE, 0.0))
        self.works()
        return len(list(self.states.heard(0)))

    def asked(self) -> Counter[str]:
        """What Kamailio was asked since the last time."""
        return self.kamailio.taken()

    def close(self) -> None:
        self.book.close()
        self.kamailio.close()
        self.states.close()


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[Node, Node]]:
    """That of the call, and another one."""
    one, two = Node(tmp_path / "one"), Node(tmp_path / "two")
    one.kamailio.notes["to-bob"] = str(NOTE)
    two.book.round(frozenset({ONE}), [])
    yield one, two
    one.close()
    two.close()


def test_a_call_costs_its_node_two_questions_and_six_lines(nodes: tuple[Node, Node]) -> None:
    """Kamailio is asked for the dialog that rings, and once more as it is answered; nothing is written."""
    one, _ = nodes
    for step in STEPS:
        one.book.here(News(calls=step))
        one.works()
    assert one.asked() == {"htable.get": 2}
    assert len(one.lines) == 6


def test_a_call_costs_another_node_six_notes_and_four_datagrams(nodes: tuple[Node, Node]) -> None:
    """Each of both people has a note, which is another one when they talk, and goes at the end."""
    one, two = nodes
    datagrams = 0
    for step in STEPS:
        one.book.here(News(calls=step))
        one.works()
        told, one.lines = one.lines, []
        datagrams += two.hears(told)
        if step.get(BOB):
            note = Elsewhere.parse(two.kamailio.table[BOB])
            assert [each.call_id for each in note.dialogs] == ["to-bob"]
    assert two.asked() == {"htable.sets": 4, "htable.delete": 2}
    assert two.kamailio.table == {}
    assert datagrams == 4


def test_what_comes_at_once_is_done_at_once(nodes: tuple[Node, Node]) -> None:
    """A call that is over before anybody has looked costs nothing; of several steps the last one counts."""
    one, two = nodes
    for step in STEPS:
        one.book.here(News(calls=step))
    one.works()
    assert one.asked() == {}
    assert one.lines == []
    for step in STEPS[:3]:
        one.book.here(News(calls=step))
    one.works()
    assert one.asked() == {"htable.get": 1}
    assert (len(one.lines), two.hears(one.lines)) == (2, 1)
    assert two.asked() == {"htable.sets": 2}


def test_calls_that_are_told_again_cost_nothing(nodes: tuple[Node, Node]) -> None:
    one, _ = nodes
    for _ in range(3):
        one.book.here(News(calls=STEPS[2], nobody_else=("", ""), again=True))
        one.works()
    assert one.asked() == {"htable.get": 1}
    assert len(one.lines) == 2


def test_workers_find_who_has_calls_here_though_kamailio_is_told_nothing(nodes: tuple[Node, Node]) -> None:
    one, two = nodes
    for step in STEPS[:3]:
        one.book.here(News(calls=step))
        one.works()
    assert [talks_at(one.place, aor) for aor in (ALICE, BOB, "103@e.test")] == [True, True, False]
    assert not talks_at(two.place, ALICE)
    one.book.here(News(calls={ALICE: ()}))
    one.works()
    assert [talks_at(one.place, aor) for aor in (ALICE, BOB)] == [False, True]


def test_a_note_that_kamailio_did_not_take_is_written_by_the_next_round(nodes: tuple[Node, Node]) -> None:
    """Else somebody would be sought for hours at a node where his call is long over."""
    _, two = nodes
    two.book.heard(ONE, BOB, Person((RINGS,)))
    two.works()
    two.kamailio.refuses = True
    two.book.heard(ONE, BOB, Person())
    two.works()
    assert BOB in two.kamailio.table
    two.kamailio.refuses = False
    two.book.round(frozenset({ONE}), [])
    two.works()
    assert two.kamailio.table == {}


def test_two_siblings_are_told_by_one_and_the_same_text() -> None:
    """As many as there are: a further node costs a call no text of its own."""
    known = {BOB: Person((RINGS,))}
    part = Calls(known)
    (first,), (second,) = part.lines([BOB], serving=True), part.lines([BOB], serving=True)
    assert first is second
    (stands,) = part.lines([BOB], serving=False)
    assert json.loads(stands)["serving"] is False
    del known[BOB]
    (ended,) = part.lines([BOB], serving=True)
    assert json.loads(ended)["calls"] == {"person": BOB, "lines": [], "dialogs": []}


def test_the_loop_does_all_of_it_in_one_turn(nodes: tuple[Node, Node]) -> None:
    """As the daemon runs it: what was said before the turn is done in it."""
    one, _ = nodes

    async def runs() -> None:
        running = asyncio.ensure_future(one.book.run())
        for step in STEPS[:3]:
            one.book.here(News(calls=step))
        while not one.lines:
            await asyncio.sleep(0)
        running.cancel()

    asyncio.run(runs())
    assert len(one.lines) == 2
