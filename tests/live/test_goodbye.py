"""A node that is stopped says goodbye: nobody's call waits for it, however early it comes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.live.talking import calls, final, hangs_up, talk
from tests.worlds.cluster import ONE, TWO, Cluster, until

from carillon.siblings import states

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]


def problem(cluster: Cluster) -> str:
    """What the first node knows of the second one, "" while that is up."""
    return next(one.problem for one in states.read(cluster.paths[ONE].sibling_states) if one.name == TWO)


@contextmanager
def stopping(cluster: Cluster) -> Iterator[threading.Thread]:
    """`down` on the second node, which is up again at the end."""
    command = threading.Thread(target=cluster.says, args=(TWO, "down"))
    command.start()
    try:
        yield command
    finally:
        command.join()
        cluster.starts(TWO)
        cluster.sees_up(ONE, TWO)


def test_calls_while_a_node_is_stopped_get_what_is_right_at_once(cluster: Cluster) -> None:
    """Bob's phone is reached without its home; Carol's, on TCP, is offline: no call waits for the node that stops."""
    alice, bob = cluster.registered("101", ONE), cluster.registered("102", TWO)
    cluster.registered("103", TWO, transport="tcp")
    with stopping(cluster) as command:
        until(lambda: problem(cluster) == "it was stopped", "node1 has heard the goodbye")
        cluster.sees_up(ONE, TWO, up=False)
        while command.is_alive():
            hangs_up(*talk(alice, bob))
        invite = calls(alice, cluster.uri("103"))
        assert final(alice, invite, 30).code == 480
        hangs_up(*talk(alice, bob))


def test_a_daemon_that_is_restarted_alone_says_no_goodbye(cluster: Cluster) -> None:
    """As after a change of its settings: calls go on to that node."""
    cluster.registered("102", TWO)
    pid, said = cluster.pid(TWO, "siblings"), set[str]()
    os.kill(pid, signal.SIGTERM)
    until(lambda: said.add(problem(cluster)) or cluster.pid(TWO, "siblings") != pid, "it is started again", 60)
    cluster.sees_up(ONE, TWO)
    assert "it was stopped" not in said
