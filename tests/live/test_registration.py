"""Registering: what a device gets for each way to ask, and where people are reached afterwards."""

from __future__ import annotations

import json

import pytest
from tests.live.company import Company, bindings, registers
from tests.worlds.building import carillon

pytestmark = pytest.mark.engines

DESK, HOME = "sip:101@10.77.0.11:5070", "sip:101@10.77.0.12:5070"


def test_a_contact_is_stored_with_the_expiry_that_was_asked(company: Company) -> None:
    alice = company.raw("101")
    answer = registers(alice, [f"<{DESK}>"], 600)
    assert answer.code == 200
    assert bindings(answer) == {DESK: 600}


def test_one_address_has_several_contacts(company: Company) -> None:
    alice = company.raw("101")
    registers(alice, [f"<{DESK}>"], 600)
    answer = registers(alice, [f"<{HOME}>"], 300)
    assert bindings(answer) == pytest.approx({DESK: 600, HOME: 300}, abs=2)


def test_one_request_stores_several_contacts_each_with_its_own_expiry(company: Company) -> None:
    answer = registers(company.raw("101"), [f"<{DESK}>;expires=200, <{HOME}>;expires=400"])
    assert bindings(answer) == {DESK: 200, HOME: 400}


def test_two_devices_of_a_person_are_contacts_of_the_same_address(company: Company) -> None:
    company.gives_device("101", "alice-mobile")
    desk, mobile = company.registered("101"), company.registered("101", device="alice-mobile")
    assert set(bindings(registers(desk))) == {desk.contact, mobile.contact}


def test_a_refresh_does_not_double_the_contact(company: Company) -> None:
    alice = company.raw("101")
    registers(alice, [f"<{DESK}>"], 300, call_id="always-the-same")
    answer = registers(alice, [f"<{DESK}>"], 600, call_id="always-the-same")
    assert bindings(answer) == {DESK: 600}


def test_a_phone_that_restarts_replaces_its_contact(company: Company) -> None:
    alice = company.raw("101")
    registers(alice, [f"<{DESK}>"], 300, call_id="before-the-restart")
    answer = registers(alice, [f"<{DESK}>"], 600, call_id="after-the-restart")
    assert bindings(answer) == {DESK: 600}


def test_one_contact_is_removed_and_the_other_stays(company: Company) -> None:
    alice = company.raw("101")
    registers(alice, [f"<{DESK}>", f"<{HOME}>"], 600)
    answer = registers(alice, [f"<{DESK}>;expires=0"])
    assert set(bindings(answer)) == {HOME}


def test_all_contacts_are_removed_at_once(company: Company) -> None:
    alice = company.raw("101")
    registers(alice, [f"<{DESK}>", f"<{HOME}>"], 600)
    answer = registers(alice, ["*"], 0)
    assert answer.code == 200
    assert bindings(answer) == {}
    assert bindings(registers(alice)) == {}


def test_all_contacts_with_an_expiry_is_nonsense(company: Company) -> None:
    alice = company.raw("101")
    registers(alice, [f"<{DESK}>"], 600)
    assert registers(alice, ["*"], 60).code == 400
    assert set(bindings(registers(alice))) == {DESK}


def test_asking_only_changes_nothing(company: Company) -> None:
    alice = company.raw("101")
    registers(alice, [f"<{DESK}>"], 600)
    assert bindings(registers(alice)) == pytest.approx({DESK: 600}, abs=2)


@pytest.mark.parametrize("short", [f"<{DESK}>;expires=59", f"<{DESK}>;expires=3600, <{HOME}>;expires=5"])
def test_an_expiry_that_is_too_short_is_refused_with_the_least(company: Company, short: str) -> None:
    alice = company.raw("101")
    answer = registers(alice, [short])
    assert (answer.code, answer.header("Min-Expires")) == (423, "60")
    assert bindings(registers(alice)) == {}


def test_the_least_expiry_is_taken(company: Company) -> None:
    assert bindings(registers(company.raw("101"), [f"<{DESK}>"], 60)) == {DESK: 60}


@pytest.mark.parametrize("long", [3601, 86400, 2**32 - 1])
def test_an_expiry_that_is_too_long_is_shortened(company: Company, long: int) -> None:
    assert bindings(registers(company.raw("101"), [f"<{DESK}>"], long)) == {DESK: 3600}


def test_without_an_expiry_it_is_an_hour(company: Company) -> None:
    assert bindings(registers(company.raw("101"), [f"<{DESK}>"])) == {DESK: 3600}


