"""The test phones, proved on each other without a server between them."""

from __future__ import annotations

import os

import pytest
from tests.lab.network import Network
from tests.phones.call import Call
from tests.phones.conftest import NewPhone
from tests.phones.phone import Phone

pytestmark = pytest.mark.engines


def talk(caller: Phone, callee: Phone) -> tuple[Call, Call]:
    """Have two phones in an answered call."""
    outgoing = caller.dial(callee.contact)
    incoming = callee.incoming()
    incoming.answer()
    outgoing.wait_answered()
    return outgoing, incoming


def test_both_sides_hear_each_other(alice: Phone, bob: Phone) -> None:
    at_alice, at_bob = talk(alice, bob)
    at_alice.hears(bob.tone)
    at_bob.hears(alice.tone)
    at_bob.hears_not(bob.tone)
    assert at_alice.hangup().code == 200
    assert at_bob.wait_ended().code == 200


def test_the_caller_sees_it_ring(alice: Phone, bob: Phone) -> None:
    call = alice.dial(bob.contact)
    call.wait_ringing()
    assert call.hangup().code == 487
    assert bob.incoming().wait_ended().code == 487


def test_a_held_side_hears_nothing_until_resumed(alice: Phone, bob: Phone) -> None:
    at_alice, at_bob = talk(alice, bob)
    at_bob.hears(alice.tone)
    at_alice.hold()
    at_bob.wait_held()
    at_bob.hears_not(alice.tone)
    at_alice.hears_not(bob.tone)
    at_alice.resume()
    at_bob.hears(alice.tone)
    at_alice.hears(bob.tone)


def test_a_refusal_arrives_with_its_code_reason_and_headers(alice: Phone, bob: Phone) -> None:
    call = alice.dial(bob.contact, headers={"X-Test": "hello"})
    call.wait_ringing()
    incoming = bob.incoming()
    assert incoming.invite.header("X-Test") == "hello"
    incoming.reject(486, "Not now", {"Warning": '399 bob "at lunch"', "Retry-After": "30"})
    ended = call.wait_ended()
    assert (ended.code, ended.reason) == (486, "Not now")
    assert ended.header("Warning") == '399 bob "at lunch"'
    assert ended.header("Retry-After") == "30"
    assert [response.code for response in call.responses] == [100, 180, 486]


def test_a_phone_that_waits_for_the_command_to_ring(alice: Phone, new_phone: NewPhone) -> None:
    bob = new_phone("bob", rings=False)
    call = alice.dial(bob.contact)
    incoming = bob.incoming()
    assert [response.code for response in call.responses if response.code != 100] == []
    incoming.ring()
    call.wait_ringing()


def test_sound_before_the_answer(alice: Phone, bob: Phone) -> None:
    call = alice.dial(bob.contact)
    incoming = bob.incoming()
    incoming.progress()
    call.wait_response(183)
    call.hears(bob.tone)
    incoming.answer()
    call.wait_answered()


def test_no_common_codec_is_refused_with_488(alice: Phone, new_phone: NewPhone) -> None:
    bob = new_phone("bob", codecs=("GSM/8000",))
    assert alice.dial(bob.contact).wait_ended().code == 488


def test_keys_arrive(alice: Phone, bob: Phone) -> None:
    at_alice, at_bob = talk(alice, bob)
    at_alice.hears(bob.tone)
    at_alice.dtmf("12#")
    at_bob.wait_dtmf("12#")


def test_a_blind_transfer(alice: Phone, bob: Phone, carol: Phone) -> None:
    at_alice, at_bob = talk(alice, bob)
    at_bob.transfer(carol.contact)
    at_carol = carol.incoming()
    at_carol.answer()
    assert at_bob.wait_transferred() == 200
    at_bob.hangup()
    at_alice.wait_ended()
    alice.follows().hears(carol.tone)
    at_carol.hears(alice.tone)


def test_an_attended_transfer(alice: Phone, bob: Phone, carol: Phone) -> None:
    _, at_bob = talk(alice, bob)
    at_bob.hold()
    consultation, at_carol = talk(bob, carol)
    at_bob.transfer_to(consultation)
    assert at_bob.wait_transferred() == 200
    at_carol.wait_ended()
    alice.follows().hears(carol.tone)
    carol.follows().hears(alice.tone)


def test_a_wait_in_vain_tells_what_the_phone_saw(alice: Phone, bob: Phone) -> None:
    call = alice.dial(bob.contact)
    bob.incoming().reject(603)
    with pytest.raises(TimeoutError, match=r"(?s)alice waited for .*answered.*603 Decline"):
        call.wait_answered(timeout=1)


def test_a_closed_phone_leaves_no_process(network: Network, alice: Phone, bob: Phone) -> None:
    _, at_bob = talk(alice, bob)
    alice.close()
    at_bob.wait_ended()
    assert alice.remote.pid not in network.processes("alice")


def test_a_phone_that_loses_power_tells_nobody(alice: Phone, bob: Phone) -> None:
    _, at_bob = talk(alice, bob)
    at_bob.hears(alice.tone)
    alice.loses_power()
    at_bob.hears_not(alice.tone)
    with pytest.raises(ProcessLookupError):
        os.kill(alice.remote.pid, 0)
