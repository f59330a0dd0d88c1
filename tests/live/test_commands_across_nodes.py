"""Two nodes: an administrator on one sees and ends calls of both, and finds traces and recordings of both."""

from __future__ import annotations

import os
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.lab import commandline
from tests.live.talking import hangs_up, talk
from tests.live.test_calls_across_nodes import ends, rings
from tests.worlds.cluster import DOMAIN, ONE, TWO, Cluster, until

from carillon.recordings.index import FILE, Index, Kept
from carillon.stores.mailboxes import Mail, Mailboxes, Message

pytestmark = pytest.mark.engines


@pytest.fixture(autouse=True)
def nobody_has_a_call(cluster: Cluster) -> None:
    """No node remembers a call of the test before: by affinity the next one would go to the Asterisk of that one."""
    for extension in ("101", "102", "103"):
        for name in (ONE, TWO):
            cluster.knows_calls(name, extension)


def says(cluster: Cluster, name: str, *words: str) -> tuple[Any, str]:
    """What a command prints as JSON, and what it says besides."""
    asked = "--dir", str(cluster.directories[name]), *words, "--json"
    done = commandline.run(*asked, namespace=cluster.network.namespace(name)).well()
    return done.row, done.error


def seen(cluster: Cluster, name: str) -> list[tuple[str, str, str]]:
    """Which calls a node shows: at which node, from whom, to whom."""
    rows, _ = says(cluster, name, "call", "list")
    return sorted((row["node"], row["from"], row["to"]) for row in rows)


def test_calls_of_all_nodes_are_listed_and_ended_from_any(cluster: Cluster) -> None:
    mine, his = talk(cluster.registered("101", TWO), cluster.registered("102", TWO))
    assert seen(cluster, ONE) == seen(cluster, TWO) == [(TWO, "101", "102")]
    (row,), said = says(cluster, ONE, "call", "list")
    assert "doesn't answer" not in said
    ended, _ = says(cluster, ONE, "call", "hangup", row["id"])
    assert ended == {"id": row["id"], "ended": True}
    for side in (mine, his):
        side.agent.respond(side.agent.expect("BYE", 30), 200)
    until(lambda: seen(cluster, ONE) == [], "the call is gone", 30)


def test_a_call_that_is_up_nowhere_is_refused(cluster: Cluster) -> None:
    with pytest.raises(AssertionError, match="no call zzzzzz is up"):
        cluster.says(ONE, "call", "hangup", "zzzzzz")


def test_a_trace_is_found_from_another_node(cluster: Cluster) -> None:
    mine, his = talk(cluster.registered("101", TWO), cluster.registered("102", TWO))
    hangs_up(mine, his)
    there, _ = says(cluster, TWO, "trace", "--last", f"101@{DOMAIN}")
    assert all(there["call_ids"])
    for name in (there["id"], *there["call_ids"]):
        here, _ = says(cluster, ONE, "trace", name)
        assert (here["id"], here["call_ids"], here["ladder"]) == (there["id"], there["call_ids"], there["ladder"])
    assert says(cluster, ONE, "trace", "--last", f"101@{DOMAIN}")[0]["id"] == there["id"]


def test_the_legs_of_a_call_on_two_nodes_are_one_trace(cluster: Cluster) -> None:
    """Alice has a call at node two, so the one she begins at node one goes to the Asterisk there."""
    desk, mobile = cluster.registered("101", TWO), cluster.registered("101", ONE)
    bob, carol = cluster.registered("102", TWO), cluster.registered("103", ONE)
    first = talk(desk, bob)
    cluster.knows_calls(ONE, "101", TWO)
    second = talk(mobile, carol)
    inbound = second[0].request("BYE").header("Call-ID")
    for name in (ONE, TWO):
        trace, _ = says(cluster, name, "trace", str(inbound))
        assert trace["call_ids"][0] == inbound
        assert trace["call_ids"][1]
    hangs_up(*second)
    hangs_up(*first)


