"""Somebody sends a call to a number (REFER, RFC 3515 and 5589): who is rung, who is told, and who is called back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.live.company import Company
from tests.live.talking import hangs_up, talk
from tests.live.test_refresh import asterisk
from tests.live.test_transfers import hear_each_other, talks
from tests.live.waiting import await_that
from tests.phones.call import Call
from tests.phones.dialog import Dialog
from tests.phones.message import Message
from tests.phones.phone import Phone
from tests.phones.tones import TONES
from tests.worlds.building import ADDRESS, PORT, PROVIDERS, Building

pytestmark = pytest.mark.engines
HOST, MOBILE, DESK = "prov1", "+32475123456", "+3225550101"
RINGING = 425  # Hz


@pytest.fixture
def provider(building: Building, company: Company) -> Iterator[Phone]:
    """A provider that is somebody's mobile too, and a trunk there; the desk number is Alice's."""
    where = {"namespace": building.network.namespace(HOST), "address": PROVIDERS[HOST], "port": PORT}
    with ExitStack() as places:
        phone = places.enter_context(Phone("", MOBILE, "", ADDRESS, proxy=f"{ADDRESS}:{PORT}", **where))
        building.adds_trunk(company.domain, "line", PROVIDERS[HOST], 1)
        places.callback(building.removes_trunk, company.domain, "line")
        building.numbers(company.domain, DESK, "101")
        yield phone


def sends(at_transferor: Call, company: Company, number: str) -> None:
    """Somebody sends the other side to a number of the company, or outside."""
    at_transferor.transfer(company.uri(number))


def is_sent(at_transferor: Call) -> None:
    """The transfer is reported as done, and the transferor leaves."""
    assert at_transferor.wait_transferred() == 200
    assert at_transferor.hangup().code == 200


def shown(call: Call) -> str:
    """Whom the phone shows as the caller, without the tag."""
    return (call.invite.header("From") or "").partition(";")[0]


def nobody_rang(phone: Phone) -> bool:
    return phone.unanswered() == 0


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("side", ["caller", "called"])
def test_to_an_extension(company: Company, side: str, held: bool) -> None:
    """The third one sees who is transferred, not who transfers; private headers stay with us."""
    alice, bob, carol = (company.phone(each) for each in ("101", "102", "103"))
    at_alice, at_bob = talks(alice, bob)
    mine, theirs, transferee = (at_alice, at_bob, bob) if side == "caller" else (at_bob, at_alice, alice)
    if held:
        mine.hold()
    sends(mine, company, "103")
    at_carol = carol.incoming()
    assert shown(at_carol) == f'"{transferee.name}" <sip:{transferee.user}@{company.domain}>'
    assert "X-Carillon" not in at_carol.invite.text
    at_carol.answer()
    is_sent(mine)
    hear_each_other(transferee, theirs, carol, at_carol)
    assert at_carol.hangup().code == 200
    assert theirs.wait_ended().code == 200


def test_who_is_sent_hears_ringing(company: Company) -> None:
    """As any caller does: his call is up already, so the tone is ours (425 Hz)."""
    alice, bob, carol = company.phone("101"), company.phone("102", listens_for=(*TONES, RINGING)), company.phone("103")
    at_alice, at_bob = talks(alice, bob)
    sends(at_alice, company, "103")
    at_carol = carol.incoming()
    at_bob.hears(RINGING)
    at_carol.answer()
    hear_each_other(bob, at_bob, carol, at_carol)


def test_the_transferor_hears_how_far_it_is(company: Company) -> None:
    """202, then NOTIFY with 100, 180 and 200 (RFC 3515 §2.4.4)."""
    alice, bob, carol = (company.phone(each) for each in ("101", "102", "103"))
    at_alice, _ = talks(alice, bob)
    sends(at_alice, company, "103")
    at_carol = carol.incoming()
    # Whoever answers in the same instant may overtake the news that it rings.
    await_that(lambda: "SIP/2.0 180 Ringing" in fragments(at_alice), "Alice hears that it rings")
    at_carol.answer()
    assert at_alice.wait_transferred() == 200
    assert fragments(at_alice) == ["SIP/2.0 100 Trying", "SIP/2.0 180 Ringing", "SIP/2.0 200 OK"]


def fragments(call: Call) -> list[str]:
    return [each.text.rpartition("\r\n\r\n")[2].split("\r\n")[0] for each in notified(call)]


def notified(call: Call) -> list[Message]:
    return [each for each in call.received if each.code is None and each.method == "NOTIFY"]


def test_a_transferred_person_is_sent_on_and_sends_on(company: Company) -> None:
    """Nothing of the first transfer is left in the second, whoever of the two asks for it."""
    alice, bob, carol = (company.phone(each) for each in ("101", "102", "103"))
    at_alice, at_bob = talks(alice, bob)
    sends(at_alice, company, "103")
    at_carol = carol.incoming()
    at_carol.answer()
    is_sent(at_alice)
    sends(at_carol, company, "101")
    back = alice.incoming()
    assert shown(back) == f'"{bob.name}" <sip:102@{company.domain}>'
    back.answer()
    is_sent(at_carol)
    hear_each_other(alice, back, bob, at_bob)
    sends(at_bob, company, "103")
    again = carol.incoming()
    assert shown(again) == f'"{alice.name}" <sip:101@{company.domain}>'
    again.answer()
    is_sent(at_bob)
    hear_each_other(alice, back, carol, again)


# --- outside


def test_to_an_outside_number_with_the_transferors_rights(company: Company, provider: Phone) -> None:
    """Bob may not call outside himself; Alice may, and her number plan reads what she dialled."""
    company.building.allows(company.domain, "101", ("national",))
    company.building.allows(company.domain, "102", ())
    alice, bob = company.phone("101"), company.phone("102")
    at_alice, at_bob = talks(alice, bob)
    sends(at_alice, company, "025551234")
    outside = provider.incoming()
    assert outside.invite.start.startswith("INVITE sip:+3225551234@")
    assert shown(outside).startswith('"Bob Dupont" <sip:+3225550100@')
    assert "X-Carillon" not in outside.invite.text
    outside.answer()
    is_sent(at_alice)
    hear_each_other(bob, at_bob, provider, outside)
    assert outside.hangup().code == 200
    assert at_bob.wait_ended().code == 200


def test_to_an_outside_number_that_the_transferor_may_not_call(company: Company, provider: Phone) -> None:
    company.building.allows(company.domain, "101", ())
    company.building.allows(company.domain, "102", ("national",))
    alice, bob = company.phone("101"), company.phone("102")
    at_alice, at_bob = talks(alice, bob)
    sends(at_alice, company, "025551234")
    assert at_alice.wait_transferred() == 403
    hear_each_other(alice, at_alice, bob, at_bob)
    assert nobody_rang(provider)


def test_to_an_emergency_number_without_any_right(company: Company, provider: Phone) -> None:
    company.building.allows(company.domain, "101", ())
    alice, bob = company.phone("101"), company.phone("102")
    at_alice, at_bob = talks(alice, bob)
    sends(at_alice, company, "112")
    outside = provider.incoming()
    assert outside.invite.start.startswith("INVITE sip:112@")
    outside.answer()
    is_sent(at_alice)
    hear_each_other(bob, at_bob, provider, outside)


def test_somebody_from_outside_is_transferred(company: Company, provider: Phone) -> None:
    """He called us: Carol sees his number."""
    alice, carol = company.phone("101"), company.phone("103")
    at_provider, at_alice = calls_in(provider, alice)
    sends(at_alice, company, "103")
    at_carol = carol.incoming()
    assert f"<sip:{MOBILE}@" in shown(at_carol)
    at_carol.answer()
    is_sent(at_alice)
    hear_each_other(provider, at_provider, carol, at_carol)


def test_somebody_outside_whom_we_called_is_transferred(company: Company, provider: Phone) -> None:
    company.building.allows(company.domain, "101", ("mobile",))
    alice, carol = company.phone("101"), company.phone("103")
    at_alice = alice.dial("0475123456")
    at_provider = provider.incoming()
    at_provider.answer()
    at_alice.wait_answered()
    sends(at_alice, company, "103")
    at_carol = carol.incoming()
    assert f"<sip:{MOBILE}@" in shown(at_carol)
    at_carol.answer()
    is_sent(at_alice)
    hear_each_other(provider, at_provider, carol, at_carol)


def test_somebody_from_outside_is_sent_outside(company: Company, provider: Phone) -> None:
    """With the rights and under the number of who sent him: no provider takes a number that is not ours."""
    company.building.allows(company.domain, "101", ("national",))
    alice = company.phone("101")
    at_provider, at_alice = calls_in(provider, alice)
    sends(at_alice, company, "025551234")
    outside = provider.incoming()
    assert shown(outside).startswith("<sip:+3225550100@")
    outside.answer()
    is_sent(at_alice)
    hear_each_other(provider, at_provider, provider, outside)


def test_nobody_outside_transfers_anybody(company: Company, provider: Phone) -> None:
    """Else he would call the world at our cost; an attended transfer of his would too."""
    alice, carol = company.phone("101"), company.phone("103")
    at_provider, at_alice = calls_in(provider, alice)
    for target in (company.uri("103"), company.uri("103") + "?Replaces=nobodys%3Bto-tag%3D1%3Bfrom-tag%3D2"):
        at_provider.transfer(target)
        assert at_provider.wait_response(403).cseq[1] == "REFER"
    hear_each_other(alice, at_alice, provider, at_provider)
    assert nobody_rang(carol)


def calls_in(provider: Phone, alice: Phone) -> tuple[Call, Call]:
    """Somebody calls Alice's desk number from outside, and she answers."""
    at_provider = provider.dial(f"sip:{DESK}@{ADDRESS}")
    at_alice = alice.incoming()
    at_alice.answer()
    at_provider.wait_answered()
    hear_each_other(alice, at_alice, provider, at_provider)
    return at_provider, at_alice


