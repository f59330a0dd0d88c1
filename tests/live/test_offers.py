"""What phones may offer and send besides plain sound: it passes, or the phone is told at once that it does not."""

from __future__ import annotations

import pytest
from tests.live.company import Company
from tests.live.talking import a_call_works, calls, final, hangs_up, reinvites, talk
from tests.phones.compose import offer
from tests.phones.dialog import Dialog
from tests.phones.message import Message
from tests.phones.raw import RawAgent

pytestmark = pytest.mark.engines

WITH_SDP = [("Content-Type", "application/sdp")]


def test_a_picture_is_refused_and_the_sound_stays(company: Company) -> None:
    """A call with video: the answer refuses that line with port 0 (RFC 3264 §6), and nobody is offered any."""
    alice, bob = company.raw("101"), company.registered("102")
    invite = offers(alice, offer(alice.link.local[0]) + "m=video 41000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n")
    received = bob.expect("INVITE")
    assert "m=video" not in received.body
    mine, theirs = answered(alice, invite, bob, received)
    answer = final_of(alice, invite)
    assert "m=audio 0" not in answer.body
    assert "m=video 0" in answer.body
    hangs_up(mine, theirs)


def test_encrypted_sound_without_its_keys_is_refused_at_once(company: Company) -> None:
    """RTP/SAVP whose keys would be agreed on otherwise (DTLS): 488, and nobody's phone rings for nothing."""
    alice, bob = company.raw("101"), company.registered("102")
    invite = offers(alice, offer(alice.link.local[0]).replace("RTP/AVP", "RTP/SAVP"))
    assert final(alice, invite).code == 488
    assert not [each for each in bob.seen if each.method == "INVITE"]


def test_opus_passes(company: Company) -> None:
    """Both phones speak opus (RFC 7587): each is answered with it."""
    alice, bob = company.raw("101"), company.registered("102")
    body = offer(alice.link.local[0]).replace("AVP 8 0", "AVP 107 8 0") + "a=rtpmap:107 opus/48000/2\r\n"
    invite = offers(alice, body)
    received = bob.expect("INVITE")
    first = received.body.split("m=audio ")[1].split()[2]
    assert f"a=rtpmap:{first} opus/48000/2" in received.body
    theirs = offer(bob.link.local[0]).replace("AVP 8 0", f"AVP {first}") + f"a=rtpmap:{first} opus/48000/2\r\n"
    accepted = bob.respond(received, 200, headers=WITH_SDP, body=theirs)
    answer = final(alice, invite)
    assert "a=rtpmap:107 opus/48000/2" in answer.body
    mine = Dialog.called(alice, invite, answer)
    mine.ack()
    bob.expect("ACK")
    hangs_up(mine, Dialog.answered(bob, received, accepted))


@pytest.mark.parametrize("header", ["Supported", "Require"])
def test_reliable_ringing(company: Company, header: str) -> None:
    """A caller with 100rel (RFC 3262)."""
    alice, bob = company.raw("101"), company.registered("102")
    invite = calls(alice, company.uri("102"), [(header, "100rel")])
    received = bob.expect("INVITE")
    bob.respond(received, 180)
    ringing = alice.await_message(lambda each: each.code == 180, 5, "180")
    early = Dialog.called(alice, invite, ringing)
    if ringing.header("RSeq"):
        rack = f"{ringing.header('RSeq')} {invite.cseq[0]} INVITE"
        assert alice.exchange(early.request("PRACK", headers=[("RAck", rack)])).code == 200
    mine, theirs = answered(alice, invite, bob, received)
    mine.cseq = early.cseq  # a BYE with the number of the PRACK would be none (RFC 3261 §12.2.2)
    hangs_up(mine, theirs)
    assert (ringing.header("RSeq") is not None) == (header == "Require")


def test_a_call_that_requires_what_nobody_knows_is_refused_by_its_name(company: Company) -> None:
    """Our Asterisk is the other end of the dialog, so it says so (RFC 3261 §8.2.2.3); nobody's phone rings."""
    alice, bob = company.registered("101"), company.registered("102")
    refused = final(alice, calls(alice, company.uri("102"), [("Require", "teleport")]))
    assert (refused.code, refused.header("Unsupported")) == (420, "teleport")
    a_call_works(alice, bob)
    assert [each.method for each in bob.seen if each.code is None].count("INVITE") == 1


