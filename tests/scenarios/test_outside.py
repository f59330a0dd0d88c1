"""Calls that leave and come in by trunks."""

from __future__ import annotations

import pytest
from tests.worlds.office import Office


@pytest.mark.parametrize("dialled", ["02 555 12 34", "025551234", "+32 2 555 12 34", "0032 2 555.12.34"])
def test_however_it_is_dialled_the_provider_gets_one_form_of_the_number(office: Office, dialled: str) -> None:
    provider = office.provider()
    office.allows(office.alice, "national")
    call = office.alice.calls(dialled)
    call.rings(provider)
    call.is_for(provider, "+3225551234")
    provider.answers(call)
    call.is_up()
    office.alice.hangs_up(call)
    call.is_over()


def test_the_provider_is_told_the_trunks_main_number(office: Office) -> None:
    provider = office.provider()
    office.allows(office.alice, "national")
    call = office.alice.calls("025551234")
    call.rings(provider)
    call.shows(provider, "Alice Martin", "+3225550100")


def test_a_class_of_calls_that_is_not_allowed(office: Office) -> None:
    office.provider()
    office.allows(office.alice, "national")
    call = office.alice.calls("+33142685300")
    call.failed(403)
    call.was_told("Warning", "international")


def test_an_emergency_call_needs_no_right(office: Office) -> None:
    provider = office.provider()
    office.allows(office.alice)
    call = office.alice.calls("112")
    call.rings(provider)
    call.is_for(provider, "112")


def test_an_emergency_call_shows_the_number_of_its_place(office: Office) -> None:
    provider = office.provider()
    office.calls_for_help_as("+3225550112")
    call = office.alice.calls("*31112")  # those who help must know where to go: nobody withholds that
    call.rings(provider)
    call.is_for(provider, "112")
    call.shows(provider, "Alice Martin", "+3225550112")


def test_an_emergency_call_reaches_no_extension_of_the_same_digits(office: Office) -> None:
    provider = office.provider()
    lobby = office.hires("Lobby", "112")
    call = office.alice.calls("112")
    call.rings(provider)
    call.is_for(provider, "112")
    call.does_not_ring(lobby)


def test_neither_inside_nor_a_valid_number_outside(office: Office) -> None:
    office.provider()
    office.allows(office.alice, "national", "mobile", "international")
    office.alice.calls("0999").failed(404)


def test_the_real_code_of_the_provider_reaches_the_caller(office: Office) -> None:
    provider = office.provider()
    office.allows(office.alice, "national")
    call = office.alice.calls("025551234")
    call.rings(provider)
    provider.refuses(call, 486)
    call.failed(486)


def test_a_silent_trunk_is_followed_by_the_next(office: Office) -> None:
    first, second = office.provider("first"), office.provider("second")
    office.allows(office.alice, "national")
    first.loses_power()
    call = office.alice.calls("025551234")
    call.rings(second)
    second.answers(call)
    call.is_up()


def test_the_next_trunk_is_told_its_own_main_number(office: Office) -> None:
    first, second = office.provider("first"), office.provider("second", "+3226660100")
    office.allows(office.alice, "national")
    first.loses_power()
    call = office.alice.calls("025551234")
    call.rings(second)
    call.shows(second, "Alice Martin", "+3226660100")


def test_a_forwarded_call_goes_on_by_the_next_trunk(office: Office) -> None:
    """To the same number, with the rights and the number of who forwards; and if nobody answers there, to his next."""
    first, second = office.provider("first"), office.provider("second", "+3226660100")
    office.allows(office.bob, "mobile")
    office.forwards(office.bob, "always", "+32475123456", office.carol)
    first.loses_power()
    call = office.alice.calls(office.bob)
    call.rings(second)
    call.is_for(second, "+32475123456")
    second.refuses(call, 486)
    call.rings(office.carol)


def test_when_every_trunk_fails_the_caller_is_told(office: Office) -> None:
    first, second = office.provider("first"), office.provider("second")
    office.allows(office.alice, "national")
    first.loses_power()
    second.loses_power()
    call = office.alice.calls("025551234")
    call.failed(480)
    call.was_told("Warning", "cannot be reached: the line is silent")


def test_once_the_far_end_rang_no_other_trunk_is_tried(office: Office) -> None:
    first, second = office.provider("first"), office.provider("second")
    office.allows(office.alice, "national")
    call = office.alice.calls("025551234")
    call.rings(first)
    first.refuses(call, 500)
    call.failed(500)
    call.does_not_ring(second)


def test_a_call_withheld_by_code(office: Office) -> None:
    provider = office.provider()
    office.allows(office.alice, "national")
    call = office.alice.calls("*31025551234")
    call.rings(provider)
    call.is_for(provider, "+3225551234")
    call.shows(provider, "Anonymous", "anonymous")
    assert call.arrived_with(provider, "Privacy")
    assert not call.arrived_with(provider, "P-Asserted-Identity")


def test_a_call_to_a_colleague_withheld_by_code(office: Office) -> None:
    call = office.alice.calls("*31#102")
    call.rings(office.bob)
    call.shows(office.bob, "Anonymous", "anonymous")
    assert not call.arrived_with(office.bob, "P-Asserted-Identity")
    office.bob.answers(call)
    call.is_up()


def test_a_code_that_wants_a_number_and_gets_none(office: Office) -> None:
    call = office.alice.calls("*31")
    call.failed(404)
    call.was_told("Warning", "Dial *31NUMBER")


def test_a_trunk_that_was_found_silent_is_tried_last(office: Office) -> None:
    first, second = office.provider("first"), office.provider("second")
    office.allows(office.alice, "national")
    first.loses_power()
    office.notices(first)
    call = office.alice.calls("025551234")
    call.rings(second)
    second.answers(call)
    call.is_up()


def test_a_call_from_outside_reaches_whoever_has_the_number(office: Office) -> None:
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    call = provider.calls_in("+3225550102", as_number="+32475123456")
    call.rings(office.bob)
    call.shows(office.bob, "", "+32475123456")
    office.bob.answers(call)
    call.is_up()
    office.bob.hangs_up(call)
    call.is_over()


def test_a_call_from_outside_to_nobodys_number(office: Office) -> None:
    office.provider().calls_in("+3225550199", as_number="+32475123456").failed(404)


def test_a_provider_cannot_call_out_again_through_us(office: Office) -> None:
    office.provider("first")
    office.provider("second").calls_in("+33142685300", as_number="+32475123456").failed(404)


@pytest.mark.parametrize(
    ("code", "words"),
    [(486, "The person you called is busy"), (480, "The person you called can't be reached"), (603, "declined")],
)
def test_a_caller_outside_is_told_why_and_nothing_of_people(office: Office, code: int, words: str) -> None:
    """Neither what we say of somebody, nor what his phone says."""
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    office.is_in_state(office.bob, "vacation")
    call = provider.calls_in("+3225550102", as_number="+32475123456")
    call.rings(office.bob)
    office.bob.refuses(call, code, "", [("Warning", '399 bob.example "Bob is at the dentist"')])
    call.failed(code)
    call.was_told("Warning", words)
    for private in ("Bob", "vacation", "dentist", "*37"):
        call.was_not_told("Warning", private)


def test_a_caller_outside_learns_no_name_of_who_has_no_phone(office: Office) -> None:
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    office.bob.unplugs()
    call = provider.calls_in("+3225550102", as_number="+32475123456")
    call.failed(480)
    call.was_told("Warning", "The person you called can't be reached")
    call.was_not_told("Warning", "Bob")
