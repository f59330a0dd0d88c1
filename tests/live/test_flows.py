"""Phones with several ways to them (RFC 5626), and proxies on the way (RFC 3327)."""

from __future__ import annotations

import pytest
from tests.live.company import Company, bindings, registers
from tests.live.talking import a_call_works, calls, final
from tests.phones.message import Message
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport

pytestmark = pytest.mark.engines

INSTANCE = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"'
SUPPORTED = [("Supported", "path, outbound")]


def flow(agent: RawAgent, number: int, more: str = "") -> Message:
    """Register one flow of the phone."""
    return asks(agent, f"<{agent.contact}>;{INSTANCE};reg-id={number}{more}")


def asks(agent: RawAgent, contact: str, headers: list[tuple[str, str]] = SUPPORTED) -> Message:
    """Register this contact, with these headers."""
    own = {"to": f"<sip:{agent.user}@{agent.domain}>", "contact": contact}
    request = agent.request("REGISTER", f"sip:{agent.domain}", headers=[*headers, ("Expires", "600")], **own)
    return agent.authenticated(request)


def heard(agent: RawAgent) -> int:
    """How many calls came to this agent."""
    return len({each.header("Call-ID") for each in agent.seen if each.code is None and each.method == "INVITE"})


def test_the_registrar_says_that_it_knows_flows(company: Company) -> None:
    answer = flow(company.raw("102"), 1)
    assert answer.code == 200
    assert "outbound" in (answer.header("Require") or "")
    assert answer.header("Flow-Timer") == "90"
    assert "reg-id=1" in (answer.header("Contact") or "")


def test_a_flow_that_registers_again_from_elsewhere_replaces_itself(company: Company) -> None:
    before, after = company.raw("102"), company.raw("102")
    flow(before, 1)
    assert set(bindings(flow(after, 1))) == {after.contact}


def test_two_flows_of_a_phone_ring_as_one_device(company: Company) -> None:
    alice, older, newer = company.raw("101"), company.raw("102"), company.raw("102")
    flow(older, 1)
    assert len(bindings(flow(newer, 2))) == 2
    invite = calls(alice, company.uri("102"))
    newer.respond(newer.expect("INVITE"), 486)
    assert final(alice, invite).code == 486
    assert heard(older) == 0


def test_the_other_flow_is_tried_when_the_first_is_silent(company: Company) -> None:
    alice, older, newer = company.raw("101"), company.raw("102"), company.raw("102")
    flow(older, 1)
    flow(newer, 2)
    invite = calls(alice, company.uri("102"))
    newer.expect("INVITE")
    older.respond(older.expect("INVITE", timeout=10), 486)
    assert final(alice, invite, timeout=10).code == 486


def test_the_other_flow_is_tried_when_a_proxy_says_that_the_first_has_failed(company: Company) -> None:
    alice, older, newer = company.raw("101"), company.raw("102"), company.raw("102")
    flow(older, 1)
    flow(newer, 2)
    invite = calls(alice, company.uri("102"))
    newer.respond(newer.expect("INVITE"), 430)
    older.respond(older.expect("INVITE"), 486)
    assert final(alice, invite).code == 486


def test_a_phone_that_refuses_on_one_flow_is_not_rung_on_the_other(company: Company) -> None:
    alice, older, newer = company.raw("101"), company.raw("102"), company.raw("102")
    flow(older, 1)
    flow(newer, 2)
    invite = calls(alice, company.uri("102"))
    newer.respond(newer.expect("INVITE"), 603)
    assert final(alice, invite).code == 603
    assert heard(older) == 0


@pytest.mark.parametrize("q", ["", ";q=1", ";q=1.0"])
def test_another_device_rings_beside_the_flows(company: Company, q: str) -> None:
    company.gives_device("102", "bob-mobile")
    alice, older, newer = company.raw("101"), company.raw("102"), company.raw("102")
    mobile = company.raw("102", device="bob-mobile")
    asks(mobile, f"<{mobile.contact}>{q}")
    flow(older, 1)
    flow(newer, 2)
    invite = calls(alice, company.uri("102"))
    at_mobile, at_phone = mobile.expect("INVITE"), newer.expect("INVITE")
    mobile.respond(at_mobile, 486)
    newer.respond(at_phone, 486)
    assert final(alice, invite).code == 486
    assert heard(older) == 0