def test_a_node_that_does_not_answer_is_said(cluster: Cluster) -> None:
    alice, bob = cluster.registered("101", ONE), cluster.registered("102", ONE)
    mine, his = talk(alice, bob)
    cluster.network.cut(TWO)
    try:
        rows, said = says(cluster, ONE, "call", "list")
    finally:
        cluster.network.heal(TWO)
        cluster.sees_up(ONE, TWO)
    assert [(row["node"], row["from"]) for row in rows] == [(ONE, "101")]
    assert f"Node {TWO} doesn't answer" in said
    assert "its calls are missing here" in said
    hangs_up(mine, his)


def test_a_node_whose_asterisk_does_not_answer_shows_and_ends_the_calls_of_the_other(cluster: Cluster) -> None:
    mine, his = talk(cluster.registered("101", TWO), cluster.registered("102", TWO))
    hung = cluster.pid(ONE, "asterisk")
    os.kill(hung, signal.SIGSTOP)
    rows, said = says(cluster, ONE, "call", "list")
    assert [(row["node"], row["from"], row["to"]) for row in rows] == [(TWO, "101", "102")]
    assert f"Node {ONE} (this one)" in said
    assert "its calls are missing here" in said
    ended, _ = says(cluster, ONE, "call", "hangup", rows[0]["id"])
    assert ended["ended"]
    for side in (mine, his):
        side.agent.respond(side.agent.expect("BYE", 30), 200)
    cluster.awaits_restart(ONE, "asterisk", hung)


def recorded(cluster: Cluster, name: str, sound: bytes = b"") -> Kept:
    """What a node would have recorded of a call from Alice to Bob."""
    paths = cluster.paths[name]
    told = ("102", "101", "Alice Martin", "102", "Bob Dupont", "internal")
    index = Index(paths.recordings)
    made = Kept(f"made up {time.time()}", "key", DOMAIN, 1, *told, began=time.time(), seconds=3.0)
    file = paths.recordings / DOMAIN / f"{time.time()}.wav"
    if sound:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.write_bytes(sound)
        for each in (file.parent, file):
            shutil.chown(each, paths.recordings.owner(), paths.recordings.group())
        made = replace(made, file=str(file.relative_to(paths.recordings)))
    index.add(made)
    return index.listing()[0]


def test_recordings_of_all_nodes_are_listed(cluster: Cluster) -> None:
    root = cluster.paths[TWO].recordings
    assert says(cluster, ONE, "recording", "list")[0] == []
    assert (root / FILE).stat().st_uid == root.stat().st_uid
    recorded(cluster, TWO)
    rows, _ = says(cluster, ONE, "recording", "list", f"101@{DOMAIN}")
    assert [(row["node"], row["caller"], row["callee"]) for row in rows] == [(TWO, "101", "102")]


def test_a_recording_at_the_other_node_is_exported_and_removed(cluster: Cluster, tmp_path: Path) -> None:
    sound = os.urandom(300_000)
    made, to = recorded(cluster, TWO, sound), tmp_path / "call.wav"
    at, number = ("--node", TWO), str(made.id)
    shown, _ = says(cluster, ONE, "recording", "show", number, *at)
    assert (shown["node"], shown["caller"], shown["path"]) == (TWO, "101", None)
    says(cluster, ONE, "recording", "export", number, str(to), *at)
    assert to.read_bytes() == sound
    assert to.stat().st_mode & 0o777 == 0o600
    says(cluster, ONE, "recording", "remove", number, *at)
    with pytest.raises(AssertionError, match=f"there is no recording {number} on node {TWO}"):
        cluster.says(ONE, "recording", "show", number, *at)
    assert Index(cluster.paths[TWO].recordings).show(made.id) is None
    assert not (cluster.paths[TWO].recordings / made.file).exists()


def test_a_recording_of_a_node_that_is_away_is_refused_in_words(cluster: Cluster, tmp_path: Path) -> None:
    made, to = recorded(cluster, TWO, b"RIFF"), tmp_path / "call.wav"
    cluster.network.cut(TWO)
    try:
        with pytest.raises(AssertionError, match=f"{TWO} did not do it"):
            cluster.says(ONE, "recording", "export", str(made.id), str(to), "--node", TWO)
    finally:
        cluster.network.heal(TWO)
        cluster.sees_up(ONE, TWO)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(AssertionError, match="there is no node three"):
        cluster.says(ONE, "recording", "show", str(made.id), "--node", "three")


