"""The database that outlives its node: two members and a witness, one killed, stopped or cut off in turn."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.lab.cluster import Machine
from tests.lab.known import name
from tests.live.members import (
    Members,
    adds,
    comes_true,
    database_of,
    known,
    left_alone,
    member,
    own_server,
    together,
    working,
)

from carillon.provisioning import users
from carillon.stores.sql.engine import reading
from carillon.stores.sql.tables import change

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Members]:
    """Two nodes that hold the database together, and a third machine that votes."""
    with Members.open("gc-", Path(tmp_path_factory.mktemp("cluster"))) as members:
        yield members


@pytest.fixture
def one(members: Members) -> Machine:
    return members.one


@pytest.fixture
def two(members: Members) -> Machine:
    return members.two


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


def test_a_member_that_hangs_is_found_and_catches_up(one: Machine, two: Machine) -> None:
    """It is killed and started again, without anybody's help."""
    hung = member(one)
    os.kill(hung, signal.SIGSTOP)
    assert adds(two, "402")
    assert comes_true(
        lambda: re.search(rf"it hung at 20\S+ \(process {hung} is stopped\)", database_of(one)) is not None
    )
    assert known("402", one, two)
    assert together(one, 3)
    assert member(one) != hung


def test_a_minority_refuses_and_the_majority_goes_on(members: Members, one: Machine, two: Machine) -> None:
    members.cluster.network.cut("one")
    try:
        assert left_alone(one)
        refused = one.asks("user", "add", "403", "--name", "Nobody")
        assert refused.error.startswith(
            "database: most of its servers (10.78.0.1:3306, 10.78.0.2:3306) are away; calls"
        )
        assert name(one, "401") == "Nr. 401"
        assert adds(two, "403")
    finally:
        members.cluster.network.heal("one")
    assert known("403", one, two)
    assert together(one, 3)
    assert adds(one, "404")
    assert known("404", one, two)


def test_the_lease_moves_when_its_node_dies_and_nobody_holds_it_twice(
    members: Members, one: Machine, two: Machine
) -> None:
    assert comes_true(lambda: len(working(one, two)) == 1)
    holder, other = (one, two) if working(one, two) == ["one"] else (two, one)
    members.lose_power(holder)
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
