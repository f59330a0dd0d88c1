"""The calls daemon's book, fed by the real Asterisk: who has a call, through transfers and forwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.live.company import Company
from tests.live.listening import Listening
from tests.live.test_blind_transfers import MOBILE, is_sent, provider, sends  # noqa: F401 -- a fixture
from tests.live.test_transfers import talks
from tests.phones.phone import Phone

from carillon.calls.events import CallBegan, CallEnded, PersonBusy, PersonFree
from carillon.provisioning.forwardings import RowTyped

pytestmark = pytest.mark.engines


@pytest.fixture
def listening(company: Company) -> Iterator[Listening]:
    with Listening.at(company.building) as listening:
        yield listening


def has(company: Company, *extensions: str) -> frozenset[str]:
    """The addresses of people here."""
    return frozenset(f"{extension}@{company.domain}" for extension in extensions)


def talking(listening: Listening, people: frozenset[str]) -> bool:
    """Whether these, and nobody else, are in one call that is up."""
    calls = [call for call in listening.book.calls.values() if call.people & people]
    return len(calls) == 1 and calls[0].people == people and calls[0].state == "up" and calls[0].talking == people


def test_a_plain_call(company: Company, listening: Listening) -> None:
    alice, bob = company.phone("101"), company.phone("102")
    at_alice = alice.dial("102")
    at_bob = bob.incoming()
    listening.until(lambda book: [call.state for call in book.calls.values()] == ["ringing"], "it rings")
    (call,) = listening.book.calls.values()
    assert (call.people, call.talking) == (has(company, "101", "102"), has(company, "101"))
    at_bob.answer()
    at_alice.wait_answered()
    listening.until(lambda book: talking(listening, has(company, "101", "102")), "it is up")
    listening.is_true()
    at_alice.hangup()
    listening.until(lambda book: not book.calls, "it is over")
    kinds = [type(event) for event in listening.events]
    assert (kinds.count(CallBegan), kinds.count(CallEnded)) == (1, 1)
    assert (kinds.count(PersonBusy), kinds.count(PersonFree)) == (2, 2)


def test_a_call_that_nobody_takes(company: Company, listening: Listening) -> None:
    alice, bob = company.phone("101"), company.phone("102")
    alice.dial("102")
    at_bob = bob.incoming()
    listening.until(lambda book: bool(book.calls_of(f"102@{company.domain}")), "Bob is called")
    at_bob.reject(486)
    listening.until(lambda book: not book.calls, "it is over")


def test_who_transferred_blindly_is_free(company: Company, listening: Listening) -> None:
    alice, bob, carol = (company.phone(each) for each in ("101", "102", "103"))
    at_alice, at_bob = talks(alice, bob)
    sends(at_bob, company, "103")
    at_carol = carol.incoming()
    at_carol.answer()
    is_sent(at_bob)
    listening.until(lambda book: talking(listening, has(company, "101", "103")), "Alice talks to Carol")
    assert not listening.book.calls_of(f"102@{company.domain}")
    listening.is_true()
    at_alice.hangup()
    listening.until(lambda book: not book.calls, "it is over")


def test_who_joined_two_calls_is_free(company: Company, listening: Listening) -> None:
    alice, bob, carol = (company.phone(each) for each in ("101", "102", "103"))
    _, from_alice = talks(alice, bob)
    from_alice.hold()
    to_carol, at_carol = talks(bob, carol)
    assert len(listening.until(lambda book: len(book.calls) == 2, "two").calls_of(f"102@{company.domain}")) == 2
    from_alice.transfer_to(to_carol)
    assert from_alice.wait_transferred() == 200
    listening.until(lambda book: talking(listening, has(company, "101", "103")), "Alice talks to Carol")
    assert not listening.book.calls_of(f"102@{company.domain}")
    listening.is_true()
    at_carol.hangup()
    listening.until(lambda book: not book.calls, "it is over")


def test_who_forwards_is_free_once_somebody_answers(company: Company, listening: Listening) -> None:
    company.building.forwards(company.domain, "102", RowTyped("busy", ("103",)))
    alice, bob, carol = (company.phone(each) for each in ("101", "102", "103"))
    at_alice = alice.dial("102")
    bob.incoming().reject(486)
    carol.incoming().answer()
    at_alice.wait_answered()
    listening.until(lambda book: talking(listening, has(company, "101", "103")), "Alice talks to Carol")
    listening.is_true()
    at_alice.hangup()


def test_calls_outside_are_of_their_trunk(company: Company, listening: Listening, provider: Phone) -> None:  # noqa: F811
    company.building.allows(company.domain, "101", ("mobile",))
    alice = company.phone("101")
    at_alice = alice.dial(MOBILE)
    outside = provider.incoming()
    outside.answer()
    at_alice.wait_answered()

    def is_out(trunk: str) -> bool:
        return [(call.people, call.trunks) for call in listening.book.calls.values()] == [
            (has(company, "101"), frozenset({trunk}))
        ]

    listening.until(lambda book: is_out(f"line@{company.domain}"), "it is out")
    at_alice.hangup()
    outside.wait_ended()
    listening.until(lambda book: not book.calls, "it is over")
    provider.dial("sip:+3225550101@10.77.0.1")
    alice.incoming()
    listening.until(lambda book: is_out(f"line@{company.domain}"), "one comes in")
