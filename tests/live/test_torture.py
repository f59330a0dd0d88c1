"""RFC 4475's kinds of messages: what is valid works, what isn't is answered properly or dropped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.live.company import Company
from tests.live.talking import a_call_works, got_nothing
from tests.live.torture import DROPPED, INVALID, RESPONSES, VALID
from tests.phones.message import Message
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport
from tests.worlds.building import Building

from carillon.provisioning.system import load_node

pytestmark = pytest.mark.engines

TRANSPORTS = pytest.mark.parametrize("transport", ["udp", "tcp"])


@pytest.fixture(scope="module")
def crowd(building: Building) -> Iterator[Company]:
    """One company for all of them: what breaks stays broken for the next."""
    with ExitStack() as phones:
        yield Company(building, phones)


@pytest.fixture(scope="module")
def pids(crowd: Company) -> dict[str, int]:
    """The processes before the first message."""
    return {name: crowd.pid(name) for name in ("kamailio", "asterisk")}


def proper_invite(alice: RawAgent, company: Company) -> Message:
    """An INVITE for 102 with credentials, which isn't sent yet."""
    invite = alice.invite(company.uri("102"))
    return alice.with_credentials(invite, alice.exchange(invite))


@TRANSPORTS
@pytest.mark.parametrize("kind", VALID)
def test_what_is_valid_is_taken(company: Company, pids: object, kind: str, transport: Transport) -> None:
    alice, bob = company.raw("101", transport=transport), company.registered("102", transport=transport)
    alice.send(VALID[kind](proper_invite(alice, company), company.domain))
    bob.respond(bob.expect("INVITE"), 486)
    alice.await_message(lambda each: each.code == 486, 5, "486")


@TRANSPORTS
@pytest.mark.parametrize("kind", INVALID)
def test_what_is_invalid_is_answered_as_the_rfc_says(
    crowd: Company, pids: object, kind: str, transport: Transport
) -> None:
    alice = crowd.raw("101", transport=transport)
    change, code = INVALID[kind]
    alice.send(change(proper_invite(alice, crowd), crowd.domain))
    assert alice.await_message(lambda each: (each.code or 0) >= 200, 5, "an answer").code == code


@pytest.mark.parametrize("length", ["1", "9999", "500000"])
def test_a_datagram_of_another_length_than_it_says(crowd: Company, length: str) -> None:
    """3.1.2.2: 400; so are octets after the body (3.1.1.8), which RFC 3261 §18.3 would ignore."""
    alice = crowd.raw("101")
    text = proper_invite(alice, crowd).text
    alice.send(text.replace("Content-Length: ", f"Content-Length: {length}\r\nX-Was: "))
    assert alice.await_message(lambda each: (each.code or 0) >= 200, 5, "an answer").code == 400


@pytest.mark.parametrize("kind", DROPPED)
def test_what_the_engine_cannot_read_is_dropped(company: Company, pids: object, kind: str) -> None:
    alice, bob = company.raw("101"), company.registered("102")
    invite = proper_invite(alice, company)
    heard = len(alice.seen)
    alice.send(DROPPED[kind](invite, company.domain))
    assert got_nothing(bob, company.raw("103"))
    assert alice.exchange(alice.request("OPTIONS", f"sip:{company.domain}")).code == 401
    assert [each.method for each in alice.seen[heard:]] == ["OPTIONS"]


@pytest.mark.parametrize("kind", RESPONSES)
def test_answers_to_nothing_are_dropped(crowd: Company, pids: object, kind: str) -> None:
    alice = crowd.raw("101")
    host, port = alice.link.local
    rest = f"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x{port}\r\nContent-Length: 0\r\n\r\n"
    ours = f"Via: SIP/2.0/UDP 10.77.0.1;branch=z9hG4bKa\r\nVia: SIP/2.0/UDP {host}:{port};branch=z9hG4bKb"
    alice.send(f"{RESPONSES[kind]}\r\n{ours}\r\n{rest}")
    assert alice.exchange(alice.request("OPTIONS", f"sip:{crowd.domain}")).code == 401
    assert len(alice.seen) == 1


def test_no_answer_to_nothing_is_sent_on_in_asterisks_name(crowd: Company) -> None:
    alice = crowd.raw("101")
    host, port = alice.link.local
    gateway = load_node(crowd.building.paths).gateway_address
    vias = (
        f"Via: SIP/2.0/UDP 10.77.0.1;branch=z9hG4bKa\r\nVia: SIP/2.0/UDP {gateway}:{port};received={host};rport={port}"
    )
    rest = f"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x{port}\r\nCSeq: 1 INVITE\r\nContent-Length: 0"
    alice.send(f"SIP/2.0 200 OK\r\n{vias};branch=z9hG4bKb\r\n{rest}\r\n\r\n")
    assert alice.exchange(alice.request("OPTIONS", f"sip:{crowd.domain}")).code == 401
    assert len(alice.seen) == 1


@TRANSPORTS
def test_after_the_torture_a_call_works_and_nothing_was_restarted(
    company: Company, pids: dict[str, int], transport: Transport
) -> None:
    alice, bob = company.registered("101", transport=transport), company.registered("102", transport=transport)
    for _ in range(10):
        a_call_works(alice, bob)
    assert {name: company.pid(name) for name in pids} == pids