# --- refused: both sides keep the call


@pytest.mark.parametrize("side", ["caller", "called"])
@pytest.mark.parametrize(
    ("target", "code"),
    [("sip:199@{domain}", 404), ("sip:103@example.org", 403), ("sip:{domain}", 404), ("sip:103@10.77.0.13", 403)],
)
def test_a_refused_transfer_leaves_the_call_as_it_was(company: Company, side: str, target: str, code: int) -> None:
    alice, bob, carol = (company.phone(each) for each in ("101", "102", "103"))
    at_alice, at_bob = talks(alice, bob)
    mine = at_alice if side == "caller" else at_bob
    mine.transfer(target.format(domain=company.domain))
    assert mine.wait_transferred() == code
    hear_each_other(alice, at_alice, bob, at_bob)
    assert nobody_rang(carol)
    assert at_alice.hangup().code == 200
    assert at_bob.wait_ended().code == 200


def refers(side: Dialog, *headers: tuple[str, str]) -> Message:
    """Ask for a transfer by these headers, with credentials; give the final answer."""
    request = side.request("REFER", headers=headers)
    challenged = side.agent.exchange(request)
    assert challenged.code == 407
    again = side.agent.with_credentials(request, challenged)
    side.cseq = max(side.cseq, again.cseq[0])
    return side.agent.exchange(again)


