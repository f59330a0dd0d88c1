"""The raw agent, proved on the test phones and on itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tests.lab.network import Network
from tests.phones.conftest import NewPhone
from tests.phones.dialog import Dialog
from tests.phones.digest import challenges
from tests.phones.links import cut
from tests.phones.message import Message
from tests.phones.phone import Phone
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport

engines = pytest.mark.engines
NewRaw = Callable[..., RawAgent]


@pytest.fixture
def new_raw(network: Network) -> Iterator[NewRaw]:
    """Give a function that starts a raw agent on the third host."""
    with ExitStack() as agents:

        def start(transport: Transport = "udp", **more: Any) -> RawAgent:
            place = {"namespace": network.namespace("carol"), "address": network.address("carol")}
            more = {"proxy": None, **place, **more}
            return agents.enter_context(RawAgent("raw", place["address"], transport=transport, **more))

        yield start


@engines
def test_it_calls_a_phone_and_hangs_up(new_raw: NewRaw, alice: Phone) -> None:
    raw = new_raw()
    invite = raw.invite(alice.contact, headers=[("X-Test", "hello")])
    raw.send(invite)
    call = alice.incoming()
    assert call.invite.header("X-Test") == "hello"
    call.pick_up()
    response = raw.await_message(lambda each: each.code == 200, 5, "200")
    assert [each.code for each in raw.seen[:2]] == [100, 180]
    dialog = Dialog.called(raw, invite, response)
    dialog.ack()
    call.wait_answered()
    assert dialog.bye().code == 200
    assert Message(call.wait_ended().response_text).method == "BYE"


@engines
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_phone_calls_it_over_each_transport(new_raw: NewRaw, new_phone: NewPhone, transport: str) -> None:
    raw, alice = new_raw(transport), new_phone("alice", transport=transport)
    call = alice.dial(raw.contact)
    invite = raw.expect("INVITE")
    raw.respond(invite, 180)
    call.wait_ringing()
    dialog = Dialog.answered(raw, invite, raw.accept(invite))
    raw.expect("ACK")
    call.wait_answered()
    assert dialog.bye().code == 200
    assert call.wait_ended().code == 200


@engines
def test_its_refusal_arrives_with_its_headers(new_raw: NewRaw, alice: Phone) -> None:
    raw = new_raw()
    call = alice.dial(raw.contact)
    invite = raw.expect("INVITE")
    raw.respond(invite, 503, headers=[("Warning", '399 raw "full"'), ("Retry-After", "5")])
    ended = call.wait_ended()
    assert (ended.code, ended.header("Warning"), ended.header("Retry-After")) == (503, '399 raw "full"', "5")
    assert raw.expect("ACK").tag("To")


@engines
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_it_acknowledges_a_refused_invite(new_raw: NewRaw, new_phone: NewPhone, transport: str) -> None:
    raw, alice = new_raw(transport), new_phone("alice", transport=transport, codecs=("GSM/8000",))
    assert raw.exchange(raw.invite(alice.contact)).code == 488


@engines
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_it_registers_with_the_algorithm_of_the_test(new_raw: NewRaw, algorithm: str) -> None:
    registrar = new_raw()
    agent = new_raw(
        proxy="{}:{}".format(*registrar.link.local), password="secret", algorithm=algorithm, auth_user="phone-1"
    )
    first = agent.request("REGISTER", "sip:example.org", headers=[("Expires", "60")])
    agent.send(first)
    asked = registrar.expect("REGISTER")
    digest = 'Digest realm="r", nonce="n", qop="auth", algorithm='
    offered = [("WWW-Authenticate", digest + each) for each in ("SHA-256", "MD5")]
    registrar.respond(asked, 401, "Unauthorized", headers=offered)
    challenged = agent.receive()
    assert [each.algorithm for each in challenges(challenged)] == ["SHA-256", "MD5"]
    agent.send(agent.with_credentials(first, challenged))
    again = registrar.expect("REGISTER")
    assert f"algorithm={algorithm}" in (again.header("Authorization") or "")
    assert again.header("Call-ID") == asked.header("Call-ID")
    assert again.cseq[0] > asked.cseq[0]
    assert again.header("Via") != asked.header("Via")


@engines
def test_it_says_anything(new_raw: NewRaw) -> None:
    speaker, listener = new_raw(), new_raw()
    speaker.send(b"INVITE \xff\xfe SIP/2.0\r\nFrom: J\xf6rg\r\n\r\n", listener.link.local)
    heard = listener.receive()
    assert heard.header("From") == "J\udcf6rg"
    assert heard.to_bytes().startswith(b"INVITE \xff\xfe")
    assert heard.peer == speaker.link.local


def test_it_asks_again_over_udp_until_it_is_answered() -> None:
    with RawAgent("a", "example.org", proxy=None) as agent, RawAgent("b", "example.org", proxy=None) as other:
        request = agent.request("OPTIONS", other.contact)
        with pytest.raises(TimeoutError, match="OPTIONS"):
            agent.exchange(request, timeout=0.8)
        assert other.receive(1).text == other.receive(1).text == request.text


def test_a_mandatory_header_can_be_changed_or_left_out() -> None:
    with RawAgent("a", "example.org", proxy=None) as agent:
        request = agent.request("OPTIONS", "sip:b@example.org", contact="", max_forwards="0", routes=["sip:p;lr"])
        assert request.header("Contact") is None
        assert request.header("Max-Forwards") == "0"
        assert request.headers("Route") == ["<sip:p;lr>"]
        assert request.parsed().headers.get("Call-ID")
        with pytest.raises(ValueError, match="no such fields"):
            agent.request("OPTIONS", "sip:b@example.org", form="x")


def test_a_port_in_use_is_said() -> None:
    with RawAgent("a", "example.org") as agent, pytest.raises(OSError, match="in use"):
        RawAgent("b", "example.org", port=agent.link.local[1])


def test_messages_are_cut_out_of_a_stream() -> None:
    first = b"A x SIP/2.0\r\nContent-Length: 3\r\n\r\nabc"
    second = b"B x SIP/2.0\r\nl: 0\r\n\r\n"
    assert cut(b"\r\n\r\n" + first + second + first[:-1]) == ([first, second], first[:-1])
