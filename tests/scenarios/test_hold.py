"""Hold and resume, by either side: who is held hears music and not the other, and afterwards both talk on."""

from __future__ import annotations

import pytest
from tests.worlds.live import LiveCall, LiveOffice

pytestmark = pytest.mark.live_only


def _in_a_call(office: LiveOffice) -> LiveCall:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.answers(call)
    call.is_up()
    return call


@pytest.mark.parametrize("side", ["alice", "bob"])
def test_either_side_holds_and_resumes(office: LiveOffice, side: str) -> None:
    call = _in_a_call(office)
    holder = getattr(office, side)
    held, theirs = (call.at[office.bob], office.alice) if side == "alice" else (call.mine, office.bob)
    holder.holds(call)
    held.hears_not(theirs.phone.tone)
    holder.resumes(call)
    call.is_up()
    office.alice.hangs_up(call)
    call.is_over()


def test_both_sides_hold_and_resume(office: LiveOffice) -> None:
    call = _in_a_call(office)
    office.alice.holds(call)
    office.bob.holds(call)
    office.alice.resumes(call)
    office.bob.resumes(call)
    call.is_up()


def test_a_call_is_held_again_and_again(office: LiveOffice) -> None:
    call = _in_a_call(office)
    for _ in range(3):
        office.bob.holds(call)
        call.mine.hears_not(office.bob.phone.tone)
        office.bob.resumes(call)
        call.is_up()
    office.bob.hangs_up(call)
    call.is_over()


def test_the_held_side_hangs_up(office: LiveOffice) -> None:
    call = _in_a_call(office)
    office.alice.holds(call)
    office.bob.hangs_up(call)
    call.is_over()


def test_the_holding_side_takes_a_second_call_meanwhile(office: LiveOffice) -> None:
    first = _in_a_call(office)
    office.bob.holds(first)
    second = office.carol.calls(office.bob)
    second.rings(office.bob)
    office.bob.answers(second)
    second.is_up()
    office.bob.hangs_up(second)
    office.bob.resumes(first)
    first.is_up()
