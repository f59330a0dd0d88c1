"""The database that outlives its node: two members and a witness, killed, stopped, cut off or lost in turn.

One drill follows another in the same building; each leaves all together, and says so if the one before did not.
"""

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
from tests.lab.known import kept, name
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
from carillon.supervision.memberstart import STATE, TOGETHER, read

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
        listed = one.asks("--json", "node", "list")
        assert "only 1 of 3 of its cluster are together here: it takes no change until others are back" in listed.error
        assert {row["name"]: (row["state"], row["database"]) for row in listed.row} == {
            "node1": ("up", "without majority"),
            "two": ("down", "away"),
            "three": ("witness, away", "votes"),
        }
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


def test_a_survivor_goes_on_alone_when_it_is_told_to(members: Members, one: Machine, two: Machine) -> None:
    """The others come back, have what was changed meanwhile, and vote again."""
    refused = one.asks("node", "alone", "--yes")
    assert refused.error.startswith("node: the database takes changes; there is nothing to do.")
    assert adds(two, "501")
    assert known("501", one)
    members.lose_power(two, members.three)
    assert left_alone(one)
    refused = one.asks("user", "add", "502", "--name", "Nobody")
    assert (
        "nothing can be changed until they are back. If they are gone for good: `carillon node alone`" in refused.error
    )
    assert name(one, "501") == "Nr. 501"
    one.does("node", "alone", "--yes")
    assert adds(one, "502")
    two.does("up")
    assert known("502", one, two)
    assert together(two, 2)
    members.votes_again()
    assert together(one, 3)
    assert {row["extension"] for row in two.does("--json", "user", "list").row} >= {"501", "502"}


def test_power_fails_everywhere(members: Members, one: Machine, two: Machine) -> None:
    """All come back, in any order, and take changes again by themselves; who may know less doesn't go on before."""
    assert adds(one, "511")
    assert comes_true(lambda: kept(two, "511") == "Nr. 511")
    members.lose_power(one, two, members.three)
    two.does("up")
    assert comes_true(lambda: "waits for the other members of its cluster" in database_of(two))
    assert name(two, "511") == "Nr. 511"
    assert "waits for the other members of its cluster (its data reach change" in two.asks("node", "list").error
    assert two.asks("user", "add", "512", "--name", "Nobody").error.startswith("database: none of its servers")
    members.votes_again()
    refused = two.asks("node", "alone", "--yes")
    assert refused.error.startswith("node: the witness three is there. If no other node is: stop it (`systemctl stop")
    one.does("up")
    assert together(one, 3)
    assert adds(two, "512")
    assert known("512", one, two)


def test_both_nodes_are_stopped_in_the_same_second(members: Members, one: Machine, two: Machine) -> None:
    """Neither was the last, or each thinks so of the other: they begin by themselves when both are there again."""
    assert adds(one, "531")
    assert known("531", one, two)
    with ThreadPoolExecutor(2) as pool:
        assert [done.code for done in pool.map(lambda machine: machine.asks("down"), (one, two))] == [0, 0]
    two.does("up")
    one.does("up")
    assert together(one, 3)
    assert together(two, 3)
    assert adds(two, "532")
    assert known("532", one, two)


def test_both_members_say_goodbye_to_each_other_and_neither_was_the_last(
    members: Members, one: Machine, two: Machine
) -> None:
    """What both leave when each has gone before it saw the other one go; the second one has one change more."""
    one.does("down")
    assert adds(two, "540")
    two.does("down")
    behind, ahead = (place.paths.own_database for place in (one, two))
    for data in (behind, ahead):
        state = (data / STATE).read_text().replace("safe_to_bootstrap: 1", "safe_to_bootstrap: 0")
        (data / STATE).write_text(state)
        (data / TOGETHER).unlink(missing_ok=True)
    assert 0 <= read(behind).sequence < read(ahead).sequence
    one.does("up")
    assert comes_true(lambda: "waits for the other members of its cluster" in database_of(one))
    assert one.asks("user", "add", "541", "--name", "Nobody").error.startswith("database: none of its servers")
    two.does("up")
    assert together(two, 3)
    assert together(one, 3)
    assert adds(one, "541")
    assert known("540", one, two)
    assert known("541", one, two)


def test_both_nodes_are_stopped_while_the_witness_votes(members: Members, one: Machine, two: Machine) -> None:
    """The one that was stopped last begins, whoever waits for it, and sends the other one all that it has.

    As after a week: nobody has the changes any more one by one.
    """

    def copies() -> int:
        return (two.paths.logs / "database.log").read_text().count("rsync SST started on donor")

    before = copies()
    one.does("down")
    assert adds(two, "521")
    two.does("down")
    (two.paths.own_database / "galera.cache").unlink()
    one.does("up")
    assert comes_true(lambda: "waits for the other members of its cluster" in database_of(one))
    assert name(one, "521") is None
    two.does("up")
    assert known("521", one, two)
    assert together(one, 3)
    assert copies() == before + 1
    assert adds(one, "522")
    assert known("522", one, two)
