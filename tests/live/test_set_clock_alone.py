"""The only node of a system has its clock set forward by more than phones have left: nobody is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.clock import Clock
from tests.lab.cluster import PHONES, Cluster, Machine
from tests.lab.known import comes_true
from tests.live.staff import Staff, contacts
from tests.live.talking import a_call_rings, hangs_up, talk

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]

AHEAD_S = 600


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A machine alone, whose clock can be set."""
    with Cluster.open("wa-", 1, Path(tmp_path_factory.mktemp("alone")), PHONES, clocks={"one": 0}) as cluster:
        yield cluster


@pytest.fixture
def one(cluster: Cluster) -> Iterator[Machine]:
    """With a clock that is right."""
    yield cluster["one"]
    clock(cluster["one"]).is_ahead(0)


@pytest.fixture(scope="module")
def staff(cluster: Cluster) -> Iterator[Staff]:
    """Five people."""
    with Staff.of(cluster.network, (cluster["one"],), "101", "102", "103", "104", "105") as staff:
        yield staff


def clock(machine: Machine) -> Clock:
    """What its clock shows."""
    assert machine.clock is not None
    return machine.clock


@pytest.mark.parametrize("back", [False, True], ids=["forward", "forward and back"])
def test_phones_stay_reachable_when_the_clock_is_set(one: Machine, staff: Staff, back: bool) -> None:
    """Those that had registered long before, and one that did so in this moment; calls go on."""
    alice, bob = staff.registers("101", one, 300), staff.registers("102", one, 300)
    carol = staff.agent("103", one, "tcp")
    assert carol.register(expires=300).code == 200
    gone = staff.registers("104", one, 300)
    assert comes_true(lambda: {each.contact for each in (alice, bob, carol, gone)} <= contacts(one))
    assert gone.register(expires=0).code == 200
    mine, theirs = talk(alice, bob)
    late = staff.registers("105", one, 300)

    clock(one).is_ahead(AHEAD_S)
    assert comes_true(lambda: a_call_rings(alice, carol))  # it was known, or is again
    if back:
        clock(one).is_ahead(0)

    for callee in (bob, carol, late):
        assert comes_true(lambda callee=callee: a_call_rings(alice, callee))
    assert comes_true(lambda: a_call_rings(bob, alice))
    assert gone.contact not in contacts(one)
    hangs_up(mine, theirs)
    for agent in (alice, bob, carol, late):
        assert agent.register(expires=0).code == 200
    assert comes_true(lambda: contacts(one) == set())