def is_joined(company: Company) -> bool:
    """Whether all channels of Asterisk are in a bridge; none is in one right after the 200."""
    channels = [line.split("!") for line in asterisk(company, "core show channels concise").splitlines() if "!" in line]
    return bool(channels) and all(fields[-2] for fields in channels)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([], 400),
        (["tel:+3225551234"], 400),
        (["<sip:103@{domain}>", "<sip:103@{domain}>"], 400),
        (["<sip:103@{domain};method=BYE>"], 403),
    ],
)
def test_what_cannot_be_followed_is_refused(company: Company, values: list[str], code: int) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    mine, theirs = talk(alice, bob)
    headers = [("Refer-To", value.format(domain=company.domain)) for value in values]
    assert refers(mine, *headers).code == code
    hangs_up(mine, theirs)


@pytest.mark.parametrize("name", ["Refer-To", "r"])
def test_a_phone_is_not_believed_where_the_call_goes(company: Company, name: str) -> None:
    """Private headers and the extension of our own in a phone's REFER are nothing but noise."""
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    mine, _theirs = talk(alice, bob)
    await_that(lambda: is_joined(company), "Asterisk has joined both legs: until then it refuses a transfer")
    lies = [("X-Carillon-Called", f"102@{company.domain}"), ("X-Carillon-Outside", "premium")]
    answer = refers(mine, (name, f"<sip:103@{company.domain}?X-Carillon-Called=102>"), ("b", "<sip:boss@x>"), *lies)
    assert answer.code == 202
    received = carol.expect("INVITE")
    assert received.uri.startswith("sip:103@")
    assert "carillon-" not in received.text.lower()
    assert "boss" not in received.text
    carol.respond(received, 486)
    assert refers(mine, (name, f"<sip:transfer@{company.domain}>")).code == 404


