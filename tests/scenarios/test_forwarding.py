"""Calls that go on to somebody else, because people said so beforehand."""

from __future__ import annotations

import pytest
from tests.worlds.office import Office


def test_all_calls_of_a_person_go_to_a_colleague(office: Office) -> None:
    office.forwards(office.bob, "always", office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.carol)
    call.does_not_ring(office.bob)
    call.shows(office.carol, "Alice Martin", "101")
    assert call.arrived_with(office.carol, "Diversion")
    office.carol.answers(call)
    call.is_up()
    office.alice.hangs_up(call)
    call.is_over()


def test_a_colleague_is_called_when_a_person_is_busy(office: Office) -> None:
    office.forwards(office.bob, "busy", office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.rings(office.carol)
    office.carol.answers(call)
    call.is_up()
    office.carol.hangs_up(call)
    call.is_over()


def test_a_colleague_is_called_when_a_person_does_not_answer(office: Office) -> None:
    office.forwards(office.bob, "no-answer", office.carol, after_s=5)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.lets_it_ring(call)
    call.rings(office.carol)
    call.does_not_ring(office.bob)
    office.carol.answers(call)
    call.is_up()


def test_a_colleague_is_called_when_no_phone_is_registered(office: Office) -> None:
    office.forwards(office.bob, "offline", office.carol)
    office.bob.unplugs()
    call = office.alice.calls(office.bob)
    call.rings(office.carol)


def test_a_colleague_is_called_when_the_phone_has_lost_power(office: Office) -> None:
    office.forwards(office.bob, "unreachable", office.carol)
    office.bob.loses_power()
    office.alice.calls(office.bob).rings(office.carol)


@pytest.mark.parametrize(("cause", "code"), [("declined", 603), ("code:488", 488), ("busy", 600), ("offline", 404)])
def test_what_the_phone_says_chooses_the_row(office: Office, cause: str, code: int) -> None:
    office.forwards(office.bob, cause, office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, code)
    call.rings(office.carol)


def test_another_cause_is_not_forwarded(office: Office) -> None:
    office.forwards(office.bob, "busy", office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 603)
    call.failed(603)
    call.does_not_ring(office.carol)


def test_the_last_one_who_was_called_says_why(office: Office) -> None:
    office.forwards(office.bob, "busy", office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.rings(office.carol)
    office.carol.refuses(call, 603, "No Thanks")
    call.failed(603)
    call.is_over()


def test_the_caller_gives_up_while_the_second_one_rings(office: Office) -> None:
    office.forwards(office.bob, "busy", office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.rings(office.carol)
    office.alice.cancels(call)
    call.does_not_ring(office.carol)
    call.is_over()


def test_several_targets_are_called_in_turn(office: Office) -> None:
    dave = office.hires("Dave Maes", "104")
    office.forwards(office.bob, "always", office.carol, dave)
    call = office.alice.calls(office.bob)
    call.rings(office.carol)
    office.carol.refuses(call, 486)
    call.rings(dave)
    dave.answers(call)
    call.is_up()


def test_forwards_follow_each_other(office: Office) -> None:
    dave = office.hires("Dave Maes", "104")
    office.forwards(office.bob, "always", office.carol)
    office.forwards(office.carol, "busy", dave)
    call = office.alice.calls(office.bob)
    call.rings(office.carol)
    office.carol.refuses(call, 486)
    call.rings(dave)


def test_two_people_who_forward_to_each_other(office: Office) -> None:
    office.forwards(office.bob, "always", office.carol)
    office.forwards(office.carol, "always", office.bob)
    call = office.alice.calls(office.bob)
    call.failed(482)
    office.alice.calls("102").failed(482)
    office.bob.calls(office.alice).rings(office.alice)


def test_a_colleague_who_left_is_passed_over(office: Office) -> None:
    office.forwards(office.bob, "always", office.carol)
    office.forwards(office.bob, "busy", office.carol)
    office.dismisses(office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.failed(486)
