"""A branch whose satellite has no Asterisk, and everybody works there; what it can do is in the other scenarios too."""

from __future__ import annotations

import pytest
from tests.worlds.simulated import SimulatedCall, SimulatedOffice

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


def test_a_cut_that_nobody_has_noticed_yet_sends_the_call_outside(branch: SimulatedOffice) -> None:
    """The way to his phone is silent at first, and the node itself dials again."""
    provider = branch.provider()
    branch.numbers(branch.bob, "+3225550102")
    branch.is_a_branch_that_loses(branch.bob)
    branch.engine.mains = ()
    call = branch.alice.calls("102")
    call.is_for(provider, "+3225550102")


@pytest.mark.parametrize("ring", ["all", "in-turn"])
def test_members_of_a_group_ring_in_turn_while_it_is_cut(alone: SimulatedOffice, ring: str) -> None:
    """Who is busy, or has no phone, is passed over; their own forwarding doesn't count, that of the last stop does."""
    dave, erin = alone.hires("Dave Janssens", "104"), alone.hires("Erin Maes", "105")
    alone.has_group("sales", alone.bob, alone.carol, dave, number="200", ring=ring, then=erin.extension)
    alone.forwards(alone.carol, "always", erin)
    dave.unplugs()
    call = alone.alice.calls("200")
    call.rings(alone.bob)
    call.does_not_ring(alone.carol)
    call.shows(alone.bob, "sales: Alice Martin", "101")
    alone.bob.refuses(call, 486)
    call.rings(alone.carol)
    alone.carol.lets_it_ring(call)
    call.rings(erin)
    call.shows(erin, "Alice Martin", "101")
    erin.answers(call)
    call.is_up()


def test_the_last_member_of_a_group_answers_for_it_while_it_is_cut(alone: SimulatedOffice) -> None:
    alone.has_group("sales", alone.bob, alone.carol, number="200")
    alone.forwards(alone.carol, "busy", alone.alice)
    call = alone.alice.calls("200")
    alone.bob.lets_it_ring(call)
    alone.carol.refuses(call, 486)
    call.failed(486)


def test_a_group_is_a_target_while_it_is_cut(alone: SimulatedOffice) -> None:
    dave = alone.hires("Dave Janssens", "104")
    alone.has_group("sales", alone.bob, alone.carol)
    alone.forwards(dave, "always", "group:sales")
    call = alone.alice.calls(dave)
    call.rings(alone.bob)
    alone.bob.refuses(call, 603)
    call.rings(alone.carol)
    alone.carol.answers(call)
    call.is_up()


def test_a_member_elsewhere_is_left_out_while_it_is_cut(alone: SimulatedOffice) -> None:
    alone.has_group("sales", alone.bob, alone.carol, number="200")
    alone.has_group("board", alone.bob, number="201")
    alone.is_a_branch_without(alone.bob)
    alone.alice.calls("200").rings(alone.carol)
    nobody = alone.alice.calls("201")
    nobody.failed(503)
    nobody.was_told("Warning", "The link to the mains is cut")


def test_a_group_rings_at_once_by_a_main_while_it_is_up(branch: SimulatedOffice) -> None:
    branch.has_group("sales", branch.bob, branch.carol, number="200")
    call = branch.alice.calls("200")
    call.is_served_by("group:sales")
    call.rings(branch.bob, branch.carol)


def test_a_call_for_a_group_is_picked_up_while_it_is_cut(alone: SimulatedOffice) -> None:
    dave = alone.hires("Dave Janssens", "104")
    alone.has_group("sales", alone.bob, alone.carol, number="200")
    alone.groups("sales", dave)
    call = alone.alice.calls("200")
    call.rings(alone.bob)
    dave.picks_up(alone.bob).takes(call)


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


def test_a_call_is_picked_up_while_it_is_cut(alone: SimulatedOffice) -> None:
    alone.groups("sales", alone.bob, alone.carol)
    call = alone.alice.calls(alone.bob)
    call.rings(alone.bob)
    alone.carol.picks_up(alone.bob).takes(call)