def test_more_contacts_than_allowed_are_refused(company: Company) -> None:
    alice = company.raw("101")
    ten = [f"<sip:101@10.77.0.11:{port}>" for port in range(6000, 6010)]
    assert registers(alice, ten, 600).code == 200
    refused = registers(alice, [f"<{HOME}>"], 600)
    assert refused.code == 403
    assert "at most 10 contacts" in (refused.header("Warning") or "")
    assert len(bindings(registers(alice))) == 10


def test_a_full_address_still_refreshes_and_exchanges_contacts(company: Company) -> None:
    alice = company.raw("101")
    ten = [f"<sip:101@10.77.0.11:{port}>" for port in range(6000, 6010)]
    registers(alice, ten, 600)
    assert registers(alice, ten[3:4], 300).code == 200
    assert registers(alice, [f"{ten[0]};expires=0", f"<{HOME}>"], 600).code == 200
    assert HOME in bindings(registers(alice))
    assert registers(alice, ["*"], 0).code == 200


def test_more_contacts_in_one_request_than_allowed_store_nothing(company: Company) -> None:
    alice = company.raw("101")
    eleven = [f"<sip:101@10.77.0.11:{port}>" for port in range(6000, 6011)]
    assert registers(alice, eleven, 600).code == 403
    assert bindings(registers(alice)) == {}


def test_a_device_with_a_name_of_its_own_moves_though_the_address_is_full(company: Company) -> None:
    """RFC 5626: the same instance behind a new contact is the same device."""
    alice, instance = company.raw("101"), '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"'
    nine = [f"<sip:101@10.77.0.11:{port}>" for port in range(6000, 6009)]
    assert registers(alice, [*nine, f"<{DESK}>;{instance}"], 600).code == 200
    assert registers(alice, [f"<{HOME}>;{instance}"], 600).code == 200


def test_a_device_does_not_register_for_somebody_else(company: Company) -> None:
    alice, bob = company.raw("101"), company.raw("102")
    answer = registers(alice, [f"<{DESK}>"], 600, to=f"<{company.uri('102')}>")
    assert answer.code == 403
    assert bindings(registers(bob)) == {}


def test_a_device_that_registers_by_its_own_name_is_its_persons_phone(company: Company) -> None:
    company.gives_device("101", "alice-mobile")
    mobile = company.raw("101", device="alice-mobile")
    own = f"<{company.uri('alice-mobile')}>"
    assert registers(mobile, [f"<{HOME}>"], 600, to=own, from_=f"{own};tag=1").code == 200
    assert set(bindings(registers(company.raw("101")))) == {HOME}


def test_a_domain_that_nobody_serves(company: Company) -> None:
    stranger = company.raw("101", domain="nowhere.test")
    answer = stranger.exchange(stranger.request("REGISTER", "sip:nowhere.test", to="<sip:101@nowhere.test>"))
    assert answer.code == 401
    assert "nowhere.test" not in (answer.header("WWW-Authenticate") or "")


def test_the_node_may_be_named_by_its_address(company: Company) -> None:
    """Phones whose registrar is an address: the realm of their credentials says which domain they mean."""
    alice = company.raw("101")
    own = "<sip:101@10.77.0.1>"
    login = registers(alice, [f"<{DESK}>"], 600, from_=f"{own};tag=1", to=own)
    assert login.code == 401  # the address means the default domain, which does not know her


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (f"<{HOME}", "Bad Contact Header"),
        ("<mailto:alice@example.org>", "no SIP address"),
        (f"<sip:{'a' * 4096}@10.77.0.11>", "too long"),
        (f'<{HOME}>;q="2.0"', "q is a number"),
        ("*", "stands alone"),
    ],
)
def test_one_broken_contact_spoils_the_request(company: Company, wrong: str, word: str) -> None:
    alice = company.raw("101")
    answer = registers(alice, [f"<{DESK}>", wrong], 600)
    assert answer.code == 400
    assert word in (answer.header("Warning") or answer.reason)
    assert bindings(registers(alice)) == {}


@pytest.mark.parametrize("odd", ["-5", "soon", "1e9"])
def test_an_expiry_that_is_no_number_is_an_hour(company: Company, odd: str) -> None:
    """RFC 3261 §10.2.1.1: malformed values count as 3600."""
    assert bindings(registers(company.raw("101"), [f"<{DESK}>;expires={odd}"])) == {DESK: 3600}


def test_q_is_kept_and_told(company: Company) -> None:
    alice = company.raw("101")
    answer = registers(alice, [f"<{DESK}>;q=0.25", f"<{HOME}>;q=1"], 600)
    assert ";q=0.25;" in (answer.header("Contact") or "")
    rows = json.loads(
        carillon(
            company.building.network,
            *("--dir", str(company.building.directory), "registration", "list", f"101@{company.domain}", "--json"),
        )
    )
    assert {row["contact"]: row["q"] for row in rows} == {DESK: 0.25, HOME: 1.0}
