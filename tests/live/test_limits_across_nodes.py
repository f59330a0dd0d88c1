"""Two nodes: a limit of calls at once holds over both (behaviours 39 and 45)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import redis
from tests.live.talking import calls, final, hangs_up, talk
from tests.phones.dialog import Dialog
from tests.phones.raw import RawAgent
from tests.worlds.cluster import DOMAIN, ONE, TWO, Cluster, until

from carillon.stores import keys

pytestmark = pytest.mark.engines

OUTSIDE = "+32475123456"


class Limits:
    """Limits that are set at both nodes, and what counts under them."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def of(self, noun: str, name: str, most: int | str) -> None:
        """Set one; the nodes of this world have a truth each."""
        for node in (ONE, TWO):
            self.cluster.says(node, noun, "set", name, "--most-calls", str(most))

    def counted(self, node: str, name: str) -> int:
        """How many calls count at a node, as its workers read it; -1 while nobody knows."""
        try:
            with closing(redis.Redis(unix_socket_path=str(self.cluster.paths[node].redis_socket))) as store:
                return int(store.zcount(f"{keys.COUNTER}{name}", time.time(), "+inf"))
        except redis.RedisError:
            return -1

    def count(self, name: str, number: int, *nodes: str, patience_s: float = 30.0) -> None:
        """Wait until so many calls count, at both nodes or at these."""
        for node in nodes or (ONE, TWO):
            until(lambda node=node: self.counted(node, name) == number, f"{number} of {name} at {node}", patience_s)  # type: ignore[misc]


ALICE, EVERYBODY, LINES = f"user 101@{DOMAIN}", f"domain {DOMAIN}", f"trunk provider@{DOMAIN}"


@pytest.fixture
def limits(cluster: Cluster) -> Iterator[Limits]:
    """None are set before and after."""
    limits = Limits(cluster)
    try:
        yield limits
    finally:
        limits.of("user", "101", "none")
        limits.of("domain", DOMAIN, "none")


def refused(caller: RawAgent, extension: str) -> tuple[int | None, str]:
    """What a caller hears who may not: the code and the words."""
    answer = final(caller, calls(caller, f"sip:{extension}@{DOMAIN}"), 30)
    return answer.code, (answer.header("Warning") or "").partition('"')[2].rstrip('"')


def test_a_persons_limit_holds_wherever_he_calls_from(cluster: Cluster, limits: Limits) -> None:
    limits.of("user", "101", 1)
    desk, mobile = cluster.registered("101", ONE), cluster.registered("101", TWO)
    bob = cluster.registered("102", ONE)
    mine, his = talk(desk, bob)
    limits.count(ALICE, 1)
    assert refused(mobile, "103") == (403, "You already have 1 call")
    hangs_up(mine, his)
    limits.count(ALICE, 0)
    hangs_up(*talk(mobile, bob))
    limits.count(ALICE, 0)


def test_the_limit_of_a_domain_holds_for_calls_of_all_nodes_together(cluster: Cluster, limits: Limits) -> None:
    """The second call has nobody of the first one in it, and would be in the other Asterisk."""
    limits.of("domain", DOMAIN, 1)
    alice, bob, carol = cluster.registered("101", ONE), cluster.registered("102", ONE), cluster.registered("103", TWO)
    mine, his = talk(alice, bob)
    limits.count(EVERYBODY, 1)
    assert refused(carol, "103") == (403, f"{DOMAIN} already has 1 call")
    listed = cluster.says(TWO, "limit", "list", "--json")
    assert '"calls": 1' in listed
    hangs_up(mine, his)
    limits.count(EVERYBODY, 0)


def test_a_call_whose_legs_are_on_two_nodes_counts_once(cluster: Cluster, limits: Limits) -> None:
    """Alice has a call at node 1, so what she begins at node 2 is in the Asterisk of node 1, too."""
    limits.of("user", "101", 2)
    desk, mobile = cluster.registered("101", ONE), cluster.registered("101", TWO)
    bob, carol = cluster.registered("102", ONE), cluster.registered("103", TWO)
    first = talk(desk, bob)
    limits.count(ALICE, 1)
    cluster.knows_calls(TWO, "101", ONE)
    second = talk(mobile, carol)
    limits.count(ALICE, 2)
    assert refused(mobile, "102") == (403, "You already have 2 calls")
    hangs_up(*second)
    limits.count(ALICE, 1)
    hangs_up(*first)
    limits.count(ALICE, 0)


