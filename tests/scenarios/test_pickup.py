"""Somebody takes a call that rings at a colleague."""

from __future__ import annotations

import pytest
from tests.worlds.office import Call, Office, Person

TAGS = "{call_id};to-tag={ours};from-tag={theirs}"


def colleagues(office: Office) -> None:
    """Bob and Carol are in a group; Alice is in none."""
    office.groups("sales", office.bob, office.carol)


def rings_at_bob(office: Office) -> Call:
    """Alice calls Bob, who is in a group with Carol."""
    colleagues(office)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    return call


def test_a_colleague_takes_a_call_by_code(office: Office) -> None:
    call = rings_at_bob(office)
    office.carol.picks_up(office.bob).takes(call)


def test_a_colleague_takes_whatever_rings_in_the_group(office: Office) -> None:
    call = rings_at_bob(office)
    office.carol.picks_up().takes(call)


def test_the_call_that_rings_longest_is_taken(office: Office) -> None:
    dave, erin = office.hires("Dave Janssens", "104"), office.hires("Erin Maes", "105")
    office.groups("support", office.carol, dave, office.bob)
    first = office.alice.calls(dave)
    first.rings(dave)
    second = erin.calls(office.bob)
    second.rings(office.bob)
    office.carol.picks_up().takes(first)
    second.does_not_ring(office.alice)


def test_all_phones_of_the_person_stop(office: Office) -> None:
    colleagues(office)
    mobile = office.second_phone(office.bob)
    call = office.alice.calls(office.bob)
    call.rings(office.bob, mobile)
    office.carol.picks_up(office.bob).takes(call)


def test_ones_own_other_phone_takes_the_call_whoever_may(office: Office) -> None:
    office.lets_pick_up(office.bob, by="no")
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    softphone = office.second_phone(office.bob)
    softphone.picks_up(office.bob).takes(call)


@pytest.mark.needs_asterisk
def test_a_call_from_outside_is_taken(office: Office) -> None:
    colleagues(office)
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    call = provider.calls_in("+3225550102", as_number="+32475123456")
    call.rings(office.bob)
    office.carol.picks_up(office.bob).takes(call)


def test_a_forwarded_call_is_taken_from_whom_it_rings_at(office: Office) -> None:
    dave = office.hires("Dave Janssens", "104")
    office.groups("sales", office.bob, office.carol, dave)
    office.forwards(office.bob, "always", dave)
    call = office.alice.calls(office.bob)
    call.rings(dave)
    office.carol.picks_up(office.bob).failed(603)
    office.carol.picks_up(dave).takes(call)


@pytest.mark.needs_asterisk
def test_a_call_for_a_ring_group_is_taken_from_one_of_its_members(office: Office) -> None:
    colleagues(office)
    dave = office.hires("Dave Janssens", "104")
    office.has_group("support", office.bob, dave, number="200")
    call = office.alice.calls("200")
    call.rings(office.bob, dave)
    office.carol.picks_up(office.bob).takes(call)


