"""What Kamailio says of the calls that no Asterisk has, as people count it."""

from __future__ import annotations

from typing import Any

import pytest

from carillon.calls.book import Book
from carillon.calls.channels import State
from carillon.calls.events import PersonBusy, PersonFree
from carillon.calls.lamps import line_of
from carillon.calls.spirals import Spiral, spiral_in

CAROL, DAVE = "201@lab.test", "202@lab.test"
LEG = "4421e92f8ae3a9333b9ebc60-f83446e9265685455fde5a74"


def told(state: int, **words: str) -> dict[str, Any]:
    """A dialog as `dlg.list` tells it."""
    noted = {"leg": LEG, "caller": CAROL, "called": DAVE, "caller_is": f"person {CAROL}", **words}
    return {
        "h_entry": 3882,
        "h_id": 7304,
        "call-id": "89b34e",
        "state": state,
        "init_ts": 1795961652,
        "caller": {"cseq": "4"},
        "variables": [{name: value} for name, value in noted.items()],
    }


def spiral(state: int, **words: str) -> Spiral:
    found = spiral_in(told(state, **words))
    assert found is not None
    return found


def test_a_call_that_rings() -> None:
    book = Book()
    events = book.hold(spiral(2, party=f"person {DAVE}").channels)
    assert [event for event in events if isinstance(event, PersonBusy)] == [PersonBusy(CAROL), PersonBusy(DAVE)]
    (call,) = book.calls.values()
    assert (call.caller, call.called, call.state, call.people) == (CAROL, DAVE, State.RINGING, {CAROL, DAVE})
    shown = line_of(call, DAVE)
    assert shown is not None
    assert (str(shown.state), shown.calling, shown.other, shown.call_id) == ("early", False, CAROL, "89b34e")


def test_a_call_that_is_up_and_over() -> None:
    book = Book()
    book.hold(spiral(2, party=f"person {DAVE}").channels)
    book.hold(spiral(4, party=f"person {DAVE}").channels)
    (call,) = book.calls.values()
    assert (call.state, call.talking, call.is_settled) == (State.UP, {CAROL, DAVE}, True)
    ended = book.hold(())
    assert [event for event in ended if isinstance(event, PersonFree)] == [PersonFree(CAROL), PersonFree(DAVE)]


def test_a_call_that_is_sent_on_rings_at_the_next_one() -> None:
    book = Book()
    book.hold(spiral(2, party=f"person {DAVE}").channels)
    book.hold(spiral(2, party="person 203@lab.test").channels)
    (call,) = book.calls.values()
    assert call.people == {CAROL, "203@lab.test"}


def test_a_call_by_a_trunk_counts_for_that_and_for_nobody_else() -> None:
    book = Book()
    book.hold(spiral(4, party="trunk:line@lab.test +3225550101@lab.test", called="+3225550101@lab.test").channels)
    (call,) = book.calls.values()
    assert (call.people, call.trunks) == ({CAROL}, {"line@lab.test"})


def test_nobody_is_called_yet() -> None:
    assert [one.party for one in spiral(1).channels] == [CAROL]


@pytest.mark.parametrize("over", [told(5, party=f"person {DAVE}"), {**told(5), "variables": []}])
def test_a_dialog_that_is_over_is_no_call(over: dict[str, Any]) -> None:
    assert spiral_in(over) is None


def test_lists_show_it_by_its_short_id() -> None:
    call = spiral(4, party=f"person {DAVE}").call
    assert call.answers_to(call.id)
    assert call.answers_to("89b34e")
    assert (call.state, call.call_ids) == ("up", ("89b34e", "89b34e"))