def test_a_stranger_who_knows_the_dialog_transfers_nobody(company: Company) -> None:
    """The dialog's proof is enough to end a call, but not to make one at somebody's cost."""
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    mine, theirs = talk(alice, bob)
    request = mine.request("REFER", headers=[("Refer-To", f"<sip:103@{company.domain}>")])
    challenged = alice.exchange(request)
    stranger = company.raw("101", password="guessed")
    assert stranger.exchange(stranger.with_credentials(request, challenged)).code == 407
    hangs_up(mine, theirs)
    assert not [each for each in carol.seen if each.method == "INVITE"]


# --- failed later: who sent the call gets it back


@pytest.mark.parametrize(("code", "why"), [(486, "busy"), (603, "declined"), (480, "no answer"), (404, "failed")])
@pytest.mark.parametrize("left", [False, True])
def test_a_call_that_fails_comes_back(company: Company, code: int, why: str, left: bool) -> None:
    """Whether the transferor has hung up already or not, his phone says what this call is."""
    alice, bob, carol = company.phone("101"), company.phone("102"), company.registered("103")
    at_alice, at_bob = talks(alice, bob)
    sends(at_alice, company, "103")
    received = carol.expect("INVITE")
    if left:
        assert at_alice.hangup().code == 200
    carol.respond(received, code)
    back = alice.incoming()
    assert shown(back) == f'"Recall (103 {why}): Bob Dupont" <sip:102@{company.domain}>'
    assert back.invite.header("Alert-Info") == "<urn:alert:service:recall:transfer>"
    if not left:
        assert at_alice.wait_transferred() == (486 if code == 486 else 503)
    back.answer()
    hear_each_other(alice, back, bob, at_bob)
    assert back.hangup().code == 200
    assert at_bob.wait_ended().code == 200


def test_a_call_to_somebody_without_a_phone_comes_back(company: Company) -> None:
    alice, bob = company.phone("101"), company.phone("102")
    at_alice, at_bob = talks(alice, bob)
    sends(at_bob, company, "103")
    back = bob.incoming()
    assert shown(back).startswith('"Recall (103 no answer): Alice Martin"')
    back.answer()
    hear_each_other(alice, at_alice, bob, back)


def test_a_call_that_no_provider_takes_comes_back(company: Company, provider: Phone) -> None:
    company.building.allows(company.domain, "101", ("national",))
    alice, bob = company.phone("101"), company.phone("102")
    at_alice, at_bob = talks(alice, bob)
    sends(at_alice, company, "025551234")
    provider.incoming().reject(486)
    back = alice.incoming()
    assert shown(back).startswith('"Recall (+3225551234 busy): Bob Dupont"')
    back.answer()
    hear_each_other(alice, back, bob, at_bob)


def test_nobody_takes_it_back(company: Company) -> None:
    """One recall and no more: the transferee's call ends, and its BYE says why (RFC 3326)."""
    alice, bob, carol = (company.phone(each) for each in ("101", "102", "103"))
    at_alice, at_bob = talks(alice, bob)
    sends(at_alice, company, "103")
    carol.incoming().reject(603)
    alice.incoming().reject(486)
    assert at_bob.wait_ended().header("Reason") == "Q.850;cause=17"
    assert nobody_rang(alice)
    assert nobody_rang(carol)


def test_a_call_that_somebody_sends_to_himself_does_not_come_back(company: Company) -> None:
    alice, bob = company.phone("101"), company.phone("102")
    at_alice, at_bob = talks(alice, bob)
    sends(at_alice, company, "101")
    alice.incoming().reject(486)
    assert at_bob.wait_ended().header("Reason") == "Q.850;cause=17"
    assert nobody_rang(alice)


def test_the_transferee_gives_up(company: Company) -> None:
    """Nobody is called back for a call that nobody waits in."""
    alice, bob, carol = company.phone("101"), company.phone("102"), company.phone("103")
    at_alice, at_bob = talks(alice, bob)
    sends(at_alice, company, "103")
    at_carol = carol.incoming()
    is_sent(at_alice)
    assert at_bob.hangup().code == 200
    assert at_carol.wait_ended().code == 487
    assert nobody_rang(alice)
