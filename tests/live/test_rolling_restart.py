"""Each node is restarted in turn, as for a new kernel: talks at the other go on, changes are made, nobody is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.cluster import PHONES
from tests.lab.known import comes_true, name
from tests.live.members import Members, together
from tests.live.staff import Staff, contacts, people
from tests.live.talking import a_call_rings, a_call_works
from tests.live.waiting import measured

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Members]:
    """Two nodes that hold the database together, and a third machine that votes."""
    with Members.open("rr-", Path(tmp_path_factory.mktemp("rolling")), PHONES) as members:
        yield members


@pytest.fixture(scope="module")
def staff(members: Members) -> Iterator[Staff]:
    """Four people."""
    with Staff.of(members.cluster.network, (members.one, members.two), "101", "102", "103", "104") as staff:
        yield staff


@pytest.mark.parametrize(("host", "newcomer"), [("one", "201"), ("two", "202")])
def test_a_node_is_restarted_while_people_talk_at_the_other_one(
    members: Members, staff: Staff, host: str, newcomer: str
) -> None:
    restarted = members.cluster[host]
    stays = members.other(restarted)
    alice, bob = staff.registered("101", restarted), staff.registered("102", stays)
    talk = staff.talk("103", "104", stays)
    before, listed = contacts(stays), people(stays)

    restarted.does("down")
    with measured(f"rolling restart of {host} | until a phone there is called again"):
        assert comes_true(lambda: a_call_rings(bob, alice))  # her home is away, and her phone rings
    a_call_works(bob, alice)
    staff.hires(newcomer, stays)
    carol = staff.registers(newcomer, stays)
    talk.goes_on()

    with measured(f"rolling restart of {host} | until a phone there calls again"):
        restarted.does("up")
        assert comes_true(lambda: a_call_rings(alice, carol))
    assert name(restarted, newcomer) == f"Nr. {newcomer}"
    kept = {*before, carol.contact}
    comes_true(lambda: all(kept <= contacts(each) for each in staff.nodes))
    assert [kept - contacts(each) for each in staff.nodes] == [set(), set()]
    assert together(restarted, 3)
    with measured(f"after the restart of {host} | until a change there is in force at the other one"):
        restarted.does("user", "set", newcomer, "--name", "Carol")
        assert comes_true(lambda: name(stays, newcomer) == "Carol")
    assert people(restarted) == people(stays) == {*listed, newcomer}
    talk.goes_on()
    talk.ends()
