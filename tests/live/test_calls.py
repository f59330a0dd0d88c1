"""Calls that are not quite plain: offers that come late, sound that comes early, callers who change their mind."""

from __future__ import annotations

import pytest
from tests.live.company import Company
from tests.live.talking import calls, final, hangs_up
from tests.phones.compose import offer
from tests.phones.dialog import Dialog
from tests.phones.phone import Phone

pytestmark = pytest.mark.engines

WITH_SDP = [("Content-Type", "application/sdp")]


def test_an_offer_may_come_late(company: Company) -> None:
    """An INVITE without a body: the called side offers, the ACK answers (RFC 3264 §4)."""
    alice, bob = company.raw("101"), company.registered("102")
    invite = alice.request("INVITE", company.uri("102"))
    invite = alice.with_credentials(invite, alice.exchange(invite))
    alice.send(invite)
    received = bob.expect("INVITE")
    accepted = bob.accept(received)
    answer = final(alice, invite)
    assert "m=audio" in answer.body
    mine = Dialog.called(alice, invite, answer)
    alice.send(mine.request("ACK", headers=WITH_SDP, body=alice.offer()))
    bob.expect("ACK")
    hangs_up(mine, Dialog.answered(bob, received, accepted))


def test_sound_before_the_answer_is_heard(company: Company) -> None:
    alice, bob = company.phone("101"), company.phone("102", rings=False)
    at_alice = alice.dial("102")
    at_bob = bob.incoming()
    at_bob.progress()
    at_alice.wait_response(183)
    at_alice.hears(bob.tone)
    at_bob.answer()
    at_alice.wait_answered()
    at_alice.hears(bob.tone)
    at_bob.hears(alice.tone)


def test_keys_arrive_from_both_sides(company: Company) -> None:
    alice, bob = company.phone("101"), company.phone("102")
    at_alice, at_bob = answered(alice, bob)
    at_alice.dtmf("159#")
    at_bob.wait_dtmf("159#")
    at_bob.dtmf("*0")
    at_alice.wait_dtmf("*0")


def test_a_caller_who_gives_up_before_it_rings(company: Company) -> None:
    alice, bob = company.phone("101"), company.phone("102", rings=False)
    at_alice = alice.dial("102")
    at_bob = bob.incoming()
    assert at_alice.hangup().code == 487
    assert at_bob.wait_ended().code == 487


def test_a_caller_who_gives_up_at_once(company: Company) -> None:
    """CANCEL right behind the INVITE: 487, and if the phone rang at all it stops."""
    alice, bob = company.raw("101"), company.registered("102")
    invite = calls(alice, company.uri("102"))
    alice.await_message(lambda each: each.code == 100 and each.cseq == invite.cseq, 5, "100")
    branch = {"via": invite.header("Via") or "", "call_id": invite.header("Call-ID") or ""}
    same = {"from_": invite.header("From") or "", "cseq": f"{invite.cseq[0]} CANCEL", "contact": ""}
    assert alice.exchange(alice.request("CANCEL", invite.uri, **branch, **same)).code == 200
    answer = final(alice, invite)
    assert answer.code == 487
    rung = [each for each in bob.seen if each.method == "INVITE"]
    if rung:
        bob.respond(bob.expect("CANCEL"), 200)
        bob.respond(rung[0], 487)


def test_three_phones_of_one_person(company: Company) -> None:
    """All ring; one answers; the others are told that it was answered, and show no missed call (RFC 3326)."""
    company.gives_device("102", "bob-mobile")
    company.gives_device("102", "bob-home")
    desk, mobile, home = (company.registered("102", device=each) for each in ("102", "bob-mobile", "bob-home"))
    alice = company.raw("101")
    invite = calls(alice, company.uri("102"))
    rung = {phone: phone.expect("INVITE") for phone in (desk, mobile, home)}
    for phone, received in rung.items():
        phone.respond(received, 180)
    accepted = mobile.accept(rung[mobile])
    for phone in (desk, home):
        cancel = phone.expect("CANCEL")
        assert "cause=200" in (cancel.header("Reason") or ""), cancel.text
        phone.respond(cancel, 200)
        phone.respond(rung[phone], 487)
    mine = Dialog.called(alice, invite, final(alice, invite))
    mine.ack()
    mobile.expect("ACK")
    hangs_up(mine, Dialog.answered(mobile, rung[mobile], accepted))


