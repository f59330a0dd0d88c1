"""Lamps: a watcher is shown the calls of a person by `dialog` (RFC 4235), from the first ring to the end."""

from __future__ import annotations

import os
import signal

import pytest
from tests.live.company import Company
from tests.live.talking import calls, final, hangs_up, talk
from tests.live.waiting import await_that
from tests.live.watching import DIALOG, Watch, dialogs
from tests.phones.dialog import Dialog
from tests.phones.message import Message

pytestmark = pytest.mark.engines


def identity(told: Message) -> str:
    """Who is at the other side of the first call."""
    return dialogs(told)[0].findtext(f"{DIALOG}remote/{DIALOG}identity", "")


def states(told: Message) -> list[str]:
    """How far each call is."""
    return [each.findtext(f"{DIALOG}state", "") for each in dialogs(told)]


def test_a_lamp_names_who_calls_and_the_dialog_of_the_phone(company: Company) -> None:
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    watch = Watch(carol, company.uri("102"), "dialog")
    invite = calls(alice, company.uri("102"))
    received = bob.expect("INVITE")
    ringing = bob.respond(received, 180, headers=[("Contact", f"<{bob.contact}>")])
    (dialog,) = dialogs(watch.until(lambda told: bool(dialogs(told)) and bool(dialogs(told)[0].get("local-tag"))))
    assert dialog.get("call-id") == received.header("Call-ID")
    assert dialog.get("local-tag") == ringing.tag("To")
    assert dialog.get("remote-tag") == received.tag("From")
    other = dialog.find(f"{DIALOG}remote/{DIALOG}identity")
    assert other is not None
    assert (other.get("display"), other.text) == ("Alice Martin", company.uri("101"))
    bob.respond(received, 486)
    final(alice, invite)
    watch.until(lambda told: not dialogs(told))


def test_the_lamps_key_picks_the_call_up(company: Company) -> None:
    """With nothing but what its NOTIFY said."""
    company.building.groups(company.domain, "sales", ["101", "102", "103"])
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    watch = Watch(carol, company.uri("102"), "dialog")
    invite = calls(alice, company.uri("102"))
    bob.respond(bob.expect("INVITE"), 180, headers=[("Contact", f"<{bob.contact}>")])
    (dialog,) = dialogs(watch.until(lambda told: bool(dialogs(told)) and bool(dialogs(told)[0].get("local-tag"))))
    replaces = f"{dialog.get('call-id')};to-tag={dialog.get('local-tag')};from-tag={dialog.get('remote-tag')}"
    taken = calls(carol, company.uri("102"), [("Replaces", replaces)])
    mine = Dialog.called(carol, taken, final(carol, taken))
    mine.ack()
    assert final(alice, invite).code == 200
    watch.until(lambda told: not dialogs(told))


def test_a_call_at_two_phones_is_one_and_many_180s_change_nothing(company: Company) -> None:
    company.gives_device("102", "bob-mobile")
    alice, carol = company.registered("101"), company.registered("103")
    desk, mobile = company.registered("102"), company.registered("102", device="bob-mobile")
    watch = Watch(carol, company.uri("102"), "dialog")
    invite = calls(alice, company.uri("102"))
    received = [(each, each.expect("INVITE")) for each in (desk, mobile)]
    for _ in range(3):
        for each, request in received:
            each.respond(request, 180, headers=[("Contact", f"<{each.contact}>")])
    watch.until(lambda told: bool(dialogs(told)) and bool(dialogs(told)[0].get("local-tag")))
    for each, request in received:
        each.respond(request, 486)
    final(alice, invite)
    watch.until(lambda told: not dialogs(told))
    shown = [states(told) for told in watch.told]
    assert all(len(each) < 2 for each in shown)
    assert len(shown) <= 4, shown


@pytest.mark.parametrize("component", ["calls", "states", "presence", "kamailio"])
def test_no_crash_leaves_a_ghost(company: Company, component: str) -> None:
    """It dies while they talk, and they hang up before it is back."""
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    watch = Watch(carol, company.uri("102"), "dialog")
    mine, theirs = talk(alice, bob)
    watch.until(lambda told: states(told) == ["confirmed"])
    old = company.pid(component)
    os.kill(old, signal.SIGKILL)
    await_that(lambda: hung_up(mine, theirs), "they hang up")
    company.building.awaits_restart(component, old)
    watch.until(lambda told: not dialogs(told), 30)


def hung_up(mine: Dialog, theirs: Dialog) -> bool:
    """Whether one side could say BYE."""
    try:
        hangs_up(mine, theirs)
    except (AssertionError, TimeoutError):
        return False
    return True
