"""The lamp of a ring group: a phone watches a number of the group, and its key takes the group's call."""

from __future__ import annotations

import os
import signal

import pytest
from tests.live.company import Company
from tests.live.talking import calls, final, hangs_up
from tests.live.test_lamps import identity, states
from tests.live.watching import Watch, dialogs
from tests.phones.dialog import Dialog
from tests.phones.message import Message

from carillon.provisioning import presencerules
from carillon.provisioning.system import put_in_force

pytestmark = pytest.mark.engines


@pytest.fixture
def sales(company: Company) -> Company:
    """Bob and Carol are the group `sales`, which has the number 200; Dan, who is of it too, watches it."""
    company.building.hires(company.domain, "104", "Dan Maes")
    company.gives_device("104", "104")
    company.building.adds_group(company.domain, "sales", ["102", "103", "104"], ring_s=120)
    company.building.serves_at(company.domain, "200", "group:sales")
    return company


def rung(called: object) -> Message:
    """Let a phone ring."""
    invite: Message = called.expect("INVITE")  # type: ignore[attr-defined]
    called.respond(invite, 180, headers=[("Contact", f"<{called.contact}>")])  # type: ignore[attr-defined]
    return invite


def test_it_blinks_while_the_group_rings_shines_while_a_member_talks_and_goes_out(sales: Company) -> None:
    alice, bob, carol, dan = (sales.registered(each) for each in ("101", "102", "103", "104"))
    watch = Watch(dan, sales.uri("200"), "dialog")
    assert states(watch.told[0]) == []
    invite = calls(alice, sales.uri("200"))
    received, _ = rung(bob), rung(carol)
    told = watch.until(lambda told: states(told) == ["early"])
    assert dialogs(told)[0].get("direction") == "recipient"
    assert identity(told) == sales.uri("101")
    assert f'entity="{sales.uri("200")}"' in told.body
    accepted = bob.accept(received)
    mine = Dialog.called(alice, invite, final(alice, invite))
    mine.ack()
    bob.expect("ACK")
    watch.until(lambda told: states(told) == ["confirmed"])
    hangs_up(mine, Dialog.answered(bob, received, accepted))
    watch.until(lambda told: states(told) == [])


def test_its_key_takes_the_call(sales: Company) -> None:
    """With nothing but what its NOTIFY said."""
    alice, bob, dan = (sales.registered(each) for each in ("101", "102", "104"))
    watch = Watch(dan, sales.uri("200"), "dialog")
    invite = calls(alice, sales.uri("200"))
    rung(bob)
    own = rung(dan)
    (dialog,) = dialogs(watch.until(lambda told: bool(dialogs(told)) and bool(dialogs(told)[0].get("local-tag"))))
    replaces = f"{dialog.get('call-id')};to-tag={dialog.get('local-tag')};from-tag={dialog.get('remote-tag')}"
    taken = calls(dan, sales.uri("200"), [("Replaces", replaces)])
    Dialog.called(dan, taken, final(dan, taken)).ack()
    assert final(alice, invite).code == 200
    bob.expect("CANCEL")
    assert own.method == "INVITE"
    watch.until(lambda told: states(told) == ["confirmed"])


def test_of_a_group_that_a_forwarded_call_reaches_and_when_nobody_takes_it(sales: Company) -> None:
    sales.forwards("101", "always", "group:sales")
    alice, bob, dan = (sales.registered(each) for each in ("104", "102", "103"))
    watch = Watch(dan, sales.uri("200"), "dialog")
    invite = calls(alice, sales.uri("101"))
    received = rung(bob)
    watch.until(lambda told: states(told) == ["early"])
    bob.respond(received, 486)
    dan.respond(dan.expect("INVITE"), 486)
    alice.respond(alice.expect("INVITE"), 486)
    assert final(alice, invite, 30).code == 486
    watch.until(lambda told: states(told) == [])


def test_no_crash_of_what_draws_it_leaves_it_lit_or_dark(sales: Company) -> None:
    alice, bob, dan = (sales.registered(each) for each in ("101", "102", "104"))
    watch = Watch(dan, sales.uri("200"), "dialog")
    invite = calls(alice, sales.uri("200"))
    received = rung(bob)
    rung(dan)
    watch.until(lambda told: states(told) == ["early"])
    old = sales.pid("states")
    os.kill(old, signal.SIGKILL)
    watch.next(60)  # everybody is told again; a phone that answers nothing for long would be forgotten
    accepted = bob.accept(received)
    answered = final(alice, invite)
    assert answered.code == 200
    mine = Dialog.called(alice, invite, answered)
    mine.ack()
    bob.expect("ACK")
    watch.until(lambda told: states(told) == ["confirmed"])
    hangs_up(mine, Dialog.answered(bob, received, accepted))
    watch.until(lambda told: states(told) == [])
    sales.building.awaits_restart("states", old)


def test_where_members_alone_may_watch_they_may_watch_the_group(sales: Company) -> None:
    presencerules.set(sales.building.truth, "the tests", None, sales.domain, watchers=("groups",))
    put_in_force(sales.building.paths)
    alice, bob, dan = (sales.registered(each) for each in ("101", "102", "104"))
    member, stranger = Watch(dan, sales.uri("200"), "dialog"), Watch(alice, sales.uri("200"), "dialog")
    invite = calls(alice, sales.uri("200"))
    received = rung(bob)
    rung(dan)
    member.until(lambda told: states(told) == ["early"])
    bob.respond(received, 486)
    alice.send(alice.request("CANCEL", invite.uri, to=invite.header("To") or "", from_=invite.header("From") or "",
               call_id=invite.header("Call-ID") or "", cseq=f"{invite.cseq[0]} CANCEL", via=invite.header("Via") or "",
               contact=""))  # fmt: skip
    member.until(lambda told: states(told) == [])
    assert all(states(told) == [] for told in stranger.told)
