"""Two nodes that share a truth: a call-back is made once, by one of them, when both are free at all (behaviours 32)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.lab.cluster import DOMAIN, Cluster, Machine
from tests.lab.known import comes_true, name
from tests.lab.prefix import prefix
from tests.live.company import password_of
from tests.phones.call import Call
from tests.phones.phone import Phone

from carillon.supervision.bound import bound

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

PEOPLE = {"101": "Alice Martin", "102": "Bob Dupont", "103": "Carol Peeters", "104": "Dave Janssens"}
HOSTS = {"101": "ph1", "102": "ph2", "103": "ph3", "104": "ph4"}
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two nodes, and four people with a device each; the first node has the database."""
    home = Path(tmp_path_factory.mktemp("callbacks"))
    with Cluster.open(prefix("cb-"), 2, home, phones=tuple(HOSTS.values())) as cluster:
        one, two = cluster["one"], cluster["two"]
        for extension, who in PEOPLE.items():
            one.does("user", "add", extension, "--name", who)
            one.does("device", "add", extension, "--user", extension, "--password", password_of(extension))
        two.joins(one)
        assert comes_true(lambda: name(two, "104") is not None)
        yield cluster


@pytest.fixture
def phones(cluster: Cluster) -> Iterator[ExitStack]:
    with ExitStack() as phones:
        yield phones


def phone(phones: ExitStack, extension: str, at: Machine, other: Machine) -> Phone:
    """Somebody's phone, registered at a node and known at both."""
    identity = (PEOPLE[extension], extension, password_of(extension), DOMAIN)
    host = HOSTS[extension]
    where = {"namespace": at.network.namespace(host), "address": at.network.address(host)}
    found = phones.enter_context(Phone(*identity, auth_user=extension, proxy=f"{at.address}:5060", **where))
    found.register()
    assert comes_true(lambda: bool(bound(other.paths.kamailio_rpc, f"{extension}@{DOMAIN}")), PATIENCE_S)
    return found


def talks(caller: Phone, callee: Phone) -> tuple[Call, Call]:
    """A call that is up."""
    at_caller = caller.dial(callee.user)
    at_callee = callee.incoming(PATIENCE_S)
    at_callee.answer()
    at_caller.wait_answered(PATIENCE_S)
    return at_caller, at_callee


def is_called_back(who: Phone, whom: Phone) -> None:
    """His phone rings and says for whom; when he answers, the other one's rings; the call ends."""
    back = who.incoming(PATIENCE_S)
    assert (back.invite.header("From") or "").startswith(f'"Call-back: {whom.name}"')
    back.answer()
    at_whom = whom.incoming(PATIENCE_S)
    at_whom.answer()
    at_whom.hangup()
    back.wait_ended(PATIENCE_S)


def leads(cluster: Cluster, node: str) -> bool:
    """Whether a node does what one does for all."""
    rows = cluster["one"].does("--json", "node", "list").row
    return any(row["name"] == node and row["leads"] for row in rows)


def test_who_talks_at_the_other_node_is_not_free(cluster: Cluster, phones: ExitStack) -> None:
    """Alice asked for Bob first; she is called back for Dave, who is free, before Bob's call at node two has ended."""
    one, two = cluster["one"], cluster["two"]
    alice, dave = phone(phones, "101", one, two), phone(phones, "104", one, two)
    bob, carol = phone(phones, "102", two, one), phone(phones, "103", two, one)
    with_carol, _ = talks(bob, carol)
    one.does("callback", "add", "101", "--for", "102")
    two.does("callback", "add", "101", "--for", "104")
    is_called_back(alice, dave)
    with_carol.hangup()
    is_called_back(alice, bob)
    assert comes_true(lambda: json.loads(two.does("--json", "callback", "list").output) == [])
    assert (alice.unanswered(), bob.unanswered()) == (0, 0)


def test_another_node_calls_back_when_the_one_that_would_have_is_gone(cluster: Cluster, phones: ExitStack) -> None:
    one, two = cluster["one"], cluster["two"]
    alice, bob, carol = (phone(phones, extension, one, two) for extension in ("101", "102", "103"))
    one.does("node", "drain", "node1")
    assert comes_true(lambda: leads(cluster, "two"), PATIENCE_S)
    one.does("node", "drain", "node1", "--undo")
    with_carol, _ = talks(bob, carol)
    one.does("callback", "add", "101", "--for", "102")
    cluster.network.cut("two")
    try:
        with_carol.hangup()
        is_called_back(alice, bob)
        assert one.does("--json", "callback", "list").row == []
    finally:
        cluster.network.heal("two")
    assert (alice.unanswered(), bob.unanswered()) == (0, 0)
