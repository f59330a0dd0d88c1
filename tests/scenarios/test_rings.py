"""Phones ring differently for calls from inside and outside, in the words that their makers understand."""

from __future__ import annotations

import pytest
from tests.worlds.office import Office

YEALINK = "Yealink SIP-T46S 66.86.0.15"
PANASONIC = "Panasonic_KX-HDV330/08.001 (0080f0aabbcc)"


def test_a_call_of_a_colleague_rings_as_internal(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    call.is_told(office.bob, "Alert-Info", "<urn:alert:source:internal>")


def test_a_call_from_outside_rings_as_external(office: Office) -> None:
    provider = office.provider()
    office.numbers(office.bob, "+3225550103")
    call = provider.calls_in("+3225550103", "+32475123456")
    call.rings(office.bob)
    call.is_told(office.bob, "Alert-Info", "<urn:alert:source:external>")


@pytest.mark.parametrize(
    ("user_agent", "told"),
    [
        (YEALINK, "<http://127.0.0.1>;info=alert-internal;x-line-id=0"),
        (PANASONIC, "<http://127.0.0.1/Bellcore-dr1>"),
        ("PolycomVVX-VVX_411-UA/5.9.5.0614", "alert-internal"),
    ],
)
def test_a_phone_is_told_in_its_makers_words(office: Office, user_agent: str, told: str) -> None:
    office.bob.unplugs()
    phone = office.second_phone(office.bob, user_agent=user_agent)
    call = office.alice.calls(office.bob)
    call.rings(phone)
    call.is_told(phone, "Alert-Info", told)


def test_each_phone_of_a_person_is_told_in_its_own_makers_words(office: Office) -> None:
    yealink = office.second_phone(office.bob, user_agent=YEALINK)
    panasonic = office.second_phone(office.bob, user_agent=PANASONIC)
    call = office.alice.calls(office.bob)
    call.rings(office.bob, yealink, panasonic)
    call.is_told(office.bob, "Alert-Info", "<urn:alert:source:internal>")
    call.is_told(yealink, "Alert-Info", "<http://127.0.0.1>;info=alert-internal;x-line-id=0")
    call.is_told(panasonic, "Alert-Info", "<http://127.0.0.1/Bellcore-dr1>")
    panasonic.answers(call)
    call.is_up()
    call.does_not_ring(yealink)


def test_a_domain_chooses_its_own_ring(office: Office) -> None:
    office.bob.unplugs()
    phone = office.second_phone(office.bob, user_agent=YEALINK)
    office.chooses_ring("internal", text="Colleague")
    call = office.alice.calls(office.bob)
    call.rings(phone)
    call.is_told(phone, "Alert-Info", "info=Colleague")


def test_a_domain_switches_a_ring_off(office: Office) -> None:
    office.chooses_ring("internal", enabled=False)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    assert not call.arrived_with(office.bob, "Alert-Info")


def test_a_forwarded_call_rings_as_such_where_the_domain_wants_it(office: Office) -> None:
    office.forwards(office.bob, "always", office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.carol)
    call.is_told(office.carol, "Alert-Info", "urn:alert:source:internal")
    office.alice.cancels(call)
    office.chooses_ring("forwarded", enabled=True)
    again = office.alice.calls(office.bob)
    again.rings(office.carol)
    again.is_told(office.carol, "Alert-Info", "urn:alert:service:forward")


def test_the_phones_of_a_person_ring_alike(office: Office) -> None:
    office.rings_alike(office.bob)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    assert not call.arrived_with(office.bob, "Alert-Info")


def test_what_the_callers_phone_wishes_does_not_count(office: Office) -> None:
    call = office.alice.calls(office.bob, [("Alert-Info", "<http://mallory.test/long.wav>")])
    call.rings(office.bob)
    call.is_told(office.bob, "Alert-Info", "<urn:alert:source:internal>")