def test_who_shares_no_group_is_refused_and_told_why(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    taken = office.carol.picks_up(office.bob)
    taken.failed(603)
    taken.was_told("Warning", "You may not pick up Bob Dupont")
    office.carol.picks_up().failed(603)
    office.bob.answers(call)
    call.is_up()


@pytest.mark.parametrize(("by", "allowed"), [("group", True), ("listed", False), ("no", False)])
def test_who_may_pick_somebody_up(office: Office, by: str, allowed: bool) -> None:
    colleagues(office)
    office.lets_pick_up(office.bob, by=by)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    taken = office.carol.picks_up(office.bob)
    if allowed:
        taken.takes(call)
    else:
        taken.failed(603)
        office.carol.picks_up().failed(603)


@pytest.mark.parametrize("listed", ["102", "group:board"])
def test_a_secretary_who_lists_the_director(office: Office, listed: str) -> None:
    office.groups("board", office.bob)
    office.lets_pick_up(office.bob, by="listed")
    office.lets_pick_up(office.carol, listed)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.carol.picks_up(office.bob).takes(call)


def test_nothing_rings(office: Office) -> None:
    colleagues(office)
    taken = office.carol.picks_up(office.bob)
    taken.failed(603)
    taken.was_told("Warning", "No call rings at Bob Dupont")
    group = office.carol.picks_up()
    group.failed(603)
    group.was_told("Warning", "No call rings that you may pick up")


def test_a_call_that_was_answered_or_given_up_is_not_taken(office: Office) -> None:
    call = rings_at_bob(office)
    office.bob.answers(call)
    call.is_up()
    office.carol.picks_up(office.bob).failed(603)
    office.alice.hangs_up(call)
    call.is_over()
    again = office.alice.calls(office.bob)
    again.rings(office.bob)
    office.alice.cancels(again)
    again.is_over()
    office.carol.picks_up().failed(603)


def test_a_number_that_nobody_has_is_not_picked_up(office: Office) -> None:
    taken = office.carol.picks_up("199")
    taken.failed(404)
    taken.was_told("Warning", "Nobody has 199")


def test_who_was_dismissed_picks_nobody_up_and_is_not_picked_up(office: Office) -> None:
    call = rings_at_bob(office)
    office.dismisses(office.bob)
    office.carol.picks_up("102").failed(404)
    office.dismisses(office.carol)
    office.carol.picks_up("102").failed(407)
    call.does_not_ring(office.carol)


def test_a_person_of_another_domain_is_not_picked_up(office: Office) -> None:
    other = office.hires("Bob Elsewhere", "102", domain="other.test")
    caller = office.hires("Alice Elsewhere", "101", domain="other.test")
    office.groups("sales", other, caller)
    colleagues(office)
    call = caller.calls("102")
    call.rings(other)
    office.carol.picks_up(office.bob).failed(603)
    office.carol.picks_up().failed(603)
    office.carol.replaces(call, other).failed(481)


def test_nobody_picks_up_his_own_call(office: Office) -> None:
    office.groups("sales", office.alice, office.bob)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    softphone = office.second_phone(office.alice)
    softphone.picks_up(office.bob).failed(603)
    softphone.picks_up().failed(603)


def test_a_stranger_picks_nothing_up(office: Office) -> None:
    call = rings_at_bob(office)
    office.stranger().picks_up("102").failed(407)
    office.impostor(office.carol).picks_up("102").failed(407)
    office.stranger().replaces(call, office.bob).failed(407)


@pytest.mark.parametrize(
    "form",
    [
        TAGS,
        "{call_id};from-tag={theirs};to-tag={ours}",
        "{call_id};to-tag={theirs};from-tag={ours}",
        "{call_id};to-tag={ours};from-tag={theirs};early-only",
        "{call_id} ; FROM-TAG={theirs} ; x=y ; to-tag={ours}",
    ],
)
def test_a_ringing_call_is_replaced(office: Office, form: str) -> None:
    call = rings_at_bob(office)
    office.carol.replaces(call, office.bob, form).takes(call)


@pytest.mark.parametrize("which", [0, 1])
def test_any_of_several_ringing_phones_is_replaced(office: Office, which: int) -> None:
    colleagues(office)
    mobile = office.second_phone(office.bob)
    call = office.alice.calls(office.bob)
    call.rings(office.bob, mobile)
    at: Person = (office.bob, mobile)[which]
    office.carol.replaces(call, at).takes(call)


def test_who_may_not_replaces_nothing(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.carol.replaces(call, office.bob).failed(603)
    office.bob.answers(call)
    call.is_up()


@pytest.mark.parametrize(
    "form",
    [
        "unknown;to-tag={ours};from-tag={theirs}",
        "{call_id};to-tag=guess;from-tag={theirs}",
        "{call_id};to-tag={ours};from-tag=guess",
        "{call_id};to-tag={ours};from-tag={ours}",
    ],
)
def test_a_dialog_that_there_is_not(office: Office, form: str) -> None:
    call = rings_at_bob(office)
    office.carol.replaces(call, office.bob, form).failed(481)
    office.bob.answers(call)
    call.is_up()


@pytest.mark.parametrize(
    "form",
    [
        "garbage",
        ";to-tag=;from-tag=",
        "{call_id};to-tag={ours}",
        "{call_id};to-tag={ours};to-tag={ours};from-tag={theirs}",
        "{call_id},to-tag={ours};from-tag={theirs}",
        "{call_id};to-tag={ours};from-tag={theirs}, {call_id};to-tag=a;from-tag=b",
        '{call_id};to-tag="{ours}";from-tag=<>',
    ],
)
def test_garbage_in_replaces(office: Office, form: str) -> None:
    call = rings_at_bob(office)
    office.carol.replaces(call, office.bob, form).failed(400)
    office.bob.answers(call)
    call.is_up()


def test_an_answered_call_is_replaced_by_ones_own_other_phone_only(office: Office) -> None:
    call = rings_at_bob(office)
    office.bob.answers(call)
    call.is_up()
    early = TAGS + ";early-only"
    office.carol.replaces(call, office.bob).failed(603)
    softphone = office.second_phone(office.bob)
    softphone.replaces(call, office.bob, early).failed(486)
    softphone.replaces(call, office.bob).takes(call)


def test_a_call_that_is_over_is_not_replaced(office: Office) -> None:
    call = rings_at_bob(office)
    office.bob.answers(call)
    call.is_up()
    office.alice.hangs_up(call)
    call.is_over()
    office.second_phone(office.bob).replaces(call, office.bob).failed(481)
