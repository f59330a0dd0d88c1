"""Broken SIP: a proper answer or silence, never a failure of ours; and afterwards a call works."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tests.live.company import Company
from tests.live.talking import a_call_works, calls
from tests.phones.message import Message
from tests.phones.raw import RawAgent

pytestmark = pytest.mark.engines

Break = Callable[[str], str]
WAIT_S = 0.15  # an answer takes milliseconds; silence is right for some


def without(*names: str) -> Break:
    """Leave headers out."""
    return lambda text: re.sub(rf"(?im)^({'|'.join(names)}):.*\r\n", "", text)


def set_to(name: str, value: str) -> Break:
    """Give a header another value."""
    return lambda text: re.sub(rf"(?im)^{name}:.*\r\n", lambda _: f"{name}: {value}\r\n", text)


def also(line: str) -> Break:
    """One more header."""
    return lambda text: text.replace("\r\n\r\n", f"\r\n{line}\r\n\r\n", 1)


def to(uri: str) -> Break:
    """Another Request-URI."""
    return lambda text: re.sub(r"^(\S+) \S*", lambda found: f"{found[1]} {uri}", text)


BROKEN: dict[str, Break] = {
    "no To": without("To"),
    "no From": without("From"),
    "no Call-ID": without("Call-ID"),
    "no CSeq": without("CSeq"),
    "no Via": without("Via"),
    "no headers at all": lambda text: text.split("\r\n")[0] + "\r\n\r\n",
    "no Max-Forwards": without("Max-Forwards"),
    "From is unclosed": set_to("From", '"unclosed \\\\" <sip:101@x>;tag=1'),
    "empty To": set_to("To", ""),
    "To without URI": set_to("To", "<>"),
    "To is garbage": set_to("To", '"x <sip:'),
    "empty Call-ID": set_to("Call-ID", ""),
    "CSeq of another method": set_to("CSeq", "1 BYE"),
    "CSeq too great": set_to("CSeq", "99999999999999 INVITE"),
    "CSeq is no number": set_to("CSeq", "one INVITE"),
    "negative Content-Length": set_to("Content-Length", "-1"),
    "Content-Length too long": set_to("Content-Length", "9999"),
    "Content-Length is no number": set_to("Content-Length", "many"),
    "Content-Length beyond all bounds": set_to("Content-Length", "9" * 100),
    "Max-Forwards is no number": set_to("Max-Forwards", "many"),
    "Max-Forwards in superscript": set_to("Max-Forwards", "²"),
    "negative Max-Forwards": set_to("Max-Forwards", "-1"),
    "Max-Forwards beyond all bounds": set_to("Max-Forwards", "9" * 5000),
    "Expires beyond all bounds": also("Expires: " + "9" * 5000),
    "Contact is garbage": set_to("Contact", "<sip:"),
    "Contact beyond all bounds": set_to("Contact", "<sip:" + "a" * 5000 + "@x>;expires=" + "9" * 5000),
    "doubled headers": lambda text: re.sub(r"(?im)^((?:To|From|CSeq|Call-ID): .*\r\n)", r"\1\1", text),
    "bad bytes everywhere": lambda text: text.replace("101", "1\udcff01"),
    "a zero byte": lambda text: text.replace("101", "1\x0001"),
    "another version": lambda text: text.replace("SIP/2.0\r\n", "SIP/7.0\r\n", 1),
    "no version": lambda text: text.replace(" SIP/2.0\r\n", "\r\n", 1),
    "no URI": to(""),
    "a web address": to("http://example.org/"),
    "a telephone number": to("tel:+3225550199"),
    "an empty SIP address": to("sip:"),
    "a port out of range": to("sip:102@10.77.0.1:99999"),
    "an address with blanks": to("sip:102 @ x"),
    "an address of one letter": to("x"),
    "an address without end": to("sip:" + "a" * 3000 + "@x"),
    "a method without end": lambda text: "X" * 3000 + text,
    "Via of nonsense": set_to("Via", "SIP/2.0/UDP"),
    "Via of another transport": set_to("Via", "SIP/2.0/SCTP 10.77.0.11:5060;branch=z9hG4bK1"),
    "two hundred Vias": lambda text: text.replace("\r\n", "\r\n" + "Via: SIP/2.0/UDP a;branch=z9hG4bKx\r\n" * 200, 1),
    "a header of 20 kB": also("X-Long: " + "x" * 20_000),
    "a body of 60 kB": lambda text: text.replace("\r\n\r\n", "\r\n\r\n" + "x" * 60_000, 1),
    "bare line feeds": lambda text: text.replace("\r\n", "\n"),
    "an unclosed Digest": also('Proxy-Authorization: Digest username="'),
    "another scheme": also("Proxy-Authorization: Basic YTpi"),
    "a Digest of nothing": also("Proxy-Authorization: Digest"),
    "an endless Digest": also("Proxy-Authorization: Digest " + 'a="b", ' * 3000),
    "Require of the unknown": also("Require: nothing-known"),
    "Proxy-Require of the unknown": also("Proxy-Require: nothing-known"),
    "a Route of garbage": also("Route: <sip:"),
    "a Route to nowhere": also("Route: <sip:nowhere.invalid;lr>"),
}


def said_to(agent: RawAgent, text: str) -> list[Message]:
    """What comes back soon: some of these have no answer."""
    begin = len(agent.seen)
    agent.send(Message(text))
    try:
        agent.await_message(lambda each: (each.code or 0) >= 200, WAIT_S, "an answer")
    except TimeoutError:
        return agent.seen[begin:]
    return agent.seen[begin:]


@pytest.fixture(scope="module")
def crowd(building: object) -> object:
    """One company for all of them: what breaks stays broken for the next."""
    from contextlib import ExitStack

    with ExitStack() as phones:
        yield Company(building, phones)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["INVITE", "REGISTER"])
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_request_harms_nobody(crowd: Company, broken: str, method: str) -> None:
    with crowd.raw("101") as mallory:
        text = mallory.request(method, crowd.uri("102"), to=f"<{crowd.uri('101')}>").text
        text = BROKEN[broken](text)
        answers = [each.code for each in said_to(mallory, text)]
    assert all(code is not None and (code == 100 or 400 <= code < 500 or code == 505) for code in answers), answers


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_request_of_somebody_who_is_known(crowd: Company, broken: str) -> None:
    with crowd.raw("101") as alice:
        own, there = f"<{crowd.uri('101')}>", "<sip:101@10.77.0.11:5070>"
        request = alice.request("REGISTER", f"sip:{crowd.domain}", to=own, contact=there)
        request = alice.with_credentials(request, alice.exchange(request))
        answers = [each.code for each in said_to(alice, BROKEN[broken](request.text))]
    assert all(code is not None and (code == 200 or 400 <= code < 500 or code == 505) for code in answers), answers


@pytest.mark.parametrize("junk", [b"", b"\x00", b"\r\n\r\n", b"\xff" * 1000, b"SIP/2.0 200 OK\r\n\r\n", b"x" * 60_000])
def test_what_is_no_sip_at_all(company: Company, junk: bytes) -> None:
    mallory = company.raw("666", password="guess")
    mallory.send(junk)
    assert mallory.exchange(mallory.request("OPTIONS", f"sip:{company.domain}")).code == 401
    assert [each.code for each in mallory.seen] == [401]


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_broken_streams(company: Company, transport: str) -> None:
    for junk in (b"\x00" * 100, b"INVITE x SIP/2.0\r\nContent-Length: -5\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"):
        company.raw("666", transport=transport, password="guess").send(junk)
    a_call_works(company.registered("101", transport=transport), company.registered("102", transport=transport))


def test_a_caller_with_a_great_body_hears_of_it(company: Company) -> None:
    """60 kB in one datagram: an answer, whatever it is, and no crash."""
    alice, bob = company.raw("101"), company.registered("102")
    invite = alice.request("INVITE", company.uri("102"), body="x" * 60_000, headers=[("Content-Type", "text/plain")])
    assert (alice.authenticated(invite).code or 0) >= 400
    a_call_works(alice, bob)


def test_a_call_that_has_gone_too_far(company: Company) -> None:
    alice = company.raw("101")
    assert alice.authenticated(alice.request("INVITE", company.uri("102"), max_forwards="0")).code == 483


def test_after_all_that_calls_work_and_nothing_was_restarted(crowd: Company) -> None:
    pids = {crowd.pid("kamailio"), crowd.pid("asterisk")}
    alice, bob = crowd.registered("101"), crowd.registered("102")
    for _ in range(20):
        a_call_works(alice, bob)
    invite = calls(alice, crowd.uri("102"))
    bob.respond(bob.expect("INVITE"), 603)
    assert alice.await_message(lambda each: each.cseq == invite.cseq and each.code == 603, 5, "603")
    assert pids == {crowd.pid("kamailio"), crowd.pid("asterisk")}
