"""Messages that are kept at one of two nodes: read at the other when it is down, and once whatever happens."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import pytest
from tests.live.test_messages import reads, writes
from tests.phones.raw import RawAgent
from tests.worlds.cluster import DOMAIN, ONE, TWO, Cluster, until

from carillon.messages.turns import Turn
from carillon.stores.kept import Kept
from carillon.stores.keptcopies import NOWHERE, KeptCopies
from carillon.stores.pictures import PictureReader

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]

BOB = "102"
EVERYTHING = Turn(own=True, all_but=frozenset())


def waits(cluster: Cluster, name: str) -> bool:
    """Whether a node has something for Bob, its own or a copy."""
    return f"{BOB}@{DOMAIN}" in Kept(cluster.paths[name].messages, name).waiting(time.time() + 3600, EVERYTHING)


def is_kept(cluster: Cluster, alice: RawAgent, *texts: str) -> None:
    """Bob, who isn't there, is written to."""
    for text in texts:
        assert writes(alice, cluster.uri(BOB), text).code == 202


def leaves(cluster: Cluster, bob: RawAgent, *nodes: str) -> None:
    """He is off, and these nodes show it: before, they would try to deliver, and then not again for a minute."""
    assert bob.register(expires=0).code == 200
    shown = [PictureReader(cluster.paths[name].pictures) for name in nodes]
    until(lambda: not any(each.picture(f"{BOB}@{DOMAIN}").registered for each in shown), f"{nodes} show Bob as off")


def comes_and_reads(cluster: Cluster, at: str, *texts: str) -> None:
    """Bob is there, reads these and nothing else before them, and is off again."""
    bob = cluster.registered(BOB, at)
    assert [reads(bob, 30).body for _ in texts] == list(texts)
    leaves(cluster, bob, ONE, TWO)


def dies(cluster: Cluster, name: str) -> None:
    """All of a node ends at once."""
    for how in (signal.SIGSTOP, signal.SIGKILL):
        for pid in cluster.network.processes(name):
            with suppress(ProcessLookupError):
                os.kill(pid, how)
    until(lambda: not cluster.network.processes(name), f"nothing of {name} runs")


def is_back(cluster: Cluster, name: str) -> None:
    cluster.starts(name)
    cluster.sees_up(ONE, TWO)
    cluster.sees_up(TWO, ONE)


def test_what_was_kept_at_a_node_that_died_is_read_at_the_other_and_once(cluster: Cluster) -> None:
    alice = cluster.raw("101", ONE)
    is_kept(cluster, alice, "first", "second")
    until(lambda: waits(cluster, TWO), "node2 has copies")
    dies(cluster, ONE)
    try:
        cluster.sees_up(TWO, ONE, up=False)
        bob = cluster.raw(BOB, TWO)
        assert bob.register(expires=3600).code == 200
        assert [reads(bob, 30).body for _ in range(2)] == ["first", "second"]
        leaves(cluster, bob, TWO)
    finally:
        is_back(cluster, ONE)
    is_kept(cluster, alice, "third")
    comes_and_reads(cluster, ONE, "third")


def test_nothing_is_read_twice_while_both_nodes_are_up(cluster: Cluster) -> None:
    alice, carol = cluster.raw("101", ONE), cluster.raw("103", TWO)
    is_kept(cluster, alice, "one", "two")
    until(lambda: waits(cluster, TWO), "node2 has copies")
    is_kept(cluster, carol, "three")
    bob = cluster.registered(BOB, TWO)
    got = [reads(bob, 30) for _ in range(3)]
    assert sorted(each.body for each in got) == ["one", "three", "two"]
    assert [each.body for each in got if each.body != "three"] == ["one", "two"], "in the order in which she wrote"
    until(lambda: not waits(cluster, ONE) and not waits(cluster, TWO), "nothing waits anywhere")
    known = {one.uid for one in KeptCopies(cluster.paths[TWO].messages).since(NOWHERE)[1]}
    assert {each.header("Call-ID") for each in got} <= known, "the same, whichever node delivers"
    leaves(cluster, bob, ONE, TWO)
    is_kept(cluster, alice, "four")
    comes_and_reads(cluster, ONE, "four")


def test_what_is_read_beyond_a_cut_link_is_gone_when_it_is_healed(cluster: Cluster) -> None:
    alice = cluster.raw("101", ONE)
    is_kept(cluster, alice, "before")
    until(lambda: waits(cluster, TWO), "node2 has a copy")
    cluster.network.cut(ONE)
    try:
        cluster.sees_up(TWO, ONE, up=False)
        bob = cluster.raw(BOB, TWO, host="phone2")
        assert bob.register(expires=3600).code == 200
        assert reads(bob, 30).body == "before"
        leaves(cluster, bob, TWO)
    finally:
        cluster.network.heal(ONE)
        cluster.sees_up(ONE, TWO)
        cluster.sees_up(TWO, ONE)
    until(lambda: not waits(cluster, ONE), "node1 has heard that Bob has read it")
    is_kept(cluster, alice, "after")
    comes_and_reads(cluster, ONE, "after")


def test_a_node_that_was_down_hears_what_came_and_what_was_read(cluster: Cluster) -> None:
    alice = cluster.raw("101", ONE)
    is_kept(cluster, alice, "read meanwhile")
    until(lambda: waits(cluster, TWO), "node2 has a copy")
    cluster.says(TWO, "down")
    try:
        bob = cluster.raw(BOB, ONE)
        bob.register(expires=3600)
        assert reads(bob, 30).body == "read meanwhile"
        leaves(cluster, bob, ONE)
        is_kept(cluster, alice, "came meanwhile")
    finally:
        is_back(cluster, TWO)
    comes_and_reads(cluster, TWO, "came meanwhile")
    until(lambda: not waits(cluster, ONE) and not waits(cluster, TWO), "nothing waits anywhere")