def test_a_call_that_failed_has_no_place_at_the_other_node(cluster: Cluster, limits: Limits) -> None:
    limits.of("user", "101", 1)
    desk, mobile = cluster.registered("101", ONE), cluster.registered("101", TWO)
    bob = cluster.registered("102", ONE)
    invite = calls(desk, cluster.uri("102"))
    received = bob.expect("INVITE", 30)
    limits.count(ALICE, 1)
    bob.respond(received, 486)
    assert final(desk, invite, 30).code == 486
    limits.count(ALICE, 0)
    hangs_up(*talk(mobile, bob))


def test_who_wants_no_second_call_gets_none_from_the_other_node(cluster: Cluster, limits: Limits) -> None:
    for node in (ONE, TWO):
        cluster.says(node, "user", "set", "101", "--call-waiting", "no")
    try:
        alice, bob, carol = (cluster.registered(*who) for who in (("101", ONE), ("102", ONE), ("103", TWO)))
        mine, his = talk(alice, bob)
        limits.count(ALICE, 1)
        assert refused(carol, "101") == (486, "Alice Martin is in a call")
        hangs_up(mine, his)
        limits.count(ALICE, 0)
    finally:
        for node in (ONE, TWO):
            cluster.says(node, "user", "set", "101", "--call-waiting", "yes")


def test_the_lines_of_a_trunk_are_those_of_all_nodes(cluster: Cluster, limits: Limits) -> None:
    place = cluster.place("phone4")
    provider = cluster.raw(OUTSIDE, ONE, host="phone4", port=5080)
    for node in (ONE, TWO):
        told = ("--address", f"{place['address']}:5080", "--probe", "no", "--main-number", "+3225550100")
        cluster.says(node, "trunk", "add", "provider", *told, "--most-calls", "1")
        cluster.says(node, "outbound", "add", "", "--trunk", "provider")
    try:
        alice, carol = cluster.registered("101", ONE), cluster.registered("103", TWO)
        invite = calls(alice, f"sip:{OUTSIDE}@{DOMAIN}")
        received = provider.expect("INVITE", 30)
        accepted = provider.accept(received)
        mine = Dialog.called(alice, invite, final(alice, invite, 30))
        mine.ack()
        provider.expect("ACK", 30)
        limits.count(LINES, 1)
        assert refused(carol, OUTSIDE) == (480, "All lines of provider are busy")
        hangs_up(mine, Dialog.answered(provider, received, accepted))
        limits.count(LINES, 0)
    finally:
        for node in (ONE, TWO):
            cluster.says(node, "outbound", "remove", "")
            cluster.says(node, "trunk", "remove", "provider")


def test_a_node_that_is_gone_gives_its_places_back(cluster: Cluster, limits: Limits) -> None:
    """A dead node looks like one that is cut off: its calls are forgotten, and count again when it is back."""
    limits.of("domain", DOMAIN, 1)
    alice, bob, carol = cluster.registered("101", TWO), cluster.registered("102", TWO), cluster.registered("103", ONE)
    mine, his = talk(alice, bob)
    limits.count(EVERYBODY, 1)
    cluster.network.cut(TWO)
    try:
        assert refused(carol, "103") == (403, f"{DOMAIN} already has 1 call")
        limits.count(EVERYBODY, 0, ONE)
    finally:
        cluster.network.heal(TWO)
        cluster.sees_up(ONE, TWO)
    limits.count(EVERYBODY, 1)
    hangs_up(mine, his)
    limits.count(EVERYBODY, 0)


@pytest.mark.parametrize("dies", ["redis", "siblings", "calls"])
def test_what_counts_elsewhere_is_known_again_after_a_death(cluster: Cluster, limits: Limits, dies: str) -> None:
    limits.of("user", "101", 5)
    mine, his = talk(cluster.registered("101", ONE), cluster.registered("102", ONE))
    limits.count(ALICE, 1)
    for node in (TWO, ONE):
        cluster.kills(node, dies)
        limits.count(ALICE, 1)
    hangs_up(mine, his)
    limits.count(ALICE, 0)
