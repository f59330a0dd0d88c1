"""Pick-up where engines and messages are the point: what phones show, encryption, transfers afterwards, notes."""

from __future__ import annotations

import pytest
from tests.live.company import Company
from tests.live.talking import calls, final
from tests.live.test_encryption import encrypting
from tests.live.test_transfers import hear_each_other
from tests.live.waiting import await_that
from tests.phones.call import Call
from tests.phones.phone import Phone
from tests.worlds.building import carillon

from carillon.routing.dialogs import TABLE
from carillon.supervision.rpc import RpcFailed, call

pytestmark = pytest.mark.engines


@pytest.fixture(autouse=True)
def sales(company: Company) -> None:
    """All three may pick each other up."""
    company.building.groups(company.domain, "sales", ["101", "102", "103"])


def rings(caller: Phone, callee: Phone, dialled: str = "102") -> tuple[Call, Call]:
    """A call that rings, as both sides see it."""
    at_caller = caller.dial(dialled)
    at_callee = callee.incoming()
    at_caller.wait_ringing()
    return at_caller, at_callee


def notes(company: Company) -> list[str]:
    """The notes that the node has of dialogs of this company."""
    try:
        dump = call(company.building.paths.kamailio_rpc, "htable.dump", TABLE)
    except RpcFailed as failed:
        if "empty" in str(failed).lower():
            return []
        raise
    return [item["value"] for entry in dump for item in entry["slot"] if company.domain in item["value"]]


def test_the_picker_is_shown_who_calls(company: Company) -> None:
    alice, bob, carol = (company.phone(extension) for extension in ("101", "102", "103"))
    rings(alice, bob)
    taken = carol.dial("*8102")
    taken.wait_answered()
    assert taken.wait_response(200).header("P-Asserted-Identity") == f'"Alice Martin" <sip:101@{company.domain}>'


def test_the_picker_is_not_shown_who_withholds(company: Company) -> None:
    alice, bob, carol = (company.phone(extension) for extension in ("101", "102", "103"))
    rings(alice, bob, "*31102")
    taken = carol.dial("*8")
    taken.wait_answered()
    assert "Alice" not in taken.wait_response(200).text
    assert "101@" not in taken.wait_response(200).text


@pytest.mark.parametrize("who", ["caller", "called", "picker", "all"])
def test_encrypted_phones_pick_up_and_are_picked_up(company: Company, who: str) -> None:
    def phone(extension: str, role: str) -> Phone:
        return encrypting(company, extension) if who in (role, "all") else company.phone(extension)

    alice, bob, carol = phone("101", "caller"), phone("102", "called"), phone("103", "picker")
    at_alice, at_bob = rings(alice, bob)
    at_carol = carol.dial("*8102")
    at_carol.wait_answered()
    at_alice.wait_answered()
    hear_each_other(alice, at_alice, carol, at_carol)
    at_bob.wait_ended()
    assert at_carol.hangup().code == 200
    at_alice.wait_ended()
    await_that(lambda: company.building.relayed() == [], "the relay keeps nothing")


@pytest.mark.parametrize("side", ["caller", "picker"])
def test_a_picked_up_call_is_transferred(company: Company, side: str) -> None:
    """The third one sees who is transferred: the picker is himself, not whom he has picked up."""
    company.building.hires(company.domain, "104", "Dave Janssens")
    company.gives_device("104", "104")
    alice, bob, carol, dave = (company.phone(extension) for extension in ("101", "102", "103", "104"))
    at_alice, _ = rings(alice, bob)
    at_carol = carol.dial("*8102")
    at_carol.wait_answered()
    at_alice.wait_answered()
    (at_carol if side == "picker" else at_alice).transfer(company.uri("104"))
    at_dave = dave.incoming()
    name, extension = ("Alice Martin", "101") if side == "picker" else ("Carol Peeters", "103")
    assert (at_dave.invite.header("From") or "").startswith(f'"{name}" <sip:{extension}@')
    at_dave.answer()
    left, at_left = (alice, at_alice) if side == "picker" else (carol, at_carol)
    hear_each_other(left, at_left, dave, at_dave)


def test_notes_go_with_their_calls(company: Company) -> None:
    alice, bob, carol = (company.phone(extension) for extension in ("101", "102", "103"))
    at_alice, at_bob = rings(alice, bob)
    assert len(notes(company)) == 1
    at_bob.reject(486)
    at_alice.wait_ended()
    assert notes(company) == []
    at_alice, at_bob = rings(alice, bob)
    at_alice.hangup()
    at_bob.wait_ended()
    await_that(lambda: notes(company) == [], "nothing is left of the cancelled call")
    at_alice, at_bob = rings(alice, bob)
    at_bob.answer()
    at_alice.wait_answered()
    assert len(notes(company)) == 1
    at_bob.hangup()
    at_alice.wait_ended()
    assert notes(company) == []
    rings(alice, bob)
    carol.dial("*8102").wait_answered()
    await_that(lambda: notes(company) == [], "nothing is left of the call that was picked up")


def test_explain_sees_what_rings(company: Company) -> None:
    alice, bob = company.phone("101"), company.phone("102")
    rings(alice, bob)
    words = ("explain", "call", "--from", f"103@{company.domain}", "--to", "*8")
    said = carillon(company.building.network, "--dir", str(company.building.directory), *words)
    assert f"takes the call that rings at 102@{company.domain}" in said


def test_replaces_may_be_required(company: Company) -> None:
    """As RFC 5359 §2.19 writes it; and a picker's INVITE is answered at once, without ringing."""
    alice, bob = company.phone("101"), company.phone("102")
    carol = company.registered("103")
    at_alice, at_bob = rings(alice, bob)
    ours = (at_bob.invite.header("From") or "").partition(";tag=")[2]
    header = f"{at_bob.call_id};to-tag={ours};from-tag={at_bob.own_tag};early-only"
    invite = calls(carol, company.uri("102"), [("Require", "replaces"), ("Replaces", header)])
    assert final(carol, invite).code == 200
    at_alice.wait_answered()
    at_bob.wait_ended()


def test_two_headers_are_refused(company: Company) -> None:
    alice, bob = company.phone("101"), company.phone("102")
    carol = company.registered("103")
    _, at_bob = rings(alice, bob)
    ours = (at_bob.invite.header("From") or "").partition(";tag=")[2]
    header = f"{at_bob.call_id};to-tag={ours};from-tag={at_bob.own_tag}"
    invite = calls(carol, company.uri("102"), [("Replaces", header), ("Replaces", header)])
    assert final(carol, invite).code == 400


def test_two_pick_up_at_once_and_one_gets_it(company: Company) -> None:
    alice, bob = company.phone("101"), company.phone("102")
    company.gives_device("103", "103-b")
    carol, mobile = company.phone("103"), company.phone("103", device="103-b")
    at_alice, _ = rings(alice, bob)
    both = [carol.dial("*8102"), mobile.dial("*8102")]
    at_alice.wait_answered()

    def ends() -> list[int]:
        return [each.wait_ended(0.1).code for each in both if each.journal.matching(event="call", state="ended")]

    await_that(lambda: len(ends()) == 1, "one is refused")
    assert ends() == [603]
