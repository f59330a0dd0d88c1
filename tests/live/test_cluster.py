"""The database that outlives its node: two members and a witness, one killed, stopped or cut off in turn."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from tests.lab.cluster import Cluster, Machine
from tests.lab.known import comes_true as soon
from tests.lab.known import name
from tests.lab.prefix import prefix

from carillon.provisioning import users
from carillon.stores.sql.database import Database
from carillon.stores.sql.engine import open_database, reading
from carillon.stores.sql.tables import change
from carillon.system.once import may

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two nodes that hold the database together, and a third machine that votes."""
    with Cluster.open(prefix("gc-"), 3, Path(tmp_path_factory.mktemp("cluster")), phones=()) as cluster:
        cluster["two"].joins(cluster["one"], member=True)
        with cluster["three"].witnesses(cluster["one"]) as witness:
            assert together(cluster["one"], 3)
            assert together(cluster["two"], 3)
            yield cluster
            witness.kill()


@pytest.fixture
def one(cluster: Cluster) -> Machine:
    return cluster["one"]


@pytest.fixture
def two(cluster: Cluster) -> Machine:
    return cluster["two"]


def comes_true(said: Callable[[], bool]) -> bool:
    """Whether it is so, now or soon: a member that comes back takes its time."""
    return soon(said, PATIENCE_S)


def own_server(machine: Machine) -> Engine:
    """The node's own member of the cluster, and no other."""
    return open_database(replace(Database.read(machine.paths.database), hosts=()))


def known(extension: str, *machines: Machine) -> bool:
    """Whether calls find somebody on all these nodes."""
    return comes_true(lambda: all(name(machine, extension) for machine in machines))


def database_of(machine: Machine) -> str:
    """What `status` says of a node's member of the cluster."""
    components = machine.asks("--json", "status").row["components"]
    return next(str(one["problem"]) for one in components if one["name"] == "database")


def together(machine: Machine, votes: int) -> bool:
    """Whether so many are together, as a node sees it."""
    return comes_true(lambda: f"{votes} of 3 of its cluster, in sync" in database_of(machine))


def adds(machine: Machine, extension: str) -> bool:
    """Whether somebody can be added there, now or soon."""
    return comes_true(lambda: machine.asks("user", "add", extension, "--name", f"Nr. {extension}").code == 0)


def member(machine: Machine) -> int:
    """The process of a node's MariaDB."""
    return int((machine.paths.run_database / "pid").read_text())


def working(*machines: Machine) -> list[str]:
    """Whose daemons do now what happens once."""
    return [machine.host for machine in machines if may(machine.paths.lease, time.monotonic())]


def loses_power(cluster: Cluster, machine: Machine) -> None:
    """Every process of a node ends at once."""
    while pids := cluster.network.processes(machine.host):
        for pid in pids:
            with suppress(ProcessLookupError):  # it ended with its parent
                os.kill(pid, signal.SIGKILL)


def test_the_list_says_who_holds_the_database_and_who_votes(one: Machine, two: Machine) -> None:
    def listed() -> dict[str, tuple[str, str]]:
        return {row["name"]: (row["state"], row["database"]) for row in one.does("--json", "node", "list").row}

    expected = {"node1": ("up", "in the cluster"), "two": ("up", "in the cluster"), "three": ("witness", "votes")}
    assert comes_true(lambda: listed() == expected)
    assert together(one, 3)
    assert together(two, 3)


def test_no_change_is_skipped_when_two_write_at_two_members(one: Machine, two: Machine) -> None:
    def writes(machine: Machine, first: int) -> None:
        for extension in range(first, first + 15):
            users.add(own_server(machine), machine.host, str(extension), f"Nr. {extension}")

    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(writes, one, 200), pool.submit(writes, two, 300)]:
            done.result()
    for extension in (*range(200, 215), *range(300, 315)):
        assert known(str(extension), one, two)
    with reading(own_server(two)) as connection:
        numbers = list(connection.execute(select(change.c.sequence).order_by(change.c.sequence)).scalars())
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_member_that_is_killed_comes_back(one: Machine, two: Machine) -> None:
    os.kill(member(one), signal.SIGKILL)
    assert adds(two, "401")
    assert known("401", one, two)
    assert together(one, 3)


def test_a_member_that_hangs_is_left_behind_and_catches_up(one: Machine, two: Machine) -> None:
    hung = member(one)
    os.kill(hung, signal.SIGSTOP)
    try:
        assert adds(two, "402")
    finally:
        os.kill(hung, signal.SIGCONT)
    assert known("402", one, two)
    assert together(one, 3)


def test_a_minority_refuses_and_the_majority_goes_on(cluster: Cluster, one: Machine, two: Machine) -> None:
    cluster.network.cut("one")
    try:
        assert comes_true(lambda: "only 1 of 3 of its cluster are together here" in database_of(one))
        refused = one.asks("user", "add", "403", "--name", "Nobody")
        assert refused.error.startswith(
            "database: most of its servers (10.78.0.1:3306, 10.78.0.2:3306) are away; calls"
        )
        assert name(one, "401") == "Nr. 401"
        assert adds(two, "403")
    finally:
        cluster.network.heal("one")
    assert known("403", one, two)
    assert together(one, 3)
    assert adds(one, "404")
    assert known("404", one, two)


def test_the_lease_moves_when_its_node_dies_and_nobody_holds_it_twice(
    cluster: Cluster, one: Machine, two: Machine
) -> None:
    assert comes_true(lambda: len(working(one, two)) == 1)
    holder, other = (one, two) if working(one, two) == ["one"] else (two, one)
    loses_power(cluster, holder)
    seen = []

    def moved() -> bool:
        seen.append(working(one, two))
        return seen[-1] == [other.host]

    assert comes_true(moved)
    assert all(len(each) <= 1 for each in seen)
    assert adds(other, "405")
    holder.does("up")
    assert known("405", one, two)
    assert together(holder, 3)
