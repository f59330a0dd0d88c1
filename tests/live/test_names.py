"""Names as people write them, and as old equipment does: the called phone shows them, and the call goes on."""

from __future__ import annotations

import pytest
from tests.live.company import Company
from tests.live.talking import calls, final
from tests.phones.message import Message

pytestmark = pytest.mark.engines

NAMES = ["Zoë Müller", "李小龍", "O'Neil, Jr. <x>", 'Al "Ace" Smith', "back\\slash", 'ends with "quotes"', "a; b=c, d?"]


@pytest.mark.parametrize("name", NAMES)
def test_the_phone_shows_the_name_as_it_was_written(company: Company, name: str) -> None:
    company.building.hires(company.domain, "110", name)
    company.gives_device("110", "110")
    caller, bob = company.raw("110"), company.registered("102")
    invite = calls(caller, company.uri("102"))
    received = bob.expect("INVITE")
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    for header in ("From", "P-Asserted-Identity"):
        assert (received.header(header) or "").startswith(f'"{escaped}" <sip:110@{company.domain}>'), received.text
    received.parsed()
    bob.respond(received, 486)
    assert final(caller, invite).code == 486


@pytest.mark.parametrize("sent", [b'"J\xf6rg"', b'"\xff\xfe"', b"", "Zoë".encode(), b"J\xf6rg"])
def test_whatever_name_a_phone_sends_the_call_works(company: Company, sent: bytes) -> None:
    """Latin-1 in a display name is everyday; what the called phone shows is who really calls."""
    alice, bob = company.raw("101"), company.registered("102")
    mark = f'"NAME" <sip:101@{company.domain}>'
    invite = alice.invite(company.uri("102"))
    named = Message(invite.text.replace(f"<sip:101@{company.domain}>", mark, 1))
    named = Message.from_bytes(named.to_bytes().replace(b'"NAME"', sent))
    answered = alice.with_credentials(named, alice.exchange(named))
    alice.send(answered)
    received = bob.expect("INVITE")
    assert (received.header("From") or "").startswith(f'"Alice Martin" <sip:101@{company.domain}>')
    bob.respond(received, 486)
    assert final(alice, answered).code == 486
