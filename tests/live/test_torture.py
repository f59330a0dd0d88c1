"""The kinds of RFC 4475, by its sections, written for our domain: what is valid works, what isn't is answered properly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.live.company import Company
from tests.live.talking import a_call_works, final
from tests.phones.message import Message
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport
from tests.worlds.building import Building

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def crowd(building: Building) -> Iterator[Company]:
    """One company for all of them: what breaks stays broken for the next."""
    with ExitStack() as phones:
        yield Company(building, phones)


def changed(message: Message, pattern: str, by: str) -> Message:
    """The message with the first line that begins so replaced, or left out (by "")."""
    text, times = re.subn(rf"(?im)^{pattern}.*\r\n", lambda _: f"{by}\r\n" if by else "", message.text, count=1)
    assert times == 1, f"there is no {pattern}"
    return Message(text)


def request_line(message: Message, line: str) -> Message:
    """The message with another first line."""
    return Message(line + message.text[message.text.index("\r\n") :])


def tortuous(invite: Message, domain: str, uri: str) -> Message:
    """3.1.1.1: compact and odd names, folded lines, blanks everywhere, unknown parameters, headers in any order."""
    sequence, body = invite.cseq[0], invite.body
    lines = [
        f"INVITE {uri};unknownparam SIP/2.0",
        f"TO :\r\n <{uri}>    ;   unknown = value",
        f"from   : \"J Rosenberg \\\\\\\"\"       <sip:101@{domain}>\r\n  ;\r\n  tag = {invite.tag('From')}",
        "MaX-fOrWaRdS: 0068",
        f"i: {invite.header('Call-ID')}",
        f"cseq: {sequence:04}\r\n  INVITE",
        f"Via  : {(invite.header('Via') or '').replace('SIP/2.0/', 'SIP  /   2.0\r\n /')};secret = unknown",
        "s :",
        "NewFangledHeader:   newfangled value\r\n continued newfangled value",
        "UnknownHeaderWithUnusualValue: ;;,,;;,;",
        "Content-Type: application/sdp",
        f"m:\"Quoted string \\\"\\\"\" <{'sip:101@' + (invite.header('Contact') or '').partition('@')[2]}  ;",
    ]
    lines[-1] = lines[-1].rstrip(" ;") + " ; newparam =\r\n  newvalue ;\r\n  secondparam ; q = 0.33"
    for name in ("Proxy-Authorization",):
        lines += [f"{name}: {value}" for value in invite.headers(name)]
    return Message("\r\n".join([*lines, f"l: {len(body.encode())}", "", body]))


def ringing(alice: RawAgent, bob: RawAgent, invite: Message) -> Message:
    """A changed INVITE with credentials rings at Bob, who is busy; gives what he got."""
    alice.send(invite)
    received = bob.expect("INVITE")
    bob.respond(received, 486)
    assert final(alice, invite).code == 486
    return received


def authorized(alice: RawAgent, uri: str, headers: list[tuple[str, str]] | None = None) -> Message:
    """An INVITE with credentials that isn't sent yet."""
    invite = alice.invite(uri, headers or [])
    return alice.with_credentials(invite, alice.exchange(invite))


VALID = {
    "3.1.1.1 a short tortuous INVITE": lambda m, d: tortuous(m, d, f"sip:102@{d}"),
    "3.1.1.2 a wide range of characters": lambda m, d: changed(
        m, "Max-Forwards:", "Max-Forwards: 70\r\nextensionHeader-!.%*+_`'~: \ufeff大停電"
    ),
    "3.1.1.3 an escaped user": lambda m, d: m,
    "3.1.1.5 a method with a percent sign": lambda m, d: m,
    "3.1.1.6 no space between display name and <": lambda m, d: changed(
        m, "From:", f"From: caller<sip:101@{d}>;tag={m.tag('From')}"
    ),
    "3.1.1.7 long values": lambda m, d: changed(
        m, "From:", f'From: "{"long " * 60}" <sip:101@{d}>;tag={"t" * 400};x{"long" * 30}'
    ),
    "3.1.1.9 semicolon in the user": lambda m, d: m,
}


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("kind", VALID)
def test_what_is_valid_is_taken(crowd: Company, kind: str, transport: Transport) -> None:
    alice, bob = crowd.raw("101", transport=transport), crowd.registered("102", transport=transport)
    invite = authorized(alice, crowd.uri("102"))
    invite = VALID[kind](invite, crowd.domain)
    print(invite.text)
    ringing(alice, bob, invite)
