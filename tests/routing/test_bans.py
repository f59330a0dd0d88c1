"""Guessing passwords is turned away, and nobody else is: who shares an address with a guesser goes on."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from tests.worlds.phone import SimulatedPhone
from tests.worlds.simulated import DOMAIN, SimulatedOffice, SimulatedPerson

from carillon.kamailio.bans import Exempt
from carillon.routing.bans import SETTINGS, Guess
from carillon.routing.decision import Challenge, Drop, Save
from carillon.routing.request import Request
from carillon.sip.uri import SipUri

HOME, AWAY = "198.51.100.7", "203.0.113.9"


def at(person: SimulatedPerson, address: str) -> SimulatedPhone:
    """The person's phone, behind this address."""
    person.phone.address = address
    return person.phone


def guesses(office: SimulatedOffice, times: int, user: str = "101", address: str = HOME) -> object:
    """The last of so many registrations with a wrong password."""
    phone = SimulatedPhone(user, "guess", DOMAIN, f"{user}@{DOMAIN}", "Mallory", address=address)
    for _ in range(times - 1):
        office.engine.register(phone)
    return office.engine.register(phone).outcome


def registers(office: SimulatedOffice, person: SimulatedPerson, address: str) -> bool:
    """Whether a phone with the right password is taken."""
    return isinstance(office.engine.register(at(person, address)).outcome, Save)


def asks(office: SimulatedOffice, address: str = HOME) -> object:
    """What a request without credentials gets."""
    uri = SipUri("102", DOMAIN)
    return office.engine.route(Request("OPTIONS", uri, uri, uri, "c", from_tag="f", source_address=address)).outcome


def test_wrong_passwords_for_one_account_ban_it_from_there_only() -> None:
    office = SimulatedOffice()
    assert isinstance(guesses(office, 20), Challenge)
    assert guesses(office, 1) == Drop()
    assert not registers(office, office.alice, HOME)
    assert registers(office, office.alice, AWAY)
    assert registers(office, office.bob, HOME)


def test_one_wrong_password_less_is_no_ban() -> None:
    office = SimulatedOffice()
    guesses(office, 19)
    assert registers(office, office.alice, HOME)


def test_wrong_passwords_over_a_longer_time_are_no_ban() -> None:
    office = SimulatedOffice()
    guesses(office, 19)
    office.engine.now += 61
    guesses(office, 19)
    assert registers(office, office.alice, HOME)


def test_an_account_is_let_in_again_after_five_minutes() -> None:
    office = SimulatedOffice()
    guesses(office, 21)
    office.engine.now += 301
    assert registers(office, office.alice, HOME)


@pytest.mark.parametrize("first", [1000, 101])
def test_many_accounts_guessed_ban_the_address(first: int) -> None:
    """Whether they exist or not."""
    office = SimulatedOffice()
    for user in range(first, first + 50):
        assert isinstance(guesses(office, 1, str(user)), Challenge)
    assert asks(office) == Drop()
    assert not registers(office, office.bob, HOME)
    assert registers(office, office.bob, AWAY)


def test_the_same_accounts_again_are_not_many() -> None:
    office = SimulatedOffice()
    for user in [*range(49)] * 3:
        guesses(office, 1, str(user))
    assert isinstance(asks(office), Challenge)


def test_two_hundred_phones_behind_one_address_and_one_wrong_password() -> None:
    office = SimulatedOffice()
    people = [office.hires(f"Person {n}", str(2000 + n)) for n in range(200)]
    guesses(office, 30, "2000")
    assert all(registers(office, person, HOME) for person in people[1:])
    assert not registers(office, people[0], HOME)


def test_a_flood_is_dropped_and_others_are_served() -> None:
    office = SimulatedOffice()
    for _ in range(SETTINGS.requests):
        assert isinstance(asks(office), Challenge)
    assert asks(office) == Drop()
    assert isinstance(asks(office, AWAY), Challenge)
    office.engine.now += 2
    assert isinstance(asks(office), Challenge)


def test_trusted_networks_and_trunks_and_this_node_are_never_banned() -> None:
    exempt = Exempt(frozenset({"10.77.0.1"}), (ip_network("198.51.100.0/24"),), lambda address: address == AWAY)
    office = SimulatedOffice()
    office.engine.exempt(exempt)
    for address in (HOME, AWAY, "10.77.0.1", "127.0.0.1"):
        guesses(office, 30, address=address)
        for user in range(60):
            guesses(office, 1, str(user), address)
        for _ in range(SETTINGS.requests + 1):
            asks(office, address)
        assert registers(office, office.alice, address)


@pytest.mark.parametrize("asked_before", [0, 5])
def test_who_is_not_banned_costs_two_looks_into_shared_memory(asked_before: int) -> None:
    office = SimulatedOffice()
    guesses(office, asked_before + 1)
    before = office.engine.memory.asked
    asks(office)
    assert office.engine.memory.asked == before + 2
    before = office.engine.memory.asked
    assert registers(office, office.alice, HOME)
    assert office.engine.memory.asked == before + 4  # two requests: the first is challenged


@pytest.mark.parametrize("user", ["101", "666"])
def test_a_wrong_password_and_an_unknown_user_are_counted_alike(user: str) -> None:
    office = SimulatedOffice()
    before = office.engine.memory.asked
    guesses(office, 1, user)
    assert office.engine.memory.asked == before + 2 + 2 + 3


def test_an_account_is_written_plainly_unless_it_cannot_be_one() -> None:
    assert Guess(HOME, "101@example.org").key == f"{HOME}/101@example.org"
    for strange in ("x" * 5000, 'a"b@example.org', "a\nb", "é@example.org"):
        key = Guess(HOME, strange).key
        assert key.isascii()
        assert key.isprintable()
        assert len(key) < 60
