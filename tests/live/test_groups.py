"""Ring groups, where the SIP is the point."""

from __future__ import annotations

import pytest
from tests.live.company import Company, password_of
from tests.live.talking import calls, final
from tests.phones.dialog import Dialog
from tests.phones.raw import RawAgent

pytestmark = pytest.mark.engines

MANY = 50


def called(agent: RawAgent) -> str:
    """Let an agent ring; gives the INVITE's text."""
    invite = agent.expect("INVITE")
    agent.respond(invite, 180, headers=[("Contact", f"<{agent.contact}>")])
    return invite.text


def test_who_did_not_take_the_call_is_told_that_it_was_answered(company: Company) -> None:
    alice, bob, carol = company.raw("101"), company.registered("102"), company.registered("103")
    company.building.adds_group(company.domain, "sales", ["102", "103"])
    company.building.serves_at(company.domain, "200", "group:sales")
    invite = calls(alice, company.uri("200"))
    texts = [called(bob)]
    received = carol.expect("INVITE")
    accepted = carol.accept(received)
    mine = Dialog.called(alice, invite, final(alice, invite))
    mine.ack()
    cancel = bob.expect("CANCEL")
    assert "cause=200" in (cancel.header("Reason") or ""), cancel.text
    assert "x-carillon" not in "".join((*texts, received.text, cancel.text)).lower()
    theirs = Dialog.answered(carol, received, accepted)
    assert theirs.bye().code == 200


def test_a_group_of_fifty(company: Company) -> None:
    extensions = [str(300 + place) for place in range(MANY)]
    for extension in extensions:
        company.building.hires(company.domain, extension, f"Person {extension}")
        company.gives_device(extension, extension)
    phones = [company.registered(extension) for extension in extensions]
    company.building.adds_group(company.domain, "everybody", extensions)
    company.building.serves_at(company.domain, "200", "group:everybody")
    alice = company.raw("101", password=password_of("101"))
    invite = calls(alice, company.uri("200"))
    for phone in phones[:-1]:
        called(phone)
    received = phones[-1].expect("INVITE")
    accepted = phones[-1].accept(received)
    mine = Dialog.called(alice, invite, final(alice, invite))
    mine.ack()
    for phone in phones[:-1]:
        phone.expect("CANCEL")
    assert sum(one.code == 180 for one in alice.seen) == 1, "the caller hears one ringing"
    assert Dialog.answered(phones[-1], received, accepted).bye().code == 200
