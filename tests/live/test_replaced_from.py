"""From is replaced towards a provider; what he says in the call afterwards reaches our side all the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.live.company import Company
from tests.phones.dialog import Dialog
from tests.phones.raw import RawAgent
from tests.worlds.building import PORT, PROVIDERS, Building

from carillon.provisioning.trunks import TrunkFields

pytestmark = pytest.mark.engines

HOST, ACCOUNT = "prov1", "line-4711"


@pytest.fixture
def provider(building: Building, company: Company) -> Iterator[RawAgent]:
    """A provider that wants its account in From."""
    network = building.network
    where = {"namespace": network.namespace(HOST), "address": PROVIDERS[HOST], "port": PORT}
    with RawAgent("provider", "provider.test", proxy=f"10.77.0.1:{PORT}", **where) as provider:
        building.adds_trunk(company.domain, "line", PROVIDERS[HOST], 1)
        building.sets_trunk(company.domain, "line", TrunkFields(from_user=ACCOUNT, realm="provider.test"))
        building.allows(company.domain, "101", ("national",))
        yield provider
        building.removes_trunk(company.domain, "line")


def test_a_call_with_a_replaced_from_is_held_and_ended_by_the_provider(provider: RawAgent, company: Company) -> None:
    alice = company.phone("101")
    call = alice.dial("025551234")
    invite = provider.expect("INVITE", 10)
    assert f"<sip:{ACCOUNT}@provider.test>" in (invite.header("From") or "")
    assert "<sip:+3225550100@provider.test>" in (invite.header("P-Asserted-Identity") or "")
    answer = provider.accept(invite)
    call.wait_answered()
    theirs = Dialog.answered(provider, invite, answer)
    assert ACCOUNT in theirs.remote
    held = provider.exchange(theirs.request("INVITE", body=provider.offer(), headers=[("Content-Type", SDP)]))
    assert (held.code, held.header("To"), held.header("From")) == (200, theirs.remote, theirs.local)
    theirs.ack()
    assert theirs.bye().code == 200
    call.wait_ended()


def test_a_call_with_a_replaced_from_is_ended_by_the_caller(provider: RawAgent, company: Company) -> None:
    alice = company.phone("101")
    call = alice.dial("025551234")
    invite = provider.expect("INVITE", 10)
    answer = provider.accept(invite)
    call.wait_answered()
    assert call.hangup().code == 200
    bye = provider.expect("BYE")
    assert (bye.header("From"), bye.header("To")) == (invite.header("From"), answer.header("To"))
    provider.respond(bye, 200)


def test_a_phone_that_was_shown_another_caller_holds_and_ends_the_call(company: Company, provider: RawAgent) -> None:
    company.building.numbers(company.domain, "+3225550102", "102")
    company.building.knows(company.domain, "+32475123456", 'Jan "the man" Peeters', None)
    bob = company.registered("102")
    told = [("Content-Type", SDP)]
    invite = provider.request(
        "INVITE", "sip:+3225550102@10.77.0.1", from_="<sip:+32475123456@provider.test>;tag=jan",
        headers=told, body=provider.offer(),
    )  # fmt: skip
    provider.send(invite)
    rung = bob.expect("INVITE", 10)
    assert (rung.header("From") or "").startswith(r'"Jan \"the man\" Peeters" <sip:+32475123456@')
    answer = bob.accept(rung)
    ours = Dialog.answered(bob, rung, answer)
    taken = provider.await_message(lambda each: each.code == 200 and each.cseq[1] == "INVITE", 10, "the answer")
    Dialog.called(provider, invite, taken).ack()
    again = bob.exchange(ours.request("INVITE", body=bob.offer(), headers=told))
    assert (again.code, again.header("To")) == (200, ours.remote)
    ours.ack()
    assert ours.bye().code == 200
    provider.respond(provider.expect("BYE", 10), 200)


SDP = "application/sdp"
