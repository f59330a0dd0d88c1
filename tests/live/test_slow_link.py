"""The link between two nodes is narrow, or far and lossy: talks go on, calls between them work, changes arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from tests.lab import slowlink
from tests.lab.cluster import PHONES
from tests.lab.known import comes_true, name
from tests.lab.network import Network
from tests.live.members import Members, together
from tests.live.staff import Staff, contacts
from tests.live.talking import a_call_works, hangs_up, talk
from tests.live.waiting import measured

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

Slow = Callable[[Network], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Members]:
    """Two nodes that hold the database together, and a third machine that votes."""
    with Members.open("sl-", Path(tmp_path_factory.mktemp("slow")), PHONES) as members:
        yield members


@pytest.fixture(scope="module")
def staff(members: Members) -> Iterator[Staff]:
    """Five people."""
    people = "101", "102", "103", "104", "105"
    with Staff.of(members.cluster.network, (members.one, members.two), *people) as staff:
        yield staff


def narrow(network: Network) -> AbstractContextManager[None]:
    """1 Mbit/s for all that the second node says and hears."""
    return slowlink.narrow(network, "two")


def far(network: Network) -> AbstractContextManager[None]:
    """0.2 s there and back, and 5 % of what is sent is lost."""
    return slowlink.far(network, "two", ("one", "three"))


@pytest.mark.parametrize("slow", [narrow, far])
def test_people_of_both_nodes_call_each_other_over_a_slow_link(
    members: Members, staff: Staff, slow: Slow, tmp_path: Path
) -> None:
    one, two, what = members.one, members.two, getattr(slow, "__name__", "")
    alice, bob = staff.registered("101", one), staff.registered("102", two)
    at_one, at_two = talk(alice, staff.registered("103", one)), staff.talk("104", "105", two)
    with slow(members.cluster.network):
        with measured(f"{what} link | a call to the other node, and its end"):
            a_call_works(bob, alice)
        a_call_works(alice, bob)
        one.does("user", "set", "101", "--name", what)
        with measured(f"{what} link | from the end of a command until its change is in force at the other node"):
            assert comes_true(lambda: name(two, "101") == what)
        base = {"narrow": 10000, "far": 20000}[what]
        people = [f"{extension},Nr. {extension}" for extension in range(base, base + 1000)]
        (tmp_path / "people.csv").write_text("\n".join(["extension,name", *people]))
        one.does("user", "import", str(tmp_path / "people.csv"))
        with measured(f"{what} link | until a thousand people who were imported are known at the other node"):
            assert comes_true(lambda: name(two, str(base + 999)) is not None, 60)
        with measured(f"{what} link | the command of a change at the node beyond it"):
            two.does("user", "set", "102", "--name", what)
        assert comes_true(lambda: name(one, "102") == what)
        assert contacts(one) == contacts(two)
        at_two.goes_on()
    assert together(two, 3)
    at_two.ends()
    hangs_up(*at_one)
