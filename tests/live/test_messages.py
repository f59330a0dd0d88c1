"""Messages: what happens to them when phones refuse or engines die; how people write is in tests/scenarios."""

from __future__ import annotations

import os
import signal

import pytest
from tests.live.company import Company
from tests.phones.message import Message
from tests.phones.raw import RawAgent

pytestmark = pytest.mark.engines


def writes(agent: RawAgent, whom: str, text: str, *more: tuple[str, str], **fields: str) -> Message:
    """Send a message; the answer."""
    headers = [("Content-Type", "text/plain;charset=UTF-8"), *more]
    request = agent.request("MESSAGE", whom, headers=headers, body=text, contact="", **fields)
    return agent.authenticated(request, timeout=15)


def reads(agent: RawAgent, timeout: float = 10.0) -> Message:
    """The next message that comes, taken."""
    got = agent.expect("MESSAGE", timeout)
    agent.respond(got, 200)
    return got


def test_a_phone_without_power_gets_it_when_it_is_back(company: Company) -> None:
    """It is registered, and does not answer."""
    alice, bob = company.registered("101"), company.raw("102")
    gone = company.raw("102")
    gone.register(expires=3600)
    gone.close()
    assert writes(alice, company.uri("102"), "are you there?").code == 202
    bob.register()
    assert reads(bob, 75).body == "are you there?"


def test_while_nobody_keeps_messages_the_sender_is_told_to_come_back(company: Company) -> None:
    """The presence server hangs: 503 with a time, and no word is lost unsaid. The watchdog would start it anew."""
    alice = company.registered("101")
    watchdog, server = company.pid("watchdog"), company.pid("presence")
    os.killpg(watchdog, signal.SIGSTOP)
    os.killpg(server, signal.SIGSTOP)
    try:
        refused = writes(alice, company.uri("102"), "lost?")
    finally:
        os.killpg(server, signal.SIGKILL)  # what it was asked goes with it
        os.kill(watchdog, signal.SIGKILL)
    assert (refused.code, refused.header("Retry-After")) == (503, "5"), refused.text
    company.building.awaits_restart("watchdog", watchdog)
    company.building.awaits_restart("presence", server)
    assert writes(alice, company.uri("102"), "again").code == 202
    assert reads(company.registered("102")).body == "again"


def test_what_is_kept_outlives_a_kill(company: Company) -> None:
    alice = company.registered("101")
    assert writes(alice, company.uri("102"), "kept").code == 202
    old = company.pid("presence")
    os.kill(old, signal.SIGKILL)
    company.building.awaits_restart("presence", old)
    assert reads(company.registered("102")).body == "kept"


def test_a_phone_that_refuses_says_so_to_the_sender(company: Company) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    request = alice.with_credentials(*_challenged(alice, company.uri("102"), "?"))
    alice.send(request)
    bob.respond(bob.expect("MESSAGE"), 415, "Unsupported Media Type")
    assert alice.await_message(lambda each: each.cseq == request.cseq and (each.code or 0) > 199, 5, "415").code == 415


def test_what_is_refused(company: Company) -> None:
    alice = company.registered("101")
    assert writes(alice, company.uri("199"), "hello").code == 404
    assert writes(alice, company.uri("102"), "x" * 1301).code == 413
    assert writes(alice, company.uri("102"), "hello", from_=f"<{company.uri('103')}>;tag=x").code == 403
    unknown = writes(alice, company.uri("102"), "hello", ("Require", "teleport"))
    assert (unknown.code, unknown.header("Unsupported")) == (420, "teleport"), "nobody is there to understand it"
    stranger = company.raw("666", password="guess")
    assert writes(stranger, company.uri("102"), "hello").code == 407


def test_who_writes_too_much_is_slowed_down(company: Company) -> None:
    alice = company.registered("101")
    codes = [writes(alice, company.uri("102"), f"{n}").code for n in range(21)]
    assert codes == [202] * 20 + [480]


def _challenged(agent: RawAgent, whom: str, text: str) -> tuple[Message, Message]:
    """A message that is challenged, with the challenge."""
    request = agent.request("MESSAGE", whom, headers=[("Content-Type", "text/plain")], body=text, contact="")
    return request, agent.exchange(request)


CPIM = (
    "From: Alice <im:{asks}@{home}>\r\nTo: Bob <im:{hears}@{away}>\r\nDateTime: 2026-11-28T17:00:00Z\r\n"
    "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 34jk324j\r\n"
    "imdn.Disposition-Notification: positive-delivery, display\r\n\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 14\r\n\r\nGrüße,\r\n  Bob"
)
IMDN = (
    "From: Bob <im:{hears}@{away}>\r\nTo: Alice <im:{asks}@{home}>\r\nNS: imdn <urn:ietf:params:imdn>\r\n"
    "imdn.Message-ID: d834jied93rf\r\n\r\nContent-type: message/imdn+xml\r\nContent-Disposition: notification\r\n\r\n"
    '<?xml version="1.0" encoding="UTF-8"?><imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>34jk324j</message-id>'
    "<datetime>2026-11-28T17:00:00Z</datetime><{kind}-notification><status><{status}/></status></{kind}-notification>"
    "</imdn>"
)
"""What a device wraps its words into (RFC 3862), and what it answers (RFC 5438)."""


def wraps(agent: RawAgent, whom: str, body: str) -> Message:
    """Send a message in CPIM; the answer."""
    headers = [("Content-Type", "message/cpim;x=1")]
    request = agent.request("MESSAGE", whom, headers=headers, body=body, contact="")
    return agent.authenticated(request, timeout=15)


def test_a_request_for_notices_and_the_notices_pass_unchanged(company: Company) -> None:
    """Bob's device says that it has the message and that he has read it."""
    alice, bob = company.registered("101"), company.registered("102")
    asks_and_hears(alice, bob, kept=False)


def test_notices_pass_between_domains_and_are_kept(company: Company) -> None:
    """Each time the other side is off when it is written to."""
    other = company.neighbour()
    alice, dave = company.registered("101"), other.registered("102")
    company.building.lets_write(company.domain, other.domain)
    company.building.lets_write(other.domain, company.domain)
    asks_and_hears(alice, dave, kept=True)


def asks_and_hears(asks: RawAgent, hears: RawAgent, *, kept: bool) -> None:
    """One asks for notices, the other gives them."""
    asked = CPIM.format(asks=asks.user, hears=hears.user, home=asks.domain, away=hears.domain)
    passes(asks, hears, [asked], kept=kept)
    told = [IMDN.format(asks=asks.user, hears=hears.user, home=asks.domain, away=hears.domain, kind=kind, status=status)
            for kind, status in (("delivery", "delivered"), ("display", "displayed"))]  # fmt: skip
    passes(hears, asks, told, kept=kept)


def passes(sender: RawAgent, receiver: RawAgent, bodies: list[str], *, kept: bool) -> None:
    """What was sent is what comes, byte for byte."""
    whom, got = f"sip:{receiver.user}@{receiver.domain}", []
    if kept:
        receiver.register(expires=0)
        assert [wraps(sender, whom, each).code for each in bodies] == [202] * len(bodies)
        receiver.register()
    else:
        for each in bodies:
            headers = [("Content-Type", "message/cpim;x=1")]
            request = sender.request("MESSAGE", whom, headers=headers, body=each, contact="")
            sender.send(sender.with_credentials(request, sender.exchange(request)))
            got.append(reads(receiver))  # two at once may overtake each other
    got += [reads(receiver) for _ in bodies[len(got) :]]
    assert [each.body for each in got] == bodies
    assert {each.header("Content-Type") for each in got} == {"message/cpim;x=1"}
