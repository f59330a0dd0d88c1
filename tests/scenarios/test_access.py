"""Calling through the system from a mobile outside: the access number, the PIN, and who is let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.worlds.office import Call, Office, Person

ACCESS = "+3225550199"
MOBILE = "+32475123456"
OUTSIDE = "+3222223344"
DIALLED = "022223344"


def calls_access(office: Office, *, trusted: bool = True) -> tuple[Person, Call]:
    """Alice calls the access number from her mobile."""
    provider = office.provider()
    office.carries(office.alice, MOBILE)
    office.answers_at(ACCESS, "access")
    if trusted:
        office.trusts(provider)
    return provider, provider.calls_in(ACCESS, as_number=MOBILE)


def test_a_colleague_is_called_from_a_mobile_as_from_the_desk(office: Office) -> None:
    provider, call = calls_access(office)
    call.types("102#")
    call.rings(office.bob)
    call.shows(office.bob, "Alice Martin", "101")
    call.is_told(office.bob, "P-Asserted-Identity", "<sip:101@")
    office.bob.answers(call)
    call.is_up()
    provider.hangs_up(call)
    call.is_over()


def test_the_called_person_hangs_up_and_the_call_is_over(office: Office) -> None:
    _, call = calls_access(office)
    call.types("102#")
    call.rings(office.bob)
    office.bob.answers(call)
    call.is_up()
    office.bob.hangs_up(call)
    call.is_over()


def test_forwarding_counts_as_for_any_call_inside(office: Office) -> None:
    office.forwards(office.bob, "always", office.carol, origin="internal")
    _, call = calls_access(office)
    call.types("102#")
    call.rings(office.carol)
    call.shows(office.carol, "Alice Martin", "101")


def test_a_call_that_costs_wants_the_pin(office: Office) -> None:
    office.allows(office.alice, "national")
    office.gives_pin(office.alice, "4729")
    provider, call = calls_access(office)
    office.numbers(office.alice, "+3225550101")
    call.types(f"{DIALLED}#")
    call.types("4729#")
    call.rings(provider)
    call.is_for(provider, OUTSIDE)
    call.is_told(provider, "P-Asserted-Identity", "+3225550100")


def test_a_wrong_pin_leads_nowhere(office: Office) -> None:
    office.allows(office.alice, "national")
    office.gives_pin(office.alice, "4729")
    provider, call = calls_access(office)
    call.types(f"{DIALLED}#")
    for _ in range(3):
        call.types("4728#")
    call.is_over()
    call.does_not_ring(provider)


def test_without_a_pin_there_are_no_calls_that_cost(office: Office) -> None:
    office.allows(office.alice, "national")
    provider, call = calls_access(office)
    call.types(f"{DIALLED}#")
    for pin in ("#", "0000#", "1234#"):
        call.types(pin)
    call.is_over()
    call.does_not_ring(provider)


def test_the_right_to_a_class_of_numbers_is_that_of_the_person(office: Office) -> None:
    office.allows(office.alice, "mobile")
    office.gives_pin(office.alice, "4729")
    provider, call = calls_access(office)
    call.types(f"{DIALLED}#")
    call.types("4729#")
    call.types("102#")
    call.rings(office.bob)
    call.does_not_ring(provider)


def test_a_free_number_wants_no_pin(office: Office) -> None:
    office.allows(office.alice, "free")
    provider, call = calls_access(office)
    call.types("080012345#")
    call.rings(provider)
    call.is_for(provider, "+3280012345")


def test_a_call_for_help_wants_neither_pin_nor_right(office: Office) -> None:
    office.allows(office.alice)
    office.calls_for_help_as("+3225550112")
    provider, call = calls_access(office)
    call.types("112#")
    call.rings(provider)
    call.is_for(provider, "112")
    call.is_told(provider, "P-Asserted-Identity", "+3225550112")


def test_a_wrong_number_may_be_typed_again(office: Office) -> None:
    _, call = calls_access(office)
    call.types("999999#")
    call.types("102#")
    call.rings(office.bob)


def test_who_is_busy_may_be_followed_by_somebody_else(office: Office) -> None:
    _, call = calls_access(office)
    call.types("102#")
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.types("103#")
    call.rings(office.carol)
    office.carol.answers(call)
    call.is_up()


def test_three_wrong_numbers_are_the_end(office: Office) -> None:
    _, call = calls_access(office)
    for _ in range(3):
        call.types("999999#")
    call.is_over()


def test_the_access_number_leads_not_to_itself(office: Office) -> None:
    office.allows(office.alice, "national")
    office.answers_at("199", "access")
    _, call = calls_access(office)
    call.types("199#")
    call.types("102#")
    call.rings(office.bob)


def test_a_trunk_that_is_not_trusted_lets_nobody_in(office: Office) -> None:
    _, call = calls_access(office, trusted=False)
    call.failed(403)


def test_a_stranger_is_refused_by_the_same_code(office: Office) -> None:
    provider = office.provider()
    office.answers_at(ACCESS, "access")
    office.trusts(provider)
    provider.calls_in(ACCESS, as_number=MOBILE).failed(403)


@pytest.mark.simulated_only
@pytest.mark.parametrize("number", ["anonymous", "101", "12345"])
def test_who_hides_his_number_or_gives_none_is_refused(office: Office, number: str) -> None:
    provider = office.provider()
    office.carries(office.alice, MOBILE)
    office.answers_at(ACCESS, "access")
    office.trusts(provider)
    provider.calls_in(ACCESS, as_number=number).failed(403)


def test_a_phone_inside_has_no_use_for_the_access_number(office: Office) -> None:
    office.answers_at("199", "access")
    office.alice.calls("199").failed(404)


def test_calls_from_outside_count_for_the_person(office: Office) -> None:
    office.limits(office.alice, 1)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.answers(call)
    call.is_up()
    office.counts(office.alice, 1)
    _, second = calls_access(office)
    second.types("103#")
    second.does_not_ring(office.carol)
    office.alice.hangs_up(call)
    office.frees(office.alice)
    second.types("103#")
    second.rings(office.carol)
    office.carol.answers(second)
    office.counts(office.alice, 1)


def test_a_number_is_hidden_by_code(office: Office) -> None:
    office.allows(office.alice, "national")
    office.gives_pin(office.alice, "4729")
    provider, call = calls_access(office)
    call.types(f"*31{DIALLED}#")
    call.types("4729#")
    call.rings(provider)
    call.is_told(provider, "Privacy", "id")
