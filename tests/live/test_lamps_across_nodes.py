"""The lamps of a phone whose node died light again at the node where it registers then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from tests.lab.nat import Home
from tests.live.talking import hangs_up, talk
from tests.live.watching import Watch, dialogs
from tests.phones.message import Message
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport
from tests.worlds.cluster import ONE, TWO, Cluster, until

from carillon.siblings import states

pytestmark = pytest.mark.engines

CONSOLE = 100


@pytest.fixture(scope="module")
def home(nodes: Cluster) -> Home:
    """A host behind a router."""
    return Home.build(nodes.network, "away1", ("home1",))


@contextmanager
def dead(cluster: Cluster, name: str) -> Iterator[None]:
    """Nothing is heard of a node meanwhile."""
    cluster.network.cut(name)
    try:
        cluster.sees_up(cluster.other(name), name, up=False)
        yield
    finally:
        cluster.network.heal(name)
    cluster.sees_up(cluster.other(name), name)


def ends(watch: Watch, at: RawAgent, timeout: float = 30.0) -> Message:
    """The NOTIFY by which a subscription ends, wherever its phone hears it now; raises TimeoutError (seconds)."""
    watch.agent = at
    return watch.until(lambda told: (told.header("Subscription-State") or "").startswith("terminated"), timeout)


def lamps_at(cluster: Cluster, name: str) -> int:
    """How many subscriptions there are at a node, as the other one knows."""
    there = states.read(cluster.paths[cluster.other(name)].sibling_states)
    return next((one.subscriptions for one in there if one.name == name), 0)


def known(cluster: Cluster, name: str, watcher: RawAgent) -> Watch:
    """A lamp of Alice's at this node, of which the other one knows; there is no other."""
    until(lambda: lamps_at(cluster, name) == 0, "no test before has left a lamp")
    lamp = Watch(watcher, cluster.uri("101"), "dialog")
    until(lambda: lamps_at(cluster, name) == 1, "the other node knows of the lamp")
    return lamp


@contextmanager
def lamp_at(cluster: Cluster, name: str, watcher: RawAgent) -> Iterator[Watch]:
    """The same, ended when that node is there again."""
    lamp = known(cluster, name, watcher)
    yield lamp
    lamp.agent = watcher
    assert lamp.again(expires=0).code in (200, 481)  # what couldn't be told to him has ended by itself


def is_followed(before: Message, after: Message) -> bool:
    """Whether both are of one dialog, in this order (RFC 3261 §12.2.2)."""
    same = all(before.header(name) == after.header(name) for name in ("From", "To", "Call-ID", "Event"))
    return same and after.cseq[0] > before.cseq[0]


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_phone_that_comes_from_a_dead_node_has_its_lamps_at_once(cluster: Cluster, transport: Transport) -> None:
    alice, carol = cluster.registered("101", ONE), cluster.registered("103", ONE)
    bob = cluster.registered("102", TWO, host="phone4", transport=transport)
    with lamp_at(cluster, TWO, bob) as lamp, dead(cluster, TWO):
        again = cluster.raw("102", ONE, host="phone4", transport=transport)
        assert again.register(expires=3600).code == 200
        last = ends(lamp, again)
        assert last.header("Subscription-State") == "terminated;reason=deactivated"
        assert is_followed(lamp.told[-2], last)
        anew = Watch(again, cluster.uri("101"), "dialog")
        hers, his = talk(carol, alice)
        anew.until(lambda told: len(dialogs(told)) == 1)
        hangs_up(hers, his)
        anew.until(lambda told: not dialogs(told))


@pytest.mark.parametrize("transport", ["udp", "tls"])
def test_a_phone_behind_nat_has_its_lamps_at_once(cluster: Cluster, home: Home, transport: Transport) -> None:
    """Its router gives it another address at each node, and nothing comes in that wasn't asked for."""
    hidden: dict[str, Any] = {**home.place("home1"), "transport": transport}
    bob = cluster.registered("102", TWO, **hidden)
    with lamp_at(cluster, TWO, bob) as lamp, dead(cluster, TWO):
        again = cluster.raw("102", ONE, **hidden)
        assert again.register(expires=3600).code == 200
        assert ends(lamp, again).header("Subscription-State") == "terminated;reason=deactivated"


def test_a_console_of_a_hundred_lamps(cluster: Cluster) -> None:
    """Each is ended once, and begins anew at the node where its phone is now."""
    bob = cluster.registered("102", TWO, host="phone4")
    until(lambda: lamps_at(cluster, TWO) == 0, "no test before has left a lamp")
    lamps = [Watch(bob, cluster.uri("101"), "dialog") for _ in range(CONSOLE)]
    until(lambda: lamps_at(cluster, TWO) == CONSOLE, "the other node knows of the lamps")
    with dead(cluster, TWO):
        again = cluster.raw("102", ONE, host="phone4")
        assert again.register(expires=3600).code == 200
        assert {ends(lamp, again).header("Subscription-State") for lamp in lamps} == {"terminated;reason=deactivated"}
        anew = [Watch(again, cluster.uri("101"), "dialog") for _ in lamps]
        told = [each.header("Call-ID") for each in again.seen if each.method == "NOTIFY" and each.code is None]
        assert [told.count(lamp.call_id) for lamp in lamps] == [1] * CONSOLE
    for lamp in lamps:
        lamp.agent = bob
    for lamp in (*lamps, *anew):
        assert lamp.again(expires=0).code in (200, 481)


def knows_no_such_lamp(phone: RawAgent) -> bool:
    """Whatever it is told now, it has no such subscription; always true."""
    with suppress(TimeoutError):
        phone.respond(phone.expect("NOTIFY", 1), 481)
    return True


def test_a_node_that_comes_back_annoys_nobody(cluster: Cluster) -> None:
    """It holds the subscription still; the phone has given that up and says so, once."""
    alice, carol = cluster.registered("101", ONE), cluster.registered("103", ONE)
    bob = cluster.registered("102", TWO, host="phone4")
    lamp = known(cluster, TWO, bob)
    cluster.says(TWO, "down")
    try:
        again = cluster.raw("102", ONE, host="phone4")
        assert again.register(expires=3600).code == 200
        ends(lamp, again)
    finally:
        cluster.starts(TWO)
    cluster.sees_up(ONE, TWO)
    anew = Watch(again, cluster.uri("101"), "dialog")
    hers, his = talk(carol, alice)
    until(lambda: knows_no_such_lamp(bob) and lamps_at(cluster, TWO) == 0, "node2 has forgotten the lamp")
    asked = len(bob.seen)
    hangs_up(hers, his)
    anew.until(lambda told: len(dialogs(told)) == 1)
    anew.until(lambda told: not dialogs(told))
    assert len(bob.seen) == asked


def test_a_phone_on_udp_that_has_not_noticed_is_told_after_a_minute(cluster: Cluster) -> None:
    """It registers each hour, and needs no home to be reached."""
    bob = cluster.registered("102", TWO)
    with lamp_at(cluster, TWO, bob) as lamp, dead(cluster, TWO):
        last = ends(lamp, bob, 90)
        assert last.header("Subscription-State") == "terminated;reason=deactivated"
        assert is_followed(lamp.told[-2], last)
