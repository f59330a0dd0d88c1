"""Calls that do not go through: the caller learns the real reason."""

from __future__ import annotations

import pytest
from tests.worlds.office import Office

CODES = [400, 403, 404, 410, 415, 420, 480, 482, 484, 486, 488, 500, 501, 502, 504, 513, 600, 603, 604, 606]


@pytest.mark.parametrize("code", CODES)
def test_the_real_code_of_the_called_phone_reaches_the_caller(office: Office, code: int) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, code)
    call.failed(code)
    call.is_over()


def test_the_called_phone_says_why(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486, "In A Meeting", [("Warning", '399 bob.example "Bob is in a meeting"')])
    call.failed(486)
    call.was_told("Warning", "Bob is in a meeting")


def test_a_503_of_the_far_end_arrives_as_500_with_its_headers(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    far_end = [("Warning", '399 far.example "Overloaded"'), ("Retry-After", "120")]
    office.bob.refuses(call, 503, headers=far_end)
    call.failed(500)
    call.was_told("Warning", "Overloaded")
    call.was_told("Retry-After", "120")


def test_a_number_that_nobody_has(office: Office) -> None:
    office.alice.calls("199").failed(404)


def test_nobody_has_an_empty_number(office: Office) -> None:
    office.alice.calls("not-a-number").failed(404)


def test_a_person_without_a_registered_phone(office: Office) -> None:
    office.bob.unplugs()
    call = office.alice.calls(office.bob)
    call.failed(480)
    call.was_told("Warning", "Bob Dupont has no phone registered")


def test_a_phone_that_has_lost_power(office: Office) -> None:
    office.bob.loses_power()
    call = office.alice.calls(office.bob)
    call.failed(480)
    call.was_told("Warning", "cannot be reached")


def test_what_one_phone_says_counts_more_than_the_silence_of_another(office: Office) -> None:
    dead = office.second_phone(office.bob)
    dead.loses_power()
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.failed(486)


def test_a_phone_that_comes_back_is_reached_again(office: Office) -> None:
    office.bob.unplugs()
    office.alice.calls(office.bob).failed(480)
    office.bob.plugs_in()
    office.alice.calls(office.bob).rings(office.bob)


def test_a_phone_sends_its_call_to_what_is_no_number_here(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 302, headers=[("Contact", "<sip:mallory@elsewhere.test>")])
    call.failed(480)
    call.does_not_ring(office.carol)


@pytest.mark.needs_asterisk
def test_no_gateway_and_then_it_is_back(office: Office) -> None:
    office.gateway.dies()
    call = office.alice.calls(office.bob)
    call.failed(503)
    call.was_told("Retry-After", "5")
    office.gateway.returns()
    again = office.alice.calls(office.bob)
    again.rings(office.bob)
    office.bob.answers(again)
    again.is_up()


def test_without_the_hand_over_store_calls_and_codes_still_go_through(office: Office) -> None:
    office.redis.dies()
    refused = office.alice.calls(office.bob)
    refused.rings(office.bob)
    office.bob.refuses(refused, 486)
    refused.failed(486)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.answers(call)
    call.is_up()
    office.redis.returns()


def test_a_stranger_learns_nothing(office: Office) -> None:
    stranger = office.stranger()
    stranger.calls(office.bob).failed(407)
    stranger.calls("199").failed(407)


def test_a_wrong_password_calls_nobody(office: Office) -> None:
    call = office.impostor(office.alice).calls(office.bob)
    call.failed(407)
    call.does_not_ring(office.bob)
