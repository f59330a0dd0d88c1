"""What pick-up reads, what it leaves behind, and what its notes of dialogs say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.worlds.simulated import DOMAIN, SimulatedOffice

from carillon.routing.dialogs import DialogState, LiveDialog
from carillon.sip.replaces import Replaces
from carillon.stores.ports import PickupRights

NOTE = LiveDialog("c1", "102@e.test", "ours", "101@e.test", "Alice", PickupRights("group", frozenset({"a", "b"})))


def office_that_rings() -> SimulatedOffice:
    """Alice calls Bob, whom Carol may pick up."""
    office = SimulatedOffice()
    office.groups("sales", office.bob, office.carol)
    office.alice.calls(office.bob).rings(office.bob)
    return office


def test_reads_of_a_pickup() -> None:
    """As a call, when somebody is named; else who asks. What rings is in shared memory."""
    office = office_that_rings()
    office.carol.picks_up(office.bob)
    assert office.engine.reads["pick-up"] == 2
    office = office_that_rings()
    office.carol.picks_up()
    assert office.engine.reads["pick-up"] == 1


def test_no_note_is_left_behind() -> None:
    office = office_that_rings()
    engine = office.engine
    assert len(engine.dialogs) == 1
    refused = office.alice.calls(office.carol)
    office.carol.refuses(refused, 486)
    cancelled = office.alice.calls(office.carol)
    office.alice.cancels(cancelled)
    out = office.alice.calls(office.carol)
    out.rings(office.carol)
    office.carol.lets_it_ring(out)
    talked = office.alice.calls(office.carol)
    office.carol.answers(talked)
    office.alice.hangs_up(talked)
    assert len(engine.dialogs) == 1


def test_a_call_that_ends_while_it_is_picked_up() -> None:
    """Asterisk finds nothing any more: 603 and a word, and for Replaces 481."""
    office = office_that_rings()
    engine = office.engine
    lost = next(leg for leg in engine.legs if leg.dialog)
    lost.over = True
    taken = office.carol.picks_up(office.bob)
    taken.failed(603)
    taken.was_told("Warning", "The call rings no more")


def test_without_the_directory_nobody_is_picked_up() -> None:
    office = office_that_rings()
    office.engine.directory.down = True
    office.carol.picks_up(office.bob).failed(503)


def test_without_the_hand_over_store_pickup_works_and_words_are_missing() -> None:
    office = office_that_rings()
    office.redis.dies()
    call = office.carol.calls("*8102")
    assert call.inbound.picked is not None


def test_a_note_is_read_as_it_was_written() -> None:
    note = replace(NOTE, withheld=True, caller_name="Al\tice").rings("t1", 5.0).rings("t2", 7.5)
    assert LiveDialog.parse("c1", str(note)) == replace(note, caller_name="Al ice")
    assert (note.state, note.since, note.phone_tags) == (DialogState.RINGING, 5.0, ("t1", "t2"))
    up = note.is_answered("t2", 9.0)
    assert (up.state, up.since, up.phone_tags) == (DialogState.UP, 9.0, ("t2",))
    assert up.rings("t1", 10.0) is up
    assert up.is_answered("t1", 10.0) is up


@pytest.mark.parametrize(
    "text",
    ["", ";", "c", "c;to-tag=a", "c;to-tag=a;from-tag=", "c d;to-tag=a;from-tag=b", "c;to-tag=a;from-tag=b;to-tag=c"],
)
def test_what_names_no_dialog(text: str) -> None:
    assert Replaces.parse(text) is None


def test_the_parameters_come_in_any_order() -> None:
    """The talk writes to-tag first; RFC 3891 leaves it open."""
    expected = Replaces("12345678", "7744", "5693")
    assert Replaces.parse("12345678;to-tag=7744;from-tag=5693") == expected
    assert Replaces.parse("12345678;from-tag=5693;to-tag=7744") == expected
    assert Replaces.parse(str(replace(expected, early_only=True))) == replace(expected, early_only=True)


def test_a_provider_picks_nothing_up() -> None:
    """Its Replaces counts for nothing, and `*8` is nobody's number."""
    office = office_that_rings()
    provider = office.provider()
    provider.calls_in("*8102", as_number="+32475123456").failed(404)
    assert office.engine.reads.get("pick-up") is None
    assert DOMAIN in {one.domain for one in office.engine.dialogs.values()}
