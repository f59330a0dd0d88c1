"""Lamps: a watcher is shown the calls of a person by `dialog` (RFC 4235), from the first ring to the end."""

from __future__ import annotations

import pytest
from tests.live.company import Company
from tests.live.talking import calls, final, hangs_up, talk
from tests.live.watching import DIALOG, Watch, activities, dialogs, version
from tests.phones.dialog import Dialog
from tests.phones.message import Message

pytestmark = pytest.mark.engines


def identity(told: Message) -> str:
    """Who is at the other side of the first call."""
    return dialogs(told)[0].findtext(f"{DIALOG}remote/{DIALOG}identity", "")


def states(told: Message) -> list[str]:
    """How far each call is."""
    return [each.findtext(f"{DIALOG}state", "") for each in dialogs(told)]


def test_a_lamp_blinks_and_shines_and_goes_out(company: Company) -> None:
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    watch = Watch(carol, company.uri("102"), "dialog")
    assert dialogs(watch.told[0]) == []
    invite = calls(alice, company.uri("102"))
    received = bob.expect("INVITE")
    bob.respond(received, 180, headers=[("Contact", f"<{bob.contact}>")])
    told = watch.until(lambda told: states(told) == ["early"])
    assert dialogs(told)[0].get("direction") == "recipient"
    assert identity(told) == f"sip:101@{company.domain}"
    accepted = bob.accept(received)
    mine = Dialog.called(alice, invite, final(alice, invite))
    mine.ack()
    watch.until(lambda told: states(told) == ["confirmed"])
    bob.expect("ACK")
    hangs_up(mine, Dialog.answered(bob, received, accepted))
    watch.until(lambda told: states(told) == [])
    versions = [version(told) for told in watch.told]
    assert versions == sorted(set(versions))


def test_whoever_talks_is_busy(company: Company) -> None:
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    watch = Watch(carol, company.uri("102"))
    mine, theirs = talk(alice, bob)
    watch.until(lambda told: activities(told) == ["busy", "on-the-phone"])
    hangs_up(mine, theirs)
    watch.until(lambda told: activities(told) == [])
