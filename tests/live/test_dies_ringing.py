"""Kamailio dies while phones ring: what people can still do with such a call."""

from __future__ import annotations

import os
import signal

import pytest
from tests.live.company import Company
from tests.live.talking import calls, final
from tests.live.test_pickup import notes
from tests.live.test_transfers import hear_each_other
from tests.live.waiting import await_new, await_that, measured
from tests.phones.message import Message
from tests.phones.raw import RawAgent

pytestmark = pytest.mark.engines


def dies(company: Company, *components: str) -> None:
    """Kill -9 of Kamailio, or of several at once, and wait until the next ones are up."""
    old = {component: company.pid(component) for component in components or ("kamailio",)}
    for pid in old.values():
        os.kill(pid, signal.SIGKILL)
    for component, pid in old.items():
        await_new(company, component, pid)


def rings(phone: RawAgent) -> Message:
    """The phone rings, and says so."""
    invite = phone.expect("INVITE")
    phone.respond(invite, 180)
    return invite


def gives_up(caller: RawAgent, invite: Message) -> None:
    """CANCEL, as the INVITE was sent (RFC 3261 §9.1)."""
    branch = {"call_id": invite.header("Call-ID") or "", "via": invite.header("Via") or ""}
    same = {"from_": invite.header("From") or "", "cseq": f"{invite.cseq[0]} CANCEL", "contact": ""}
    assert caller.exchange(caller.request("CANCEL", invite.uri, **branch, **same)).code == 200


def is_free(company: Company, extension: str) -> None:
    """Wait until no call counts for somebody."""
    await_that(lambda: company.building.counted(f"user {extension}@{company.domain}") == 0, f"{extension} is free")


@pytest.mark.parametrize("devices", [("102",), ("102", "102-home", "102-cell")], ids=len)
def test_who_gives_up_is_free_and_all_phones_stop_ringing(company: Company, devices: tuple[str, ...]) -> None:
    company.building.limits_user(company.domain, "101", 2)
    for device in devices[1:]:
        company.gives_device("102", device)
    alice = company.registered("101")
    phones = [company.registered("102", device=device) for device in devices]
    invite = calls(alice, company.uri("102"))
    received = [rings(phone) for phone in phones]
    alice.await_message(lambda each: each.code == 180, 5, "180")
    dies(company)
    gives_up(alice, invite)
    assert final(alice, invite).code == 487
    for phone, ringing in zip(phones, received, strict=True):
        cancel = phone.expect("CANCEL")
        assert (cancel.header("Via") or "").partition(",")[0] == (ringing.header("Via") or "").partition(",")[0]
        phone.respond(cancel, 200)
        phone.respond(ringing, 487)
    is_free(company, "101")


@pytest.fixture
def sales(company: Company) -> None:
    """All three may pick each other up."""
    company.building.groups(company.domain, "sales", ["101", "102", "103"])


def notes_are_back(company: Company, count: int = 1) -> None:
    """Wait until Kamailio has its notes again."""
    await_that(lambda: len(notes(company)) == count, "the notes of what rings are written anew")


@pytest.mark.parametrize("die", [("kamailio",), ("kamailio", "calls")], ids="+".join)
@pytest.mark.parametrize("code", ["*8", "*8102"])
def test_such_a_call_is_picked_up(company: Company, sales: None, code: str, die: tuple[str, ...]) -> None:
    """They hear each other, and the phone that rang stops."""
    alice, bob, carol = (company.phone(extension) for extension in ("101", "102", "103"))
    at_alice = alice.dial("102")
    at_bob = bob.incoming()
    at_alice.wait_ringing()
    dies(company, *die)
    with measured(f"{' and '.join(die)} | SIGKILL while a phone rings | back, until notes for pick-up are"):
        notes_are_back(company)
    taken = carol.dial(code)
    taken.wait_answered()
    at_alice.wait_answered()
    shown = f'"Alice Martin" <sip:101@{company.domain}>'
    assert taken.wait_response(200).header("P-Asserted-Identity") == shown
    hear_each_other(alice, at_alice, carol, taken)
    at_bob.wait_ended()
    assert taken.hangup().code == 200
    at_alice.wait_ended()
    notes_are_back(company, 0)


def test_such_a_call_that_was_forwarded_is_picked_up_where_it_rings(company: Company, sales: None) -> None:
    """Both phones of that person stop ringing."""
    company.forwards("102", "always", "103")
    company.gives_device("103", "103-home")
    company.building.hires(company.domain, "104", "Dave Janssens")
    company.gives_device("104", "104")
    company.building.groups(company.domain, "all", ["103", "104"])
    alice, dave = company.phone("101"), company.phone("104")
    desk, home = company.registered("103"), company.registered("103", device="103-home")
    at_alice = alice.dial("102")
    ringing = [rings(phone) for phone in (desk, home)]
    at_alice.wait_ringing()
    is_copied(company)
    dies(company)
    notes_are_back(company)
    (note,) = notes(company)
    assert note.startswith(f"103@{company.domain}\t")
    taken = dave.dial("*8103")
    taken.wait_answered()
    at_alice.wait_answered()
    for phone, invite in zip((desk, home), ringing, strict=True):
        phone.respond(phone.expect("CANCEL"), 200)
        phone.respond(invite, 487)


def test_such_a_call_is_answered_and_its_note_follows(company: Company) -> None:
    alice, bob = company.phone("101"), company.phone("102")
    at_alice = alice.dial("102")
    at_bob = bob.incoming()
    at_alice.wait_ringing()
    dies(company)
    notes_are_back(company)
    at_bob.answer()
    at_alice.wait_answered()
    await_that(lambda: "\tup\t" in "".join(notes(company)), "the note says that it is answered")
    at_bob.hangup()
    at_alice.wait_ended()
    notes_are_back(company, 0)


def is_copied(company: Company) -> None:
    """Two rounds of the calls daemon: what rings, it has read."""
    pulse = company.building.paths.run / "calls" / "pulse"
    for _ in range(2):
        before = pulse.stat().st_mtime_ns
        await_that(lambda at=before: pulse.stat().st_mtime_ns > at + 1_000_000_000, "the calls daemon goes round")  # type: ignore[misc]
