"""Two nodes: a voice message, a greeting and an announcement are heard at either, wherever they were made."""

from __future__ import annotations

import math
import os
import shutil
import signal
import wave
from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.live.test_commands_across_nodes import message, says
from tests.live.test_waiting_messages import counts
from tests.live.waiting import measured
from tests.live.watching import Watch
from tests.phones.call import Call
from tests.phones.phone import Phone
from tests.phones.tones import SAMPLE_RATE, TONES
from tests.worlds.cluster import DOMAIN, ONE, TWO, WHO, Cluster, until

from carillon.provisioning import announcements
from carillon.provisioning.announcements import Played
from carillon.provisioning.system import open_truth
from carillon.stores.mailboxes import Mailboxes, Message
from carillon.stores.prompts import Prompts

pytestmark = [pytest.mark.engines, pytest.mark.timeout(300)]

TONE = TONES[-1]
SAID_S = 2.0


@pytest.fixture(autouse=True)
def no_messages(cluster: Cluster) -> None:
    """Bob's mailbox is empty at both nodes, and takes his calls; nobody has a call elsewhere."""
    for name in (ONE, TWO):
        says(cluster, name, "voicemail", "remove", f"102@{DOMAIN}", "--all")
        for extension in ("101", "102", "103"):
            cluster.knows_calls(name, extension)
        if not says(cluster, name, "forwarding", "list", f"102@{DOMAIN}")[0]:
            cluster.says(name, "forwarding", "add", f"102@{DOMAIN}", "--when", "always", "--to", "voicemail")
    until(lambda: not held(cluster, ONE) and not held(cluster, TWO), "no message is left")


def held(cluster: Cluster, name: str) -> list[Message]:
    """What is in Bob's mailbox at a node."""
    return Mailboxes(cluster.paths[name].voicemail).messages(DOMAIN, "102")


def both_hold(cluster: Cluster, *messages: tuple[str, bool]) -> None:
    """Wait until both nodes have the same messages: by id, and whether they were heard."""
    for name in (ONE, TWO):
        until(lambda: [(one.id, one.heard) for one in held(cluster, name)] == [*messages], f"{name} has {messages}")  # noqa: B023


def leaves_a_message(cluster: Cluster, caller: Phone, at: str) -> Message:
    """Somebody calls Bob, gets his mailbox at this node and speaks."""
    store = Mailboxes(cluster.paths[at].voicemail)

    def said_s() -> float:
        sounds = [store.draft_sound(one) for one in store.drafts()]
        return max((sound.stat().st_size / 16000 for sound in sounds if sound.exists()), default=0.0)

    call = caller.dial("102")
    call.wait_answered()
    call.dtmf("#")
    until(lambda: said_s() > SAID_S, "the message is being recorded")
    call.hangup()
    until(lambda: held(cluster, at), "the message is in the mailbox")
    (left,) = held(cluster, at)
    return left


def hears(listener: Phone, tone: int) -> Call:
    """Bob listens to the first message of his mailbox."""
    listening = listener.dial("*97")
    listening.wait_answered()
    listening.dtmf("1")
    listening.dtmf("1")
    listening.hears(tone, 30)
    return listening


@contextmanager
def dead(cluster: Cluster, name: str) -> Iterator[None]:
    """All that runs at a node dies at once; afterwards it is started again."""
    for pid in cluster.network.processes(name):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    try:
        cluster.sees_up(cluster.other(name), name, up=False)
        yield
    finally:
        cluster.starts(name)
        cluster.sees_up(ONE, TWO)
        cluster.sees_up(TWO, ONE)


def test_a_message_of_one_node_is_heard_and_deleted_at_the_other(cluster: Cluster) -> None:
    lamps = [Watch(cluster.registered("102", name), cluster.uri("102"), "message-summary") for name in (ONE, TWO)]
    alice, bob = cluster.phone("101", ONE), cluster.phone("102", TWO)
    left = leaves_a_message(cluster, alice, ONE)
    with measured("voice message left at one node | until the other has it"):
        both_hold(cluster, (left.id, False))
    for lamp in lamps:
        lamp.until(lambda told: counts(told) == "yes 1/0 (0/0)")
    listening = hears(bob, alice.tone)
    listening.dtmf("1")  # whoever goes on to listen has heard it
    both_hold(cluster, (left.id, True))
    for lamp in lamps:
        lamp.until(lambda told: counts(told) == "no 0/1 (0/0)")
    listening.dtmf("7")
    both_hold(cluster)
    for lamp in lamps:
        lamp.until(lambda told: counts(told) == "no 0/0 (0/0)")
    listening.dtmf("#")
    listening.wait_ended(30)


