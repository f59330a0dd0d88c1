"""A branch has the voice messages of its own people and all announcements; a main has what was left there."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab import slowlink
from tests.lab.cluster import DOMAIN, Machine
from tests.lab.known import comes_true
from tests.lab.prefix import prefix
from tests.live.branch import Branch, agrees
from tests.live.talking import a_call_works
from tests.live.test_voice_on_all_nodes import tone
from tests.live.waiting import measured
from tests.live.watching import Watch

from carillon.siblings.sending import SLOW
from carillon.stores.mailboxes import Mail, Mailboxes, Message
from carillon.stores.prompts import Prompts

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

SECONDS = 20
BYTES = SECONDS * 16_000


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with Branch.open(prefix("vb-"), Path(tmp_path_factory.mktemp("voice"))) as branch:
        assert agrees(branch)
        yield branch


def left(machine: Machine, to: str, seconds: float = 2.0) -> Message:
    """What somebody has said to a mailbox in a call at this machine."""
    root = machine.paths.voicemail
    store = Mailboxes(root)
    draft = store.begin(DOMAIN, to, "101", "")
    store.draft_sound(draft).write_bytes(bytes(int(16_000 * seconds)))
    made = store.deliver(draft, Mail(), 1.0)
    assert made
    for each in root.rglob("*"):
        shutil.chown(each, root.owner(), root.group())
    return made


def held(machine: Machine, of: str) -> list[str]:
    """The messages of a mailbox at this machine, by id."""
    return [one.id for one in Mailboxes(machine.paths.voicemail).messages(DOMAIN, of)]


def removes(branch: Branch, of: str) -> None:
    """An administrator removes all messages of somebody, and they are gone on both sides."""
    branch.one.does("voicemail", "remove", of, "--all")
    assert comes_true(lambda: not held(branch.one, of) and not held(branch.two, of), 60)


def test_messages_for_people_of_the_branch_are_on_both_sides(branch: Branch) -> None:
    lamp = Watch(branch.phone("201"), f"sip:201@{DOMAIN}", "message-summary")
    for_bob, for_carol = left(branch.one, "102"), left(branch.one, "201")
    assert comes_true(lambda: held(branch.two, "201") == [for_carol.id], 60)
    lamp.until(lambda told: "Voice-Message: 1/0" in told.body)
    at_branch = left(branch.two, "201")
    assert comes_true(lambda: held(branch.one, "201") == [for_carol.id, at_branch.id], 60)
    assert (held(branch.one, "102"), held(branch.two, "102")) == ([for_bob.id], [])
    rows = branch.one.does("--json", "voicemail", "list", "201").row
    assert [(row["id"], row["node"]) for row in rows] == [(for_carol.id, "node1"), (at_branch.id, "liege")]
    removes(branch, "201")
    lamp.until(lambda told: "Voice-Message: 0/0" in told.body)
    removes(branch, "102")


def test_what_is_removed_while_the_link_is_cut_goes_on_both_sides(branch: Branch) -> None:
    """Also what was left at the branch for somebody of headquarters."""
    first, second = left(branch.one, "201"), left(branch.two, "102")
    assert comes_true(lambda: held(branch.two, "201") == [first.id] and held(branch.one, "102") == [second.id], 60)
    with branch.cut_off():
        said = branch.one.asks("voicemail", "remove", "102", "--all")
        assert "Node liege doesn't answer" in said.error
        Mailboxes(branch.two.paths.voicemail).remove(first)
        assert held(branch.two, "102") == [second.id]
    assert comes_true(lambda: not held(branch.two, "102") and not held(branch.one, "201"), 60)


def test_an_announcement_is_at_the_branch(branch: Branch, tmp_path: Path) -> None:
    branch.one.does("announcement", "add", "closed", str(tone(tmp_path / "closed.wav")))
    main, satellite = (Prompts(each.paths.prompts).place(DOMAIN, "closed") for each in (branch.one, branch.two))
    assert comes_true(satellite.exists, 60)
    assert satellite.read_bytes() == main.read_bytes()


def test_copies_leave_calls_their_part_of_a_narrow_link(branch: Branch) -> None:
    """1 Mbit/s: a message of some length is copied at a bounded rate, and calls across the link work meanwhile."""
    alice, carol = branch.phone("101"), branch.phone("201")
    assert comes_true(lambda: branch.is_known(branch.two, alice) and branch.is_known(branch.one, carol))
    with slowlink.narrow_link(branch.network, "liege"):
        before, began = branch.network.carried("liege"), time.monotonic()
        message = left(branch.one, "201", SECONDS)
        with measured("narrow link of a branch | a call across it while a message is copied"):
            a_call_works(alice, carol)
        assert held(branch.two, "201") == []
        with measured(f"narrow link of a branch | the rest of a message of {SECONDS} s"):
            assert comes_true(lambda: held(branch.two, "201") == [message.id], 90)
        seconds, carried = time.monotonic() - began, branch.network.carried("liege") - before
        print(f"{carried} bytes for {BYTES} in {seconds:.1f} s")
    assert seconds > BYTES / SLOW * 0.9
    assert carried < BYTES * 1.3
    removes(branch, "201")