@pytest.mark.parametrize("side", ["caller", "called"])
def test_offers_anew_by_reinvite(company: Company, side: str) -> None:
    alice, bob = company.raw("101"), company.registered("102")
    mine, theirs = talk(alice, bob)
    one = mine if side == "caller" else theirs
    assert reinvites(one, WITH_SDP) == 200
    one.ack()
    hangs_up(mine, theirs)


@pytest.mark.parametrize("side", ["caller", "called"])
def test_offers_anew_by_update(company: Company, side: str) -> None:
    """RFC 3311, as phones do to fix one codec."""
    alice, bob = company.raw("101"), company.registered("102")
    mine, theirs = talk(alice, bob)
    one = mine if side == "caller" else theirs
    response = one.agent.exchange(one.request("UPDATE", headers=WITH_SDP, body=one.agent.offer()))
    assert response.code == 200
    assert "m=audio" in response.body
    hangs_up(mine, theirs)


def test_keys_by_info(company: Company) -> None:
    """A phone that sends its keys by INFO: the other one gets them as it agreed to, by RFC 4733."""
    alice, bob = company.raw("101"), company.phone("102")
    invite = calls(alice, company.uri("102"))
    at_bob = bob.incoming()
    at_bob.pick_up()
    mine = Dialog.called(alice, invite, final(alice, invite))
    mine.ack()
    at_bob.wait_answered()
    kind = [("Content-Type", "application/dtmf-relay")]
    assert alice.exchange(mine.request("INFO", headers=kind, body="Signal=5\r\nDuration=160\r\n")).code == 200
    at_bob.wait_dtmf("5")
    assert mine.bye().code == 200
    assert at_bob.wait_ended().code == 200


def test_two_phones_of_which_the_caller_gives_up(company: Company) -> None:
    """Both phones stop ringing, and nothing tells them that it was answered: each shows a missed call (RFC 3326)."""
    company.gives_device("102", "bob-mobile")
    desk, mobile = company.registered("102"), company.registered("102", device="bob-mobile")
    alice = company.raw("101")
    invite = calls(alice, company.uri("102"))
    rung = {phone: phone.expect("INVITE") for phone in (desk, mobile)}
    for phone, received in rung.items():
        phone.respond(received, 180)
    alice.await_message(lambda each: each.code == 180, 5, "180")
    branch = {"via": invite.header("Via") or "", "call_id": invite.header("Call-ID") or ""}
    same = {"from_": invite.header("From") or "", "cseq": f"{invite.cseq[0]} CANCEL", "contact": ""}
    assert alice.exchange(alice.request("CANCEL", invite.uri, **branch, **same)).code == 200
    for phone, received in rung.items():
        cancel = phone.expect("CANCEL")
        assert "cause=200" not in (cancel.header("Reason") or ""), cancel.text
        assert "cause=26" not in (cancel.header("Reason") or ""), cancel.text
        phone.respond(cancel, 200)
        phone.respond(received, 487)
    assert final(alice, invite).code == 487


def offers(caller: RawAgent, body: str) -> Message:
    """Call Bob with this SDP as far as the INVITE with credentials; give it as sent."""
    invite = caller.request("INVITE", f"sip:102@{caller.domain}", headers=WITH_SDP, body=body)
    invite = caller.with_credentials(invite, caller.exchange(invite))
    caller.send(invite)
    return invite


def final_of(caller: RawAgent, invite: Message) -> Message:
    """The 2xx that was already taken."""
    return next(each for each in caller.seen if each.code == 200 and each.cseq == invite.cseq)


def answered(caller: RawAgent, invite: Message, callee: RawAgent, received: Message) -> tuple[Dialog, Dialog]:
    """The called side takes the call with G.711."""
    accepted = callee.accept(received)
    mine = Dialog.called(caller, invite, final(caller, invite))
    mine.ack()
    callee.expect("ACK")
    return mine, Dialog.answered(callee, received, accepted)
