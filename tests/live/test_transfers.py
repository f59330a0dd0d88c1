"""Somebody joins two calls (REFER with Replaces, RFC 3515 and 3891)."""

from __future__ import annotations

import pytest
from tests.live.company import Company
from tests.phones.call import Call
from tests.phones.phone import Phone

pytestmark = pytest.mark.engines


def test_the_caller_joins_two_calls(company: Company) -> None:
    """Alice calls Bob, asks Carol, and leaves: Bob and Carol hear each other."""
    alice, bob, carol = (company.phone(each) for each in ("101", "102", "103"))
    to_bob, at_bob = talks(alice, bob)
    to_bob.hold()
    to_carol, at_carol = talks(alice, carol)
    to_bob.transfer_to(to_carol)
    assert to_bob.wait_transferred() == 200
    hear_each_other(bob, at_bob, carol, at_carol)
    assert to_carol.wait_ended().code == 200
    assert at_bob.hangup().code == 200
    assert at_carol.wait_ended().code == 200


def test_the_called_person_joins_two_calls(company: Company) -> None:
    """Bob is called by Alice, asks Carol, and leaves: Alice and Carol hear each other."""
    alice, bob, carol = (company.phone(each) for each in ("101", "102", "103"))
    at_alice, from_alice = talks(alice, bob)
    from_alice.hold()
    to_carol, at_carol = talks(bob, carol)
    from_alice.transfer_to(to_carol)
    assert from_alice.wait_transferred() == 200
    hear_each_other(alice, at_alice, carol, at_carol)
    assert at_carol.hangup().code == 200
    assert at_alice.wait_ended().code == 200


def test_a_call_that_is_joined_to_an_unknown_one_stays(company: Company) -> None:
    """Replaces of a dialog that is nobody's: refused, she reads why, and both sides keep the call."""
    alice, bob = company.phone("101"), company.phone("102")
    at_alice, at_bob = talks(alice, bob)
    at_alice.transfer(company.uri("103") + "?Replaces=nobodys%3Bto-tag%3D1%3Bfrom-tag%3D2")
    assert at_alice.wait_transferred() == 404
    (told,) = (each for each in at_alice.received if each.body.startswith("SIP/2.0 404"))
    assert told.body.splitlines()[0] == "SIP/2.0 404 No Such Call"
    assert "The call to transfer into is over, or is not known here" in told.body
    assert told.header("Content-Type") == "message/sipfrag;version=2.0"
    hear_each_other(alice, at_alice, bob, at_bob)


def talks(caller: Phone, callee: Phone) -> tuple[Call, Call]:
    """A call that was answered, each side hearing the other."""
    mine = caller.dial(callee.user)
    theirs = callee.incoming()
    theirs.answer()
    mine.wait_answered()
    hear_each_other(caller, mine, callee, theirs)
    return mine, theirs


def hear_each_other(one: Phone, at_one: Call, other: Phone, at_other: Call) -> None:
    """Wait until both hear the other's tone."""
    at_one.hears(other.tone)
    at_other.hears(one.tone)