@pytest.mark.parametrize("first", ["0.1", "0.9"])
def test_another_device_rings_before_or_after_the_flows_by_its_q(company: Company, first: str) -> None:
    company.gives_device("102", "bob-mobile")
    alice, older, newer = company.raw("101"), company.raw("102"), company.raw("102")
    mobile = company.raw("102", device="bob-mobile")
    asks(mobile, f"<{mobile.contact}>;q={first}")
    flow(older, 1, ";q=0.5")
    flow(newer, 2, ";q=0.5")
    invite = calls(alice, company.uri("102"))
    order = (newer, mobile) if first == "0.1" else (mobile, newer)
    for agent, waiting in (order, (order[1], older)):
        received = agent.expect("INVITE")
        assert heard(waiting) == 0
        agent.respond(received, 486)
    assert final(alice, invite).code == 486
    assert heard(older) == 0


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_call_takes_the_path_back_to_the_phone(company: Company, transport: Transport) -> None:
    alice, proxy = company.raw("101"), company.raw("102", transport=transport)
    hops = [f"<{proxy.contact.replace('102@', '')};lr>", "<sip:192.0.2.7;lr>"]
    answer = asks(proxy, "<sip:102@192.0.2.99:5060>", [*SUPPORTED, ("Path", ", ".join(hops))])
    assert answer.code == 200
    assert [hop.strip() for hop in (answer.header("Path") or "").split(",")] == hops
    invite = calls(alice, company.uri("102"))
    received = proxy.expect("INVITE")
    assert received.uri == "sip:102@192.0.2.99:5060"
    assert [hop.strip() for hop in ",".join(received.headers("Route")).split(",")] == hops
    proxy.respond(received, 486)
    assert final(alice, invite).code == 486


def test_a_phone_that_does_not_know_path_is_told_so(company: Company) -> None:
    bob = company.raw("102")
    host, port = bob.link.local
    answer = asks(bob, f"<{bob.contact}>", [("Path", f"<sip:{host}:{port};lr>")])
    assert (answer.code, answer.header("Unsupported")) == (420, "path")
    assert bindings(registers(bob)) == {}


@pytest.mark.parametrize("hop", ["<sip:127.0.0.1:5080;lr>", "<sip:10.77.0.1:5060;lr>", "<sip:192.0.2.7;lr>"])
def test_a_path_to_somebody_else_is_refused(company: Company, hop: str) -> None:
    bob = company.raw("102")
    answer = asks(bob, f"<{bob.contact}>", [*SUPPORTED, ("Path", hop)])
    assert answer.code == 403
    assert "Path leads to" in (answer.header("Warning") or "")
    assert bindings(registers(bob)) == {}


@pytest.mark.parametrize("hop", ["<sip:10.77.0.11:5060>", "nonsense", f"<sip:10.77.0.11;lr;x={'a' * 300}>"])
def test_a_path_that_cannot_be_followed_is_refused(company: Company, hop: str) -> None:
    bob = company.raw("102", host="phone1")
    assert asks(bob, f"<{bob.contact}>", [*SUPPORTED, ("Path", hop)]).code == 400


def test_an_extension_that_nobody_knows_is_refused(company: Company) -> None:
    bob = company.raw("102")
    answer = asks(bob, f"<{bob.contact}>", [("Require", "path, teleport")])
    assert (answer.code, answer.header("Unsupported")) == (420, "teleport")
    assert asks(bob, f"<{bob.contact}>", [("Require", "path, outbound"), *SUPPORTED]).code == 200


def test_flows_over_tcp_are_one_device_too(company: Company) -> None:
    alice = company.raw("101")
    older, newer = (company.raw("102", transport="tcp") for _ in (1, 2))
    flow(older, 1)
    flow(newer, 2)
    newer.close()
    a_call_works(alice, older)


def test_a_keep_alive_over_udp_is_answered(company: Company) -> None:
    """RFC 5626 §4.4.2: a STUN Binding Request to the SIP port, answered with where it came from (RFC 5389)."""
    bob = company.raw("102")
    cookie, transaction = b"\x21\x12\xa4\x42", b"twelve bytes"
    bob.link.send(b"\x00\x01\x00\x00" + cookie + transaction, ("10.77.0.1", 5060))
    answer, _ = bob.link.receive(5)
    assert (answer[:2], answer[8:20]) == (b"\x01\x01", transaction)


def test_a_keep_alive_over_tcp_is_answered(company: Company) -> None:
    """RFC 5626 §4.4.1: two line ends are answered with one, and the connection stays."""
    bob = company.registered("102", transport="tcp")
    bob.link.send(b"\r\n\r\n", ("10.77.0.1", 5060))
    a_call_works(company.raw("101"), bob)
