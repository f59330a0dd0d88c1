"""What dies at a branch, or beyond its link, while people talk there. Afterwards all agree."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.lab.cluster import Machine
from tests.lab.known import comes_true, name
from tests.lab.prefix import prefix
from tests.live.branch import Branch, agrees, changed
from tests.live.staff import contacts
from tests.live.talking import a_call_rings, hangs_up, talk
from tests.live.test_satellites import dials, is_undisturbed
from tests.live.waiting import measured

pytestmark = [pytest.mark.engines, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with Branch.open(prefix("sx-"), Path(tmp_path_factory.mktemp("deaths")), mains=2) as branch:
        yield branch


@pytest.fixture
def branch(building: Branch) -> Iterator[Branch]:
    """With nobody's phone, and both sides of one mind."""
    yield building
    building.leaves_phones()
    assert agrees(building)


PRESSED = 5
DAEMONS = ("follower", "siblings", "kamailio")


@pytest.mark.parametrize("component", DAEMONS)
def test_a_daemon_of_the_satellite_dies(branch: Branch, component: str) -> None:
    """While the link is up, and while it is cut; calls that are up go on, and phones are known still."""
    alice, carol, dave = (branch.phone(each) for each in ("101", "201", "202"))
    assert comes_true(lambda: branch.is_known(branch.two, alice) and branch.is_known(branch.one, carol))
    mine, theirs = talk(carol, dave)
    kills(branch, component)
    assert changed(branch, "Robert")
    with branch.cut_off():
        kills(branch, component)
        assert comes_true(lambda: a_call_rings(dave, carol), 30)
        branch.one.does("user", "set", "102", "--name", "Bob")
    assert comes_true(lambda: name(branch.two, "102") == "Bob", 60)
    hangs_up(mine, theirs)
    assert comes_true(lambda: a_call_rings(alice, carol) and a_call_rings(carol, alice), 60)


def kills(branch: Branch, component: str) -> None:
    """kill -9; it is healthy again after this, in another process."""
    old = pid_of(branch.two, component)
    os.kill(old, signal.SIGKILL)
    with measured(f"{component} of a satellite killed | until it is healthy"):
        assert comes_true(lambda: pid_of(branch.two, component) not in (0, old), 60)


def pid_of(machine: Machine, component: str) -> int:
    """The process of a component that is healthy, 0 for none."""
    rows = machine.asks("--json", "status").row["components"]
    row = next(each for each in rows if each["name"] == component)
    return int(row["pid"] or 0) if row["healthy"] else 0


def test_the_machine_of_the_satellite_loses_its_power(branch: Branch) -> None:
    """While it is up, and while it is cut off: it starts with all that it knew, and catches up."""
    alice, carol, dave = (branch.phone(each) for each in ("101", "201", "202"))
    assert comes_true(lambda: branch.is_known(branch.two, alice) and branch.is_known(branch.one, carol))
    assert changed(branch, "Robert")
    loses_power(branch, branch.two)
    branch.one.does("user", "set", "102", "--name", "Rob")
    branch.two.does("up")
    assert comes_true(lambda: name(branch.two, "102") == "Rob")
    assert {carol.contact, dave.contact} <= contacts(branch.two)
    assert comes_true(lambda: a_call_rings(alice, carol), 60)
    with branch.cut_off():
        loses_power(branch, branch.two)
        branch.one.does("user", "set", "102", "--name", "Bob")
        with measured("satellite without power, cut off | from `up` until a call within the branch rings"):
            branch.two.does("up")
            assert comes_true(lambda: a_call_rings(dave, carol), 60)
        assert name(branch.two, "102") == "Rob"
    assert comes_true(lambda: name(branch.two, "102") == "Bob", 60)
    assert comes_true(lambda: a_call_rings(carol, alice), 60)


def loses_power(branch: Branch, machine: Machine) -> None:
    """Every process of a machine ends at once."""
    for pid in branch.network.processes(machine.host):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert comes_true(lambda: not branch.network.processes(machine.host))


def test_a_main_is_killed_while_it_does_what_the_branch_kept(branch: Branch) -> None:
    """Again and again, whatever it has answered for by then: each change is done, and once."""
    carol, known = branch.phone("201"), len(branch.handed_over())
    with branch.cut_off():
        for _ in range(PRESSED):
            dials(carol, "*26")
            dials(carol, "#26")
        assert len(branch.waiting()) == 2 * PRESSED
    for main in (*branch.mains, *branch.mains):
        if follower := pid_of(main, "follower"):
            os.kill(follower, signal.SIGKILL)
    assert comes_true(lambda: branch.waiting() == [], 120)
    done = branch.handed_over()[known:]
    assert [one["what"] for one in done] == ["presence set dnd", "dnd end"] * PRESSED
    assert {one["outcome"] for one in done} == {"done"}
    journalled = branch.one.does("--json", "change", "list", "--noun", "presence", "--newest", "100").row
    mine = [one for one in journalled if "outcome" in str(one)]
    assert len(mine) == 2 * PRESSED
    assert comes_true(lambda: not is_undisturbed(branch.one, "201") and not is_undisturbed(branch.two, "201"))


def test_a_main_dies_while_the_branch_is_cut_off(branch: Branch) -> None:
    """The one that has the database, a moment after a change there: the branch learns of it from the other main."""
    one, other = branch.mains
    carol = branch.phone("201")
    with branch.cut_off():
        one.does("user", "set", "102", "--name", "Robert")
        assert comes_true(lambda: name(other, "102") == "Robert")
        loses_power(branch, one)
    with measured("main killed, branch cut off | from the healing until it has the other main's news"):
        assert comes_true(lambda: name(branch.two, "102") == "Robert", 60)
    bob = branch.phone("102", other)
    assert comes_true(lambda: a_call_rings(bob, carol) and a_call_rings(carol, bob), 60)
    one.does("up")
    assert changed(branch, "Bob")
