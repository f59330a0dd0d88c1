"""A branch whose satellite has no Asterisk, and everybody works there; what it can do is in the other scenarios too."""

from __future__ import annotations

import pytest
from tests.worlds.simulated import SimulatedOffice

MAIN = "10.77.0.9:5069"


@pytest.fixture
def branch() -> SimulatedOffice:
    """While the link is up."""
    office = SimulatedOffice()
    office.engine.goes_without_asterisk()
    return office


@pytest.fixture
def alone() -> SimulatedOffice:
    """While it is cut."""
    office = SimulatedOffice()
    office.engine.goes_without_asterisk(cut_off=True)
    return office


def test_colleagues_call_each_other_by_themselves(branch: SimulatedOffice) -> None:
    call = branch.alice.calls(branch.bob)
    branch.bob.answers(call)
    call.is_up()
    assert call.inbound.gateway == "127.0.0.1:5060"


def test_a_feature_code_is_done_by_a_main(branch: SimulatedOffice) -> None:
    call = branch.alice.calls("*43")
    call.is_served_by("echo")
    assert call.inbound.gateway == MAIN


def test_a_feature_code_says_that_the_link_is_cut(alone: SimulatedOffice) -> None:
    call = alone.alice.calls("*43")
    call.failed(503)
    call.was_told("Warning", "The link to the mains is cut")


def test_colleagues_call_each_other_while_it_is_cut(alone: SimulatedOffice) -> None:
    call = alone.alice.calls(alone.bob)
    alone.bob.answers(call)
    call.is_up()


def test_whoever_is_busy_sends_the_call_on_and_so_does_the_next(alone: SimulatedOffice) -> None:
    dave = alone.hires("Dave Janssens", "104")
    alone.forwards(alone.bob, "busy", alone.carol)
    alone.forwards(alone.carol, "no-answer", dave)
    call = alone.alice.calls(alone.bob)
    alone.bob.refuses(call, 486)
    call.rings(alone.carol)
    alone.carol.lets_it_ring(call)
    call.rings(dave)
    dave.answers(call)
    call.is_up()


def test_a_mailbox_is_out_of_reach_while_it_is_cut(alone: SimulatedOffice) -> None:
    alone.forwards(alone.bob, "busy", "voicemail:102")
    call = alone.alice.calls(alone.bob)
    alone.bob.refuses(call, 486)
    call.failed(480)
    call.was_told("Warning", "The link to the mains is cut")


def test_a_mailbox_is_that_of_a_main_while_it_is_up(branch: SimulatedOffice) -> None:
    branch.forwards(branch.bob, "busy", "voicemail:102")
    call = branch.alice.calls(branch.bob)
    branch.bob.refuses(call, 486)
    call.is_served_by("voicemail:102")


def test_nobody_picks_up_what_the_branch_carries_by_itself(branch: SimulatedOffice) -> None:
    branch.groups("sales", branch.bob, branch.carol)
    call = branch.alice.calls(branch.bob)
    call.rings(branch.bob)
    picked = branch.carol.picks_up(branch.bob)
    picked.failed(603)
    picked.was_told("Warning", "can't be picked up")
    call.rings(branch.bob)


def test_the_next_line_is_tried_when_the_first_is_silent(alone: SimulatedOffice) -> None:
    first, second = alone.provider("first"), alone.provider("second")
    first.loses_power()
    call = alone.alice.calls("112")
    call.rings(second)
    call.is_for(second, "112")
