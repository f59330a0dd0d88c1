"""The caller's phone shows who is called, and what is said of him."""

from __future__ import annotations

import pytest
from tests.worlds.office import Office

IDENTITY = "P-Asserted-Identity"


def test_the_caller_sees_whom_he_calls(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    call.caller_hears(180, IDENTITY, '"Bob Dupont" <sip:102@')
    office.bob.answers(call)
    call.is_up()
    call.caller_hears(200, IDENTITY, '"Bob Dupont" <sip:102@')


def test_after_forwarding_the_caller_sees_who_really_rings_and_answers(office: Office) -> None:
    office.forwards(office.bob, "always", office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.carol)
    call.caller_hears(180, IDENTITY, '"Carol Peeters" <sip:103@')
    office.carol.answers(call)
    call.is_up()
    call.caller_hears(200, IDENTITY, '"Carol Peeters" <sip:103@')


def test_who_calls_from_outside_is_told_no_name(office: Office) -> None:
    provider = office.provider()
    office.numbers(office.bob, "+3225550103")
    call = provider.calls_in("+3225550103", "+32475123456")
    call.rings(office.bob)
    call.caller_hears_no(180, IDENTITY)
    office.bob.answers(call)
    call.is_up()
    call.caller_hears_no(200, IDENTITY)


def test_where_a_private_mobile_rings_the_caller_sees_no_number_of_it(office: Office) -> None:
    provider = office.provider()
    office.allows(office.bob, "mobile")
    office.forwards(office.bob, "always", "+32475123456")
    call = office.alice.calls(office.bob)
    call.rings(provider)
    call.caller_hears(180, IDENTITY, '"Bob Dupont" <sip:102@')


@pytest.mark.parametrize(
    ("state", "words"),
    [("away", "Bob Dupont is away"), ("vacation", "Bob Dupont is on vacation"), ("busy", "Bob Dupont is busy")],
)
def test_somebody_who_is_away_rings_anyway_and_the_caller_is_told(office: Office, state: str, words: str) -> None:
    office.is_in_state(office.bob, state)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    call.caller_hears(180, "Warning", words)
    office.bob.refuses(call, 480)
    call.failed(480)
    call.was_told("Warning", words)


def test_the_caller_is_told_that_somebody_is_busy(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.failed(486)
    call.was_told("Warning", "Bob Dupont is busy")


def test_a_warning_of_a_phone_comes_without_its_addresses(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 480, "", [("Warning", '399 pbx7.corp.local "Ask 10.1.2.3:5060 or pbx7.corp.local"')])
    call.failed(480)
    call.was_told("Warning", 'carillon.test "Ask … or …"')