def test_a_message_outlives_the_node_where_it_was_left(cluster: Cluster) -> None:
    alice = cluster.phone("101", ONE)
    left = leaves_a_message(cluster, alice, ONE)
    both_hold(cluster, (left.id, False))
    with dead(cluster, ONE):
        bob = cluster.phone("102", TWO, alone=True)
        hears(bob, alice.tone).hangup()
        until(lambda: held(cluster, TWO)[0].heard, "it was heard")
        (row,), said = says(cluster, TWO, "voicemail", "list", f"102@{DOMAIN}")
        assert (row["id"], row["node"], row["heard"], row["mail"]) == (left.id, ONE, True, f"known at {ONE}")
        assert f"Node {ONE} doesn't answer" in said
        assert "its messages are known here as far as they were copied" in said
    both_hold(cluster, (left.id, True))


@pytest.mark.parametrize("away", [ONE, TWO])
def test_a_message_removed_while_a_node_is_down_does_not_come_back(cluster: Cluster, away: str) -> None:
    left, kept = message(cluster, ONE, "101"), message(cluster, TWO, "103")
    both_hold(cluster, (left.id, False), (kept.id, False))
    with dead(cluster, away):
        says(cluster, cluster.other(away), "voicemail", "remove", f"102@{DOMAIN}", left.id)
        assert [one.id for one in held(cluster, away)] == [left.id, kept.id]
    both_hold(cluster, (kept.id, False))


def test_a_greeting_spoken_at_one_node_is_played_at_the_other(cluster: Cluster) -> None:
    alice, bob = cluster.phone("101", TWO), cluster.phone("102", ONE)
    there = Mailboxes(cluster.paths[TWO].voicemail).greeting(DOMAIN, "102", "unavailable")
    speaks_greeting(cluster, bob, 2.0)
    until(there.exists, "the greeting is at the other node")
    call = alice.dial("102")
    call.wait_answered()
    call.hears(bob.tone)
    call.hangup()
    speaks_greeting(cluster, bob, 0.0)
    until(lambda: not there.exists(), "his own greeting is taken away there, too")


def speaks_greeting(cluster: Cluster, bob: Phone, seconds: float) -> None:
    """By the options of his mailbox; too short a one takes it away."""
    drafts = cluster.paths[ONE].voicemail / "drafts"
    call = bob.dial("*97")
    call.wait_answered()
    call.dtmf("0")
    call.dtmf("1")
    until(lambda: [*drafts.glob("greeting-102-*")], "he speaks")
    if seconds:
        until(lambda: any(f.stat().st_size > seconds * 16000 for f in drafts.glob("greeting-102-*")), "he has spoken")
    call.dtmf("#")
    until(lambda: not [*drafts.glob("greeting-102-*")], "it is kept")
    call.hangup()


def test_an_announcement_typed_at_one_node_is_played_at_the_other(cluster: Cluster, tmp_path: Path) -> None:
    sound = tone(tmp_path / "closed.wav")
    cluster.says(ONE, "announcement", "add", f"closed@{DOMAIN}", str(sound))
    truth = open_truth(cluster.paths[TWO])  # in these tests each node has a truth of its own
    announcements.add(truth, WHO, f"closed@{DOMAIN}", Played(3.0))
    truth.dispose()
    cluster.says(TWO, "number", "add", f"300@{DOMAIN}", "--to", "announcement:closed")
    with measured("announcement typed at one node | until the other has its sound"):
        until(Prompts(cluster.paths[TWO].prompts).place(DOMAIN, "closed").exists, "the sound is there")
    call = cluster.phone("101", TWO, tone=TONES[0]).dial("300")
    call.wait_answered()
    call.hears(TONE)
    assert call.wait_ended(15).code == 200


def tone(file: Path) -> Path:
    """Three seconds of a tone that no phone here plays."""
    samples = array(
        "h", (int(12000 * math.sin(2 * math.pi * TONE * at / SAMPLE_RATE)) for at in range(3 * SAMPLE_RATE))
    )
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(SAMPLE_RATE)
        sound.writeframes(samples.tobytes())
    return file


def test_a_user_who_is_removed_leaves_no_messages_anywhere(cluster: Cluster) -> None:
    for name in (ONE, TWO):
        cluster.says(name, "user", "add", f"109@{DOMAIN}", "--name", "Grace")
    root = cluster.paths[TWO].voicemail
    left = Mailboxes(root).begin(DOMAIN, "109", "101", "")
    Mailboxes(root).draft_sound(left).write_bytes(bytes(40_000))
    Mailboxes(root).deliver(left, left.mail, 1.0)
    for each in root.rglob("*"):
        shutil.chown(each, root.owner(), root.group())
    here = Mailboxes(cluster.paths[ONE].voicemail)
    until(lambda: here.messages(DOMAIN, "109"), "the copy is there")
    cluster.says(ONE, "user", "remove", f"109@{DOMAIN}")
    assert here.messages(DOMAIN, "109") == []
    until(lambda: not Mailboxes(root).messages(DOMAIN, "109"), "it is gone there, too")