def test_a_call_that_is_picked_up_counts_for_both_and_no_more_for_who_was_rung(alone: SimulatedOffice) -> None:
    """For the caller without a gap: his phone has given one call away and taken another one."""
    alone.groups("sales", alone.bob, alone.carol)
    for person in (alone.alice, alone.bob, alone.carol):
        alone.limits(person, 1)
    call = alone.alice.calls(alone.bob)
    taken = alone.carol.picks_up(alone.bob)
    taken.takes(call)
    assert taken.inbound.outbound_memo is not None
    assert taken.inbound.outbound_memo.slots == (f"user {alone.alice.phone.aor}",)
    alone.counts(alone.alice, 1)
    alone.counts(alone.carol, 1)
    alone.frees(alone.bob)


def test_a_call_that_is_not_given_away_counts_as_before(alone: SimulatedOffice) -> None:
    alone.groups("sales", alone.bob, alone.carol)
    for person in (alone.alice, alone.bob, alone.carol):
        alone.limits(person, 1)
    call = alone.alice.calls(alone.bob)
    alone.alice.phone.replaces = False
    alone.carol.picks_up(alone.bob).failed(603)
    alone.counts(alone.alice, 1)
    alone.frees(alone.carol)
    alone.bob.answers(call)
    call.is_up()


def test_a_phone_that_says_it_gives_calls_away_and_does_not_goes_on_calling(branch: SimulatedOffice) -> None:
    branch.groups("sales", branch.bob, branch.carol)
    call = branch.alice.calls(branch.bob)
    branch.alice.phone.replaces = False
    picked = branch.carol.picks_up(branch.bob)
    picked.failed(603)
    picked.was_told("Warning", "does not give its call to somebody else")
    branch.bob.answers(call)
    call.is_up()


@pytest.fixture(params=["from outside", "of a phone without Replaces"])
def call(request: pytest.FixtureRequest, branch: SimulatedOffice) -> SimulatedCall:
    """One that rings at Bob, and that nobody hands over to Carol, his colleague."""
    branch.groups("sales", branch.bob, branch.carol)
    branch.numbers(branch.bob, "+3225550102")
    branch.alice.phone.replaces = False
    if request.param == "from outside":
        call = branch.provider().calls_in("+3225550102", as_number="+32475123456")
    else:
        call = branch.alice.calls(branch.bob)
    call.rings(branch.bob)
    return call


@pytest.mark.parametrize("how", ["code", "of the groups", "key"])
def test_the_pickers_phone_rings_for_a_call_that_nobody_hands_over(
    branch: SimulatedOffice, call: SimulatedCall, how: str
) -> None:
    """It is asked to answer by itself, and shows who calls; the caller is told of the picker once he has answered."""
    if how == "key":
        picked = branch.carol.replaces(call, branch.bob)
    else:
        picked = branch.carol.picks_up(branch.bob if how == "code" else "")
    picked.failed(487)
    picked.was_told("Warning", "The call comes to your phone")
    call.rings(branch.bob, branch.carol)
    call.is_told(branch.carol, "Call-Info", "answer-after=0")
    assert not call.arrived_with(branch.bob, "Call-Info")
    branch.carol.answers(call)
    call.is_up()
    call.does_not_ring(branch.bob)
    branch.counts(branch.carol, 1)
    branch.frees(branch.bob)


def test_who_picks_it_up_is_in_it_for_lamps_and_for_his_other_phone(
    branch: SimulatedOffice, call: SimulatedCall
) -> None:
    branch.carol.picks_up(branch.bob)
    branch.carol.answers(call)
    (kept,) = branch.engine.dialogs.values()
    assert (kept.aor, kept.state, kept.phone_tags) == (branch.carol.phone.aor, "up", (branch.carol.phone.tag,))


def test_a_picker_who_declines_leaves_it_to_who_is_called(branch: SimulatedOffice, call: SimulatedCall) -> None:
    branch.carol.picks_up(branch.bob)
    branch.carol.refuses(call, 603)
    branch.bob.answers(call)
    call.is_up()
    branch.counts(branch.bob, 1)


