"""Phones behind a router that hides them (NAT): they are called, stay reachable, and both sides hear each other."""

from __future__ import annotations

from typing import Any

import pytest
from tests.lab.nat import Home
from tests.live.company import Company
from tests.phones.call import Call
from tests.phones.phone import Phone
from tests.worlds.building import Building

pytestmark = pytest.mark.engines

ROUTER = "away4"


@pytest.fixture(scope="module")
def home(building: Building) -> Home:
    """Two hosts behind one address."""
    return Home.build(building.network, ROUTER, ("home1", "home2"))


@pytest.mark.parametrize("encrypts", [False, True], ids=["plain", "encrypted"])
@pytest.mark.parametrize("learns", [True, False], ids=["learns its address", "does not learn it"])
@pytest.mark.parametrize("inside", ["caller", "called", "both"])
def test_sound_both_ways(company: Company, home: Home, inside: str, learns: bool, encrypts: bool) -> None:
    more: dict[str, Any] = {"learns_address": learns, "encrypts": encrypts}
    alice_place = {} if inside == "called" else {**home.place("home1"), **more}
    bob_place = {} if inside == "caller" else {**home.place("home2"), **more}
    if bob_place and encrypts:
        company.building.encrypts(company.domain, "102")
    alice, bob = company.phone("101", **alice_place), company.phone("102", **bob_place)
    at_alice = alice.dial("102")
    at_bob = bob.incoming()
    assert inside == "caller" or learns or "@192.168.7." in bob.contact
    at_bob.answer()
    at_alice.wait_answered()
    hear_each_other(alice, at_alice, bob, at_bob)
    for one, other in ((at_alice, at_bob), (at_bob, at_alice)):
        one.hold()
        other.hears_not(alice.tone if other is at_bob else bob.tone)
        one.resume()
        hear_each_other(alice, at_alice, bob, at_bob)
    assert at_bob.hangup().code == 200
    assert at_alice.wait_ended().code == 200


def test_the_way_in_is_kept_open(company: Company, home: Home) -> None:
    """A phone that does not know its address is asked for a sign of life, again and again; others are left alone."""
    hidden = company.raw("101", **home.place("home1"))
    assert hidden.register(600).code == 200
    known = company.registered("102")
    for _ in range(2):
        asked = hidden.expect("OPTIONS", 45)
        hidden.respond(asked, 200)
    assert not [each for each in known.seen if each.method == "OPTIONS"]


def hear_each_other(one: Phone, at_one: Call, other: Phone, at_other: Call) -> None:
    """Wait until both hear the other's tone."""
    at_one.hears(other.tone)
    at_other.hears(one.tone)
