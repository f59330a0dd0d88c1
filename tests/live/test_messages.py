"""Messages: from person to person, to all devices, kept while nobody is there, and delivered once."""

from __future__ import annotations

import os
import signal

import pytest
from tests.live.company import Company
from tests.phones.message import Message
from tests.phones.raw import RawAgent

pytestmark = pytest.mark.engines


def writes(agent: RawAgent, whom: str, text: str, **fields: str) -> Message:
    """Send a message; the answer."""
    headers = [("Content-Type", "text/plain;charset=UTF-8")]
    request = agent.request("MESSAGE", whom, headers=headers, body=text, contact="", **fields)
    return agent.authenticated(request, timeout=15)


def reads(agent: RawAgent, timeout: float = 10.0) -> Message:
    """The next message that comes, taken."""
    got = agent.expect("MESSAGE", timeout)
    agent.respond(got, 200)
    return got


def test_a_message_shows_who_wrote_it(company: Company) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    alice.send(first := alice.with_credentials(*_challenged(alice, company.uri("102"), "Grüße, 10 € & <mehr>")))
    got = reads(bob)
    assert got.body == "Grüße, 10 € & <mehr>"
    assert (got.header("From") or "").startswith(f'"Alice Martin" <{company.uri("101")}>')
    assert alice.await_message(lambda each: each.code == 200 and each.cseq == first.cseq, 5, "200").code == 200


def test_all_devices_of_a_person_get_it(company: Company) -> None:
    company.gives_device("102", "bob-mobile")
    alice, desk = company.registered("101"), company.registered("102")
    mobile = company.registered("102", device="bob-mobile")
    alice.send(alice.with_credentials(*_challenged(alice, company.uri("102"), "both")))
    assert [reads(each).body for each in (desk, mobile)] == ["both", "both"]


def test_what_nobody_takes_is_kept_and_comes_once_in_order(company: Company) -> None:
    alice = company.registered("101")
    for text in ("one", "two", "three"):
        assert writes(alice, company.uri("102"), text).code == 202
    bob = company.registered("102")
    got = [reads(bob) for _ in range(3)]
    assert [each.body for each in got] == ["one", "two", "three"]
    assert all(each.header("Date") for each in got)
    assert (got[0].header("From") or "").startswith(f'"Alice Martin" <{company.uri("101")}>')
    bob.register(expires=0)
    bob.register()
    writes_and_reads(alice, bob, company.uri("102"), "four")


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
    stranger = company.raw("666", password="guess")
    assert writes(stranger, company.uri("102"), "hello").code == 407


def test_who_writes_too_much_is_slowed_down(company: Company) -> None:
    alice = company.registered("101")
    codes = [writes(alice, company.uri("102"), f"{n}").code for n in range(21)]
    assert codes == [202] * 20 + [480]


def writes_and_reads(alice: RawAgent, bob: RawAgent, whom: str, text: str) -> None:
    """A message that is the next one to come."""
    alice.send(alice.with_credentials(*_challenged(alice, whom, text)))
    assert reads(bob).body == text


def _challenged(agent: RawAgent, whom: str, text: str) -> tuple[Message, Message]:
    """A message that is challenged, with the challenge."""
    request = agent.request("MESSAGE", whom, headers=[("Content-Type", "text/plain")], body=text, contact="")
    return request, agent.exchange(request)


CPIM = (
    "From: Alice <im:101@{domain}>\r\nTo: Bob <im:102@{domain}>\r\nDateTime: 2026-11-28T17:00:00Z\r\n"
    "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 34jk324j\r\n"
    "imdn.Disposition-Notification: positive-delivery, display\r\n\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 14\r\n\r\nGrüße,\r\n  Bob"
)
IMDN = (
    "From: Bob <im:102@{domain}>\r\nTo: Alice <im:101@{domain}>\r\nNS: imdn <urn:ietf:params:imdn>\r\n"
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


@pytest.mark.parametrize("kept", [False, True])
def test_a_request_for_notices_and_the_notices_pass_unchanged(company: Company, kept: bool) -> None:
    """Bob's device says that it has the message and that he has read it; each time the other side may be off."""
    asked = CPIM.format(domain=company.domain)
    told = [IMDN.format(domain=company.domain, kind=kind, status=status)
            for kind, status in (("delivery", "delivered"), ("display", "displayed"))]  # fmt: skip
    _pass(company, ("101", "102"), [asked], kept)
    _pass(company, ("102", "101"), told, kept)


def _pass(company: Company, way: tuple[str, str], bodies: list[str], kept: bool) -> None:
    sender, receiver = company.registered(way[0]), company.raw(way[1])
    got: list[Message] = []
    if kept:
        receiver.register(expires=0)
        assert [wraps(sender, company.uri(way[1]), each).code for each in bodies] == [202] * len(bodies)
        receiver.register()
    else:
        receiver.register()
        for each in bodies:
            headers = [("Content-Type", "message/cpim;x=1")]
            request = sender.request("MESSAGE", company.uri(way[1]), headers=headers, body=each, contact="")
            sender.send(sender.with_credentials(request, sender.exchange(request)))
            got.append(reads(receiver))  # two at once may overtake each other
    got += [reads(receiver) for _ in bodies[len(got) :]]
    assert [each.body for each in got] == bodies
    assert {each.header("Content-Type") for each in got} == {"message/cpim;x=1"}
    for agent in (sender, receiver):
        agent.register(expires=0)
