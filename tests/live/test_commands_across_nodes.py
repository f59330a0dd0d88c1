"""Two nodes: an administrator on one sees and ends calls of both, and finds traces and recordings of both."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.lab import commandline
from tests.live.talking import hangs_up, talk
from tests.worlds.cluster import DOMAIN, ONE, TWO, Cluster, until

from carillon.recordings.index import FILE, Index, Kept

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


def test_recordings_of_all_nodes_are_listed(cluster: Cluster) -> None:
    root = cluster.paths[TWO].recordings
    assert says(cluster, ONE, "recording", "list")[0] == []
    assert (root / FILE).stat().st_uid == root.stat().st_uid
    told = ("102", "101", "Alice Martin", "102", "Bob Dupont", "internal")
    Index(root).add(Kept("made up", "key", DOMAIN, 1, *told, began=time.time(), seconds=3.0))
    rows, _ = says(cluster, ONE, "recording", "list", f"101@{DOMAIN}")
    assert [(row["node"], row["caller"], row["callee"]) for row in rows] == [(TWO, "101", "102")]
