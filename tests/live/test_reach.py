"""Where phones really are: behind addresses that they do not know, on TCP and on TLS."""

from __future__ import annotations

import pytest
from tests.live.company import Company, bindings, registers
from tests.live.talking import a_call_works, calls, final, hangs_up
from tests.phones.dialog import Dialog
from tests.phones.settings import Transport

pytestmark = pytest.mark.engines

ELSEWHERE = "sip:102@192.0.2.99:5060"


def test_the_answer_goes_to_where_the_request_came_from(company: Company) -> None:
    alice = company.raw("101")
    lie = "SIP/2.0/UDP 192.0.2.99:5060;branch=z9hG4bK-lie"
    answer = alice.exchange(alice.request("OPTIONS", f"sip:{company.domain}", via=lie))
    assert answer.code == 401
    host, port = alice.link.local
    assert f"received={host}" in (answer.header("Via") or "")
    assert f"rport={port}" in (answer.header("Via") or "")


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_phone_that_does_not_know_its_address_is_called_and_stays_in_the_call(
    company: Company, transport: Transport
) -> None:
    suffix = "" if transport == "udp" else f";transport={transport}"
    alice, bob = company.registered("101"), company.raw("102", transport=transport)
    assert registers(bob, [f"<{ELSEWHERE}{suffix}>"], 600).code == 200
    lie = [("Contact", f"<{ELSEWHERE}{suffix}>")]
    invite = calls(alice, company.uri("102"))
    received = bob.expect("INVITE")
    bob.respond(received, 180, headers=lie)
    accepted = bob.accept(received, lie)
    mine = Dialog.called(alice, invite, final(alice, invite))
    mine.ack()
    bob.expect("ACK")
    hangs_up(mine, Dialog.answered(bob, received, accepted))


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_caller_that_does_not_know_its_address_hears_the_end(company: Company, transport: Transport) -> None:
    alice, bob = company.raw("101", transport=transport), company.registered("102")
    invite = alice.request("INVITE", company.uri("102"), contact="<sip:101@192.0.2.98:5060>", body=alice.offer(),
                           headers=[("Content-Type", "application/sdp")])  # fmt: skip
    invite = alice.with_credentials(invite, alice.exchange(invite))
    alice.send(invite)
    received = bob.expect("INVITE")
    accepted = bob.accept(received)
    mine = Dialog.called(alice, invite, final(alice, invite))
    mine.ack()
    bob.expect("ACK")
    hangs_up(Dialog.answered(bob, received, accepted), mine)


@pytest.mark.parametrize(("caller", "callee"), [("tcp", "udp"), ("udp", "tcp"), ("tls", "tcp"), ("tls", "tls")])
def test_agents_call_each_other_over_any_transport(company: Company, caller: Transport, callee: Transport) -> None:
    alice, bob = company.registered("101", transport=caller), company.registered("102", transport=callee)
    assert set(bindings(registers(bob))) == {bob.contact}
    a_call_works(alice, bob)
    a_call_works(bob, alice)


@pytest.mark.parametrize(("caller", "callee"), [("tcp", "udp"), ("udp", "tls"), ("tls", "tcp")])
def test_phones_hear_each_other_over_any_transport(company: Company, caller: Transport, callee: Transport) -> None:
    alice, bob = company.phone("101", transport=caller), company.phone("102", transport=callee)
    for one, other in ((alice, bob), (bob, alice)):
        at_caller = one.dial(other.user)
        at_callee = other.incoming()
        at_callee.answer()
        at_caller.wait_answered()
        at_caller.hears(other.tone)
        at_callee.hears(one.tone)
        assert at_callee.hangup().code == 200
        assert at_caller.wait_ended().code == 200


def test_two_phones_behind_the_same_address(company: Company) -> None:
    alice, bob = company.phone("101", host="phone1"), company.phone("102", host="phone1")
    at_alice = alice.dial("102")
    at_bob = bob.incoming()
    at_bob.answer()
    at_alice.wait_answered()
    at_alice.hears(bob.tone)
    at_bob.hears(alice.tone)
    at_alice.hangup()
    at_bob.wait_ended()
