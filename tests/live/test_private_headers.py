"""Our private headers never leave, and nobody is believed about them but our own Asterisk."""

from __future__ import annotations

import pytest
from tests.live.company import Company
from tests.live.talking import calls, final, got_nothing, hangs_up, reinvites, talk
from tests.phones.message import Message

pytestmark = pytest.mark.engines

SPELLINGS = ["X-Carillon-Called", "x-carillon-called", "X-CARILLON-CALLED", "X-Carillon-Called ", "X-Carillon-Called\t"]


def private(messages: list[Message]) -> list[str]:
    """Every line of these messages that is ours to keep."""
    return [line for each in messages for line in each.text.splitlines() if "carillon-" in line.lower()]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_caller_is_not_believed_however_he_spells_it(company: Company, spelling: str) -> None:
    alice, bob, carol = (company.registered(extension) for extension in ("101", "102", "103"))
    invite = calls(alice, company.uri("102"), [(spelling, f"103@{company.domain}")])
    received = bob.expect("INVITE")
    bob.respond(received, 486)
    assert final(alice, invite).code == 486
    assert private([received]) == []
    assert got_nothing(carol, bob)


def test_a_folded_or_doubled_header_is_not_believed(company: Company) -> None:
    alice, bob, carol = (company.registered(extension) for extension in ("101", "102", "103"))
    value = f"103@{company.domain}"
    doubled = [("X-Carillon-Called", f"\r\n {value}"), ("Subject", "x\r\n y"), ("X-Carillon-Called", value)]
    invite = calls(alice, company.uri("102"), doubled)
    received = bob.expect("INVITE")
    bob.respond(received, 486)
    assert final(alice, invite).code == 486
    assert private([received]) == []
    assert got_nothing(carol, bob)


def test_none_is_seen_in_a_whole_call_in_which_both_sides_send_some(company: Company) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    headers = [("X-Carillon-Leg", "made-up"), ("X-Carillon-Caller", f"103@{company.domain}")]
    mine, theirs = talk(alice, bob, headers)
    more = [*headers, ("Content-Type", "application/sdp")]
    for side in (mine, theirs):
        assert reinvites(side, more) == 200
        side.ack()
    hangs_up(mine, theirs)
    assert private(alice.seen) == []
    assert private(bob.seen) == []


def test_a_call_cannot_be_taken_over_by_knowing_its_dialog(company: Company) -> None:
    """Asterisk would join whoever sends Replaces: by the rules of pick-up, a call of others is none to Carol."""
    alice, bob, carol = company.registered("101"), company.registered("102"), company.registered("103")
    mine, theirs = talk(alice, bob)
    tags = f"{mine.call_id};to-tag={mine.remote.partition('tag=')[2]};from-tag={mine.local.partition('tag=')[2]}"
    bob.forget()
    assert final(carol, calls(carol, company.uri("102"), [("Replaces", tags)])).code == 481
    assert not [each for each in bob.seen if each.header("Replaces")]
    hangs_up(mine, theirs)


@pytest.mark.parametrize("code", [302, 404, 486, 503, 603])
def test_none_of_a_phones_refusal_reaches_the_caller(company: Company, code: int) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    invite = calls(alice, company.uri("102"))
    bob.respond(bob.expect("INVITE"), code, headers=[("X-Carillon-Origin", "external"), ("Contact", "<sip:x@y>")])
    assert (final(alice, invite).code or 0) >= 400
    assert private(alice.seen) == []


def test_nobody_asserts_for_another(company: Company) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    boss = '"The Boss" <sip:100@example.org>'
    lies = [(name, boss) for name in ("P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID")]
    invite = alice.invite(company.uri("102"), lies)
    invite = Message(invite.text.replace(f"From: <sip:101@{company.domain}>", f"From: {boss}"))
    challenged = alice.exchange(invite)
    alice.send(alice.with_credentials(invite, challenged))
    received = bob.expect("INVITE")
    assert "Boss" not in received.text
    assert (received.header("From") or "").startswith(f'"Alice Martin" <sip:101@{company.domain}>')
