"""Ring groups: who rings, who takes the call, what the caller gets when nobody does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.worlds.office import Office


def test_all_of_a_group_ring_and_one_answers(office: Office) -> None:
    office.has_group("sales", office.bob, office.carol, number="200")
    call = office.alice.calls("200")
    call.rings(office.bob, office.carol)
    office.carol.answers(call)
    call.is_up()
    call.does_not_ring(office.bob)
    office.carol.hangs_up(call)
    call.is_over()


def test_who_is_called_sees_the_groups_name(office: Office) -> None:
    office.has_group("sales", office.bob, office.carol, number="200")
    call = office.alice.calls("200")
    call.rings(office.bob)
    call.shows(office.bob, "sales: Alice Martin", "101")


def test_the_caller_gives_up(office: Office) -> None:
    office.has_group("sales", office.bob, office.carol, number="200")
    call = office.alice.calls("200")
    call.rings(office.bob, office.carol)
    office.alice.cancels(call)
    call.is_over()


def test_one_refuses_and_the_others_go_on_ringing(office: Office) -> None:
    office.has_group("sales", office.bob, office.carol, number="200")
    call = office.alice.calls("200")
    call.rings(office.bob, office.carol)
    office.bob.refuses(call, 603)
    office.carol.answers(call)
    call.is_up()


@pytest.mark.parametrize(("code", "told"), [(486, "Everybody of sales is busy"), (603, "Nobody of sales wants")])
def test_all_refuse(office: Office, code: int, told: str) -> None:
    office.has_group("sales", office.bob, office.carol, number="200")
    call = office.alice.calls("200")
    call.rings(office.bob, office.carol)
    office.bob.refuses(call, code)
    office.carol.refuses(call, code)
    call.failed(code)
    call.was_told("Warning", told)


def test_nobody_of_a_group_is_there(office: Office) -> None:
    office.has_group("sales", office.bob, office.carol, number="200")
    office.bob.unplugs()
    office.carol.unplugs()
    call = office.alice.calls("200")
    call.failed(480)
    call.was_told("Warning", "Nobody of sales is there")


def test_a_group_without_members(office: Office) -> None:
    office.has_group("sales", number="200")
    call = office.alice.calls("200")
    call.failed(480)
    call.was_told("Warning", "sales has no members")


def test_members_who_do_not_want_or_cannot_are_left_out(office: Office) -> None:
    office.has_group("sales", office.bob, office.carol, number="200")
    office.is_in_state(office.bob, "dnd")
    call = office.alice.calls("200")
    call.rings(office.carol)
    call.does_not_ring(office.bob)


def test_members_own_forwarding_does_not_count(office: Office) -> None:
    dave = office.hires("Dave Maes", "104")
    office.forwards(office.bob, "always", dave)
    office.forwards(office.bob, "busy", dave)
    office.has_group("sales", office.bob, number="200")
    call = office.alice.calls("200")
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.failed(486)
    call.does_not_ring(dave)


def test_a_phones_own_forwarding_does_not_count(office: Office) -> None:
    office.has_group("sales", office.bob, number="200")
    call = office.alice.calls("200")
    call.rings(office.bob)
    office.bob.sends_on(call, office.carol)
    call.failed(480)
    call.does_not_ring(office.carol)


def test_a_group_in_turn(office: Office) -> None:
    office.has_group("sales", office.bob, office.carol, number="200", ring="in-turn")
    call = office.alice.calls("200")
    call.rings(office.bob)
    call.does_not_ring(office.carol)
    office.bob.refuses(call, 486)
    call.rings(office.carol)
    office.carol.answers(call)
    call.is_up()


def test_in_turn_who_does_not_answer_is_followed_by_the_next(office: Office) -> None:
    office.has_group("sales", office.bob, office.carol, number="200", ring="in-turn", ring_s=5)
    call = office.alice.calls("200")
    call.rings(office.bob)
    office.bob.lets_it_ring(call)
    call.rings(office.carol)
    office.carol.answers(call)
    call.is_up()


def test_a_group_that_nobody_answers_goes_on(office: Office) -> None:
    office.has_group("sales", office.bob, number="200", ring_s=5, then="103")
    call = office.alice.calls("200")
    call.rings(office.bob)
    office.bob.lets_it_ring(call)
    call.rings(office.carol)
    call.shows(office.carol, "Alice Martin", "101")
    office.carol.answers(call)
    call.is_up()


def test_what_a_group_goes_on_to_fails_with_its_own_code(office: Office) -> None:
    office.has_group("sales", office.bob, number="200", then="103")
    call = office.alice.calls("200")
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.rings(office.carol)
    office.carol.refuses(call, 603, "Not Now")
    call.failed(603)


def test_a_group_goes_on_to_another_group_and_never_in_a_circle(office: Office) -> None:
    office.has_group("support", office.carol)
    office.has_group("sales", office.bob, number="200", then="group:support")
    call = office.alice.calls("200")
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.rings(office.carol)
    office.carol.refuses(call, 486)
    call.failed(486)


def test_groups_that_lead_to_each_other_end(office: Office) -> None:
    office.has_group("support", office.carol)
    office.has_group("sales", office.bob, number="200", then="group:support")
    office.has_group("support", office.carol, then="group:sales")
    call = office.alice.calls("200")
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.rings(office.carol)
    office.carol.refuses(call, 486)
    call.failed(482)


def test_a_person_forwards_to_a_group(office: Office) -> None:
    office.has_group("sales", office.carol)
    office.forwards(office.bob, "busy", "group:sales")
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.rings(office.carol)
    office.carol.answers(call)
    call.is_up()


def test_a_group_to_which_somebody_forwards_fails_with_its_code(office: Office) -> None:
    office.has_group("sales", office.carol)
    office.forwards(office.bob, "always", "group:sales")
    call = office.alice.calls(office.bob)
    call.rings(office.carol)
    office.carol.refuses(call, 486)
    call.failed(486)
    call.was_told("Warning", "Everybody of sales is busy")


def test_a_group_to_which_somebody_forwards_declines(office: Office) -> None:
    office.has_group("sales", office.carol)
    office.forwards(office.bob, "always", "group:sales")
    call = office.alice.calls(office.bob)
    call.rings(office.carol)
    office.carol.refuses(call, 603)
    call.failed(603)


def test_a_call_from_outside_for_a_group(office: Office) -> None:
    provider = office.provider()
    office.has_group("sales", office.bob, office.carol, number="+3225550200")
    call = provider.calls_in("+3225550200", as_number="+32475123456")
    call.rings(office.bob, office.carol)
    office.bob.answers(call)
    call.is_up()
    call.does_not_ring(office.carol)


def test_whoever_has_talked_with_a_member_is_not_sent_on(office: Office) -> None:
    office.has_group("sales", office.bob, office.carol, number="200", then="voicemail:103")
    call = office.alice.calls("200")
    call.rings(office.bob, office.carol)
    office.carol.answers(call)
    call.is_up()
    office.carol.hangs_up(call)
    call.is_over()
