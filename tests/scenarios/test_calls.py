"""Two people call each other."""

from __future__ import annotations

import pytest
from tests.worlds.office import Office


def test_a_call_reaches_the_called_person_and_they_hear_each_other(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.answers(call)
    call.is_up()
    office.alice.hangs_up(call)
    call.is_over()


def test_the_called_person_hangs_up(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.answers(call)
    call.is_up()
    office.bob.hangs_up(call)
    call.is_over()


def test_the_called_phone_shows_who_really_calls(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    call.shows(office.bob, "Alice Martin", "101")


def test_the_caller_gives_up_before_an_answer(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.alice.cancels(call)
    call.failed(487)
    call.is_over()


def test_all_phones_of_a_person_ring_and_the_others_stop_when_one_answers(office: Office) -> None:
    mobile = office.second_phone(office.bob)
    call = office.alice.calls(office.bob)
    call.rings(office.bob, mobile)
    mobile.answers(call)
    call.is_up()
    call.does_not_ring(office.bob)


def test_a_further_number_reaches_the_same_person(office: Office) -> None:
    office.numbers(office.bob, "150")
    call = office.alice.calls("150")
    call.rings(office.bob)
    office.bob.answers(call)
    call.is_up()


def test_two_calls_at_once_do_not_disturb_each_other(office: Office) -> None:
    dave = office.hires("Dave Janssens", "104")
    first = office.alice.calls(office.bob)
    second = office.carol.calls(dave)
    first.rings(office.bob)
    second.rings(dave)
    office.bob.answers(first)
    dave.refuses(second, 486)
    second.failed(486)
    first.is_up()


def test_the_same_extension_in_another_domain_is_somebody_else(office: Office) -> None:
    other_bob = office.hires("Bob Elsewhere", "102", domain="other.test")
    other_alice = office.hires("Alice Elsewhere", "101", domain="other.test")
    call = other_alice.calls("102")
    call.rings(other_bob)
    call.shows(other_bob, "Alice Elsewhere", "101")
    call.does_not_ring(office.bob)


def test_a_new_colleague_is_reached_at_once(office: Office) -> None:
    dave = office.hires("Dave Janssens", "104")
    call = office.alice.calls(dave)
    call.rings(dave)


def test_somebody_who_left_is_unknown_at_once_and_calls_go_on(office: Office) -> None:
    running = office.alice.calls(office.bob)
    running.rings(office.bob)
    office.bob.answers(running)
    running.is_up()
    office.dismisses(office.carol)
    call = office.alice.calls("103")
    call.failed(404)
    running.is_up()


@pytest.mark.parametrize("header", ["X-Carillon-Called", "X-Carillon-Leg", "X-Carillon-Caller"])
def test_private_headers_of_a_phone_have_no_effect(office: Office, header: str) -> None:
    call = office.alice.calls(office.bob, headers=[(header, "103@carillon.test")])
    call.rings(office.bob)
    call.does_not_ring(office.carol)
    call.shows(office.bob, "Alice Martin", "101")
    assert not call.arrived_with(office.bob, header)