def test_three_phones_of_which_all_refuse(company: Company) -> None:
    company.gives_device("102", "bob-mobile")
    desk, mobile = company.registered("102"), company.registered("102", device="bob-mobile")
    alice = company.raw("101")
    invite = calls(alice, company.uri("102"))
    for phone in (desk, mobile):
        phone.respond(phone.expect("INVITE"), 486)
    assert final(alice, invite).code == 486


def test_somebody_calls_himself(company: Company) -> None:
    alice = company.phone("101")
    out = alice.dial("101")
    back = alice.incoming()
    back.answer()
    out.wait_answered()
    out.hears(alice.tone)
    back.hears(alice.tone)
    assert out.hangup().code == 200
    assert back.wait_ended().code == 200


def test_no_codec_in_common(company: Company) -> None:
    """The caller is told at once, and nobody's phone rings for nothing."""
    alice, bob = company.raw("101"), company.registered("102")
    body = offer(alice.link.local[0]).replace("AVP 8 0", "AVP 96").replace("8 PCMA", "96 NOBODYS")
    body = body.replace("a=rtpmap:0 PCMU/8000\r\n", "")
    invite = alice.request("INVITE", company.uri("102"), headers=WITH_SDP, body=body)
    invite = alice.with_credentials(invite, alice.exchange(invite))
    alice.send(invite)
    assert final(alice, invite).code == 488
    assert not [each for each in bob.seen if each.method == "INVITE"]


def test_the_called_phone_knows_none_of_the_codecs(company: Company) -> None:
    alice, bob = company.raw("101"), company.registered("102")
    invite = calls(alice, company.uri("102"))
    bob.respond(bob.expect("INVITE"), 488, headers=[("Warning", '305 bob "Incompatible media format"')])
    answer = final(alice, invite)
    warning = f'305 {company.domain} "Incompatible media format"'  # the name of the phone's host is nobody's business
    assert (answer.code, answer.header("Warning")) == (488, warning)


def test_phones_of_different_codecs_hear_each_other(company: Company) -> None:
    alice, bob = company.phone("101", codecs=("PCMA/8000",)), company.phone("102", codecs=("PCMU/8000",))
    at_alice, at_bob = answered(alice, bob)
    at_alice.hears(bob.tone)
    at_bob.hears(alice.tone)


def test_a_call_passes_each_message_once(company: Company) -> None:
    """Nothing is sent twice to the called phone, and the caller sees one ringing and one answer."""
    alice, bob = company.raw("101"), company.registered("102")
    invite = calls(alice, company.uri("102"))
    received = bob.expect("INVITE")
    bob.respond(received, 180)
    accepted = bob.accept(received)
    mine = Dialog.called(alice, invite, final(alice, invite))
    mine.ack()
    bob.expect("ACK")
    hangs_up(mine, Dialog.answered(bob, received, accepted))
    assert [each.method for each in bob.seen if each.code is None] == ["INVITE", "ACK", "BYE"]
    codes = [each.code for each in alice.seen if each.cseq == invite.cseq]
    assert codes in ([100, 180, 200], [100, 200])


def answered(caller: Phone, callee: Phone) -> tuple:  # type: ignore[type-arg]
    """Two phones in a call, each hearing the other."""
    mine = caller.dial(callee.user)
    theirs = callee.incoming()
    theirs.answer()
    mine.wait_answered()
    mine.hears(callee.tone)
    theirs.hears(caller.tone)
    return mine, theirs


def test_trying_says_so_in_the_words_of_the_standard(company: Company) -> None:
    """RFC 3261 §21.1.1; the engine has a joke of its own there, and some phones show it."""
    alice = company.raw("101")
    company.registered("102")
    invite = alice.invite(company.uri("102"))
    alice.send(alice.with_credentials(invite, alice.exchange(invite)))
    trying = alice.await_message(lambda each: each.code == 100, 8, "100")
    assert trying.start == "SIP/2.0 100 Trying"
