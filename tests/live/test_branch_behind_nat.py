"""A branch behind a router that hides it, and a tunnel from there to the main: all is as on any link."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.lab import tunnel
from tests.lab.branches import LIEGE, MIDDLE, Site
from tests.lab.cluster import Cluster, Machine
from tests.lab.known import comes_true
from tests.lab.nat import LAN, Home
from tests.lab.network import run_ip
from tests.lab.prefix import prefix
from tests.live.branch import Branch, agrees, changed, is_up
from tests.live.talking import a_call_rings, a_call_works
from tests.live.test_satellites import dials, is_undisturbed
from tests.live.test_transfers import hear_each_other, talks

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

OFFICE, ROUTER = "office", "ph3"


class Hidden(Branch):
    """Everything at the branch has an address of its own network only."""

    inside: Home

    def _place(self, extension: str, at: Machine | None) -> dict[str, Any]:
        host = self.host(extension)
        if host not in self.inside.hosts:
            return super()._place(extension, at)
        return {"proxy": f"{(at or self.home(extension)).address}:5060", **self.inside.place(host)}


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hidden]:
    place = Path(tmp_path_factory.mktemp("hidden"))
    with (
        Cluster.open(prefix("bn-"), 1, place, (*MIDDLE.hosts.values(), ROUTER)) as cluster,
        ExitStack() as stack,
    ):
        network = cluster.network
        home = Home.build(network, ROUTER, (OFFICE, "desk1", "desk2"))
        office = Machine(network, OFFICE, place / OFFICE, home.address(OFFICE))
        stack.callback(shutil.rmtree, office.directory, ignore_errors=True)
        stack.callback(office.asks, "down")
        stack.enter_context(tunnel.between(network, "one", OFFICE, office.address, f"{LAN}.0/24"))
        for desk in ("desk1", "desk2"):  # as the router of the branch tells them
            way = f"{network.address('one')}/32 via {office.address}"
            run_ip("-n", network.namespace(desk), "route", "add", *way.split())
        made = Hidden(cluster, [cluster["one"]])
        made.inside = home
        made.hires(MIDDLE)
        made.adds(Site("liege", LIEGE.people, {"201": "desk1", "202": "desk2"}), office)
        yield made
        made.leaves_phones()


def test_all_is_one_system_through_the_tunnel(branch: Hidden) -> None:
    """Changes, codes, lamps of who is where, calls both ways, and sound."""
    assert comes_true(lambda: is_up(branch.one, "liege") and is_up(branch.two, "node1"), 60)
    assert changed(branch, "Robert")
    alice, carol, dave = branch.telephone("101"), branch.telephone("201"), branch.phone("202")
    assert comes_true(lambda: branch.knows(branch.one, "201") and branch.knows(branch.two, "101"), 60)
    for caller, called in ((alice, carol), (carol, alice)):
        mine, theirs = talks(caller, called)
        hear_each_other(caller, mine, called, theirs)
        assert mine.hangup().code == 200
        theirs.wait_ended()
    dials(dave, "*26")
    assert comes_true(lambda: is_undisturbed(branch.one, "202") and is_undisturbed(branch.two, "202"))
    dials(dave, "#26")
    assert comes_true(lambda: not is_undisturbed(branch.one, "202"))
    branch.leaves_phones()


def test_a_tunnel_that_ends_is_a_link_that_is_cut(branch: Hidden) -> None:
    alice, carol, dave = (branch.phone(each) for each in ("101", "201", "202"))
    assert comes_true(lambda: branch.is_known(branch.two, alice) and branch.is_known(branch.one, carol), 60)
    network = branch.network
    network.cut(ROUTER)
    try:
        assert comes_true(lambda: "no main answers since" in branch.follower(branch.two), 60)
        a_call_works(carol, dave)
    finally:
        network.heal(ROUTER)
    assert agrees(branch)
    assert comes_true(lambda: a_call_rings(alice, carol), 60)
    assert comes_true(lambda: a_call_rings(carol, alice), 60)
    branch.leaves_phones()