def message(cluster: Cluster, name: str, caller: str) -> Message:
    """What somebody has said to Bob's mailbox in a call at this node."""
    root = cluster.paths[name].voicemail
    store = Mailboxes(root)
    draft = store.begin(DOMAIN, "102", caller, "")
    store.draft_sound(draft).write_bytes(bytes(40_000))
    made = store.deliver(draft, Mail(), 1.0)
    assert made
    for each in root.rglob("*"):
        shutil.chown(each, root.owner(), root.group())
    return made


def test_voice_messages_of_all_nodes_are_listed_and_removed(cluster: Cluster) -> None:
    first, second = message(cluster, ONE, "101"), message(cluster, TWO, "103")
    for name in (ONE, TWO):
        for asked in ([], [f"102@{DOMAIN}"]):
            rows, _ = says(cluster, name, "voicemail", "list", *asked)
            assert [(row["node"], row["id"], row["from"]) for row in rows] == [
                (ONE, first.id, "101"),
                (TWO, second.id, "103"),
            ]
    shown, _ = says(cluster, ONE, "voicemail", "show", f"102@{DOMAIN}")
    assert (shown["new"], shown["old"]) == (2, 0)
    assert says(cluster, ONE, "voicemail", "remove", f"102@{DOMAIN}", second.id)[0] == {"removed": [second.id]}
    assert not Mailboxes(cluster.paths[TWO].voicemail).is_there(second)
    third = message(cluster, TWO, "101")
    gone, _ = says(cluster, ONE, "voicemail", "remove", f"102@{DOMAIN}", "--all")
    assert gone == {"removed": [first.id, third.id]}
    assert says(cluster, TWO, "voicemail", "list")[0] == []


def test_the_list_of_nodes_says_what_each_has(cluster: Cluster) -> None:
    def listed() -> dict[str, tuple[int, int]]:
        return {row["name"]: (row["phones"], row["calls"]) for row in says(cluster, ONE, "node", "list")[0]}

    until(lambda: listed() == {ONE: (0, 0), TWO: (0, 0)}, "nobody is there")
    mine, his = talk(cluster.registered("101", TWO), cluster.registered("102", TWO))
    cluster.registered("103", ONE)
    until(lambda: listed() == {ONE: (1, 0), TWO: (2, 1)}, "each is counted where it is")
    hangs_up(mine, his)
    until(lambda: listed() == {ONE: (1, 0), TWO: (2, 0)}, "the call is over")


def explained(cluster: Cluster, caller: str, called: str) -> Any:
    """What `explain call` says at node one."""
    return says(cluster, ONE, "explain", "call", "--from", f"{caller}@{DOMAIN}", "--to", called)[0]


def test_explain_knows_the_phones_and_calls_at_the_other_node(cluster: Cluster) -> None:
    alice, bob = cluster.phone("101", TWO), cluster.phone("102", TWO)
    assert explained(cluster, "103", "102")["outcome"] == f"rings 102@{DOMAIN} for 60 s"
    at_alice, _ = rings(alice, bob)
    cluster.knows_calls(ONE, "102", TWO)
    assert explained(cluster, "103", "*8102")["outcome"] == f"takes the call that rings at 102@{DOMAIN}"
    facts = [row["fact"] for row in explained(cluster, "103", "102")["trace"]]
    assert any(f"of sibling {TWO}, which has a call of 102@{DOMAIN}" in fact for fact in facts)
    ends(cluster, at_alice)


def test_explain_leaves_out_phones_whose_home_is_down(cluster: Cluster) -> None:
    """A phone on TCP is reached through its home alone, one on UDP from everywhere."""
    cluster.registered("101", TWO, transport="tcp")
    cluster.registered("102", TWO)
    cluster.network.cut(TWO)
    try:
        cluster.sees_up(ONE, TWO, up=False)
        assert explained(cluster, "103", "101")["outcome"] == "the caller gets 480 Temporarily Unavailable"
        said = explained(cluster, "103", "102")
    finally:
        cluster.network.heal(TWO)
        cluster.sees_up(ONE, TWO)
    assert said["outcome"] == f"rings 102@{DOMAIN} for 60 s"
    assert TWO in said["missing"]