def test_what_the_picker_says_is_not_the_word_of_who_is_called(branch: SimulatedOffice, call: SimulatedCall) -> None:
    """Nobody forwards it as if Bob were busy."""
    dave = branch.hires("Dave Janssens", "104")
    branch.forwards(branch.bob, "busy", dave)
    branch.carol.picks_up(branch.bob)
    branch.carol.refuses(call, 486)
    call.rings(branch.bob)
    call.does_not_ring(dave)


def test_of_two_pickers_the_slower_one_is_told_so(branch: SimulatedOffice, call: SimulatedCall) -> None:
    dave = branch.hires("Dave Janssens", "104")
    branch.groups("sales", dave)
    branch.carol.picks_up(branch.bob)
    slower = dave.picks_up(branch.bob)
    slower.failed(603)
    slower.was_told("Warning", "Somebody else picks the call up")
    call.does_not_ring(dave)
    branch.carol.answers(call)
    call.is_up()


def test_who_may_not_pick_up_rings_not(branch: SimulatedOffice, call: SimulatedCall) -> None:
    dave = branch.hires("Dave Janssens", "104")
    refused = dave.picks_up(branch.bob)
    refused.failed(603)
    refused.was_told("Warning", "You may not pick up Bob Dupont")
    call.does_not_ring(dave)


def test_who_has_his_most_calls_rings_not_for_another(branch: SimulatedOffice, call: SimulatedCall) -> None:
    dave = branch.hires("Dave Janssens", "104")
    branch.limits(branch.carol, 1)
    talking = branch.carol.calls(dave)
    dave.answers(talking)
    refused = branch.carol.picks_up(branch.bob)
    refused.failed(603)
    refused.was_told("Warning", "You already have 1 call")
    call.does_not_ring(branch.carol)
    branch.counts(branch.carol, 1)


def test_a_caller_who_gives_up_stops_the_pickers_phone(branch: SimulatedOffice, call: SimulatedCall) -> None:
    branch.carol.picks_up(branch.bob)
    branch.engine.cancel(call.inbound)
    call.does_not_ring(branch.carol)


def test_who_is_called_answers_before_the_picker_is_there(branch: SimulatedOffice) -> None:
    """Between the two legs: the call is not taken from him."""
    branch.groups("sales", branch.bob, branch.carol)
    call = branch.alice.calls(branch.bob)
    call.rings(branch.bob)
    engine, asked = branch.engine, branch.engine._dialog
    engine._dialog = lambda call_id: (branch.bob.answers(call), asked(call_id))[1]  # type: ignore[method-assign]
    picked = branch.carol.picks_up(branch.bob)
    picked.failed(603)
    picked.was_told("Warning", "The call rings no more")
    call.is_up()


def test_the_other_side_of_an_answered_call_is_asked_for_by_whom_one_was_sent_to_it(branch: SimulatedOffice) -> None:
    """An attended transfer: Alice has called both. By himself nobody takes an answered call."""
    first, second = branch.alice.calls(branch.bob), branch.alice.calls(branch.carol)
    branch.bob.answers(first)
    branch.carol.answers(second)
    branch.bob.replaces(second, branch.carol).failed(603)
    branch.engine.referrals[second.inbound.dialog] = branch.carol.phone.aor + ".else"
    branch.bob.replaces(second, branch.carol).failed(603)
    branch.engine.referrals[second.inbound.dialog] = branch.alice.phone.aor
    taken = branch.bob.replaces(second, branch.carol)
    assert taken.inbound.outbound_memo is not None
    assert taken.inbound.outbound_memo.called == branch.carol.phone.aor


def test_the_next_line_is_tried_when_the_first_is_silent(alone: SimulatedOffice) -> None:
    first, second = alone.provider("first"), alone.provider("second")
    first.loses_power()
    call = alone.alice.calls("112")
    call.rings(second)
    call.is_for(second, "112")
