"""Encrypted sound (SRTP with SDES, RFC 4568): the media relay stands between it and Asterisk, where it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.live.company import Company
from tests.phones.call import Call
from tests.phones.phone import Phone
from tests.phones.settings import Transport
from tests.supervision.installation import until

pytestmark = pytest.mark.engines


def encrypting(company: Company, extension: str, **more: Any) -> Phone:
    """A registered phone that takes no plain sound."""
    company.building.encrypts(company.domain, more.get("device") or extension)
    return company.phone(extension, encrypts=True, **more)


@pytest.mark.parametrize("who", ["caller", "called", "both"])
def test_both_hear_each_other(company: Company, who: str) -> None:
    alice = company.phone("101") if who == "called" else encrypting(company, "101")
    bob = company.phone("102") if who == "caller" else encrypting(company, "102")
    at_alice = alice.dial("102")
    at_bob = bob.incoming()
    assert ("RTP/SAVP" in at_bob.invite.body) == (who != "caller")
    at_bob.answer()
    at_alice.wait_answered()
    hear_each_other(alice, at_alice, bob, at_bob)
    assert company.building.metric("carillon_relayed_sessions") == (2 if who == "both" else 1)
    for one, other in ((at_alice, at_bob), (at_bob, at_alice)):
        one.hold()
        other.hears_not(alice.tone if other is at_bob else bob.tone)
        one.resume()
        hear_each_other(alice, at_alice, bob, at_bob)
    assert at_bob.hangup().code == 200
    assert at_alice.wait_ended().code == 200
    assert company.building.relayed() == []


@pytest.mark.parametrize("takes", ["plain", "encrypting"])
def test_each_phone_of_a_person_is_offered_what_it_wants(company: Company, takes: str) -> None:
    """Bob has one phone of each kind: both ring, either can answer, and the relay keeps nothing of the other."""
    company.gives_device("102", "bob-safe")
    alice, plain = company.phone("101"), company.phone("102")
    safe = encrypting(company, "102", device="bob-safe")
    at_alice = alice.dial("102")
    at = {"plain": plain.incoming(), "encrypting": safe.incoming()}
    assert "RTP/AVP" in at["plain"].invite.body
    assert "RTP/SAVP" in at["encrypting"].invite.body
    at[takes].answer()
    at_alice.wait_answered()
    bob = plain if takes == "plain" else safe
    hear_each_other(alice, at_alice, bob, at[takes])
    at_alice.hold()
    at[takes].hears_not(alice.tone)
    at_alice.resume()
    hear_each_other(alice, at_alice, bob, at[takes])
    for call in at.values():
        if call is not at[takes]:
            call.wait_ended()
    assert len(company.building.relayed()) == (takes == "encrypting")
    assert at_alice.hangup().code == 200
    assert at[takes].wait_ended().code == 200
    assert company.building.relayed() == []


def test_a_call_that_is_given_up_or_refused_leaves_nothing(company: Company) -> None:
    alice, bob = encrypting(company, "101"), encrypting(company, "102")
    at_alice = alice.dial("102")
    bob.incoming().reject(486)
    assert at_alice.wait_ended().code == 486
    at_alice = alice.dial("102")
    at_bob = bob.incoming()
    at_alice.wait_ringing()
    at_alice.hangup()
    at_bob.wait_ended()
    until(lambda: company.building.relayed() == [], "the relay forgets the calls")


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_over_other_transports(company: Company, transport: Transport) -> None:
    alice, bob = encrypting(company, "101", transport=transport), encrypting(company, "102", transport=transport)
    at_alice = alice.dial("102")
    at_bob = bob.incoming()
    at_bob.answer()
    at_alice.wait_answered()
    hear_each_other(alice, at_alice, bob, at_bob)
    assert at_alice.hangup().code == 200
    assert at_bob.wait_ended().code == 200


def test_without_the_relay_only_calls_that_need_it_fail(company: Company, no_relay: None) -> None:
    """Plain calls never ask it; who needs it is told so at once; a person's plain phone still rings."""
    company.gives_device("102", "bob-safe")
    alice, safe_carol = company.phone("101"), encrypting(company, "103")
    bob, safe_bob = company.phone("102"), encrypting(company, "102", device="bob-safe")
    at_alice = alice.dial("102")
    at_bob = bob.incoming()
    at_bob.answer()
    at_alice.wait_answered()
    hear_each_other(alice, at_alice, bob, at_bob)
    assert at_alice.hangup().code == 200
    assert safe_bob.unanswered() == 0
    refused = alice.dial("103").wait_ended()
    assert (refused.code, "media relay is out of order" in (refused.header("Warning") or "")) == (488, True)
    refused = safe_carol.dial("101").wait_ended()
    assert (refused.code, "media relay is out of order" in (refused.header("Warning") or "")) == (503, True)


def test_a_call_whose_relay_died_is_mended_by_hold_and_resume(company: Company) -> None:
    alice, bob = encrypting(company, "101"), company.phone("102")
    at_alice = alice.dial("102")
    at_bob = bob.incoming()
    at_bob.answer()
    at_alice.wait_answered()
    hear_each_other(alice, at_alice, bob, at_bob)
    company.building.stops("rtpengine")
    company.building.starts("rtpengine")
    at_bob.hears_not(alice.tone)
    at_alice.hold()
    at_alice.resume()
    hear_each_other(alice, at_alice, bob, at_bob)
    assert at_alice.hangup().code == 200
    assert at_bob.wait_ended().code == 200


@pytest.fixture
def no_relay(company: Company) -> Iterator[None]:
    """The media relay is down for a while."""
    company.building.stops("rtpengine")
    yield
    company.building.starts("rtpengine")


def hear_each_other(one: Phone, at_one: Call, other: Phone, at_other: Call) -> None:
    """Wait until both hear the other's tone."""
    at_one.hears(other.tone)
    at_other.hears(one.tone)
