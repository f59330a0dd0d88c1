"""One of two nodes has a clock that is ten minutes off, from its first start, and set while people talk."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.clock import Clock
from tests.lab.cluster import DOMAIN, PHONES, Machine
from tests.lab.known import comes_true, name
from tests.live.members import Members, together
from tests.live.staff import Staff, contacts
from tests.live.talking import a_call_rings, a_call_works

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

AHEAD_S = 600
_numbers = itertools.count()


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Members]:
    """Two nodes that hold the database together, one of them with a wrong clock, and a third machine that votes."""
    home = Path(tmp_path_factory.mktemp("clock"))
    with Members.open("wc-", home, PHONES, clocks={"two": AHEAD_S}) as members:
        yield members


@pytest.fixture(scope="module")
def staff(members: Members) -> Iterator[Staff]:
    """Eight people."""
    everybody = "101", "102", "103", "104", "105", "106", "107", "108"
    with Staff.of(members.cluster.network, (members.one, members.two), *everybody) as staff:
        yield staff


def clock(members: Members) -> Clock:
    """That of the second node."""
    assert members.two.clock is not None
    return members.two.clock


def siblings(machine: Machine) -> str:
    """What `status` says of the other node."""
    return str(
        next(row["problem"] for row in machine.does("--json", "status").row["components"] if row["name"] == "siblings")
    )


def problems(machine: Machine) -> dict[str, str]:
    """What `node list` says of each node."""
    return {row["name"]: row["problem"] or "" for row in machine.does("--json", "node", "list").row}


def is_named(machine: Machine, extension: str, called: str) -> bool:
    """Whether somebody has that name there, now or soon."""
    return comes_true(lambda: name(machine, extension) == called)


def everything_works(members: Members, staff: Staff) -> None:
    """Whoever registers now is known at both nodes, calls go both ways, and changes are in force."""
    one, two = members.one, members.two
    at_one, at_two = staff.registered("105", one), staff.registered("106", two)
    a_call_works(at_one, at_two)
    a_call_works(at_two, at_one)
    for changed in (one, two):
        called = f"Changed at {changed.host} {next(_numbers)}"
        changed.does("user", "set", "107", "--name", called)
        assert is_named(members.other(changed), "107", called)
    for agent in (at_one, at_two):
        assert agent.register(expires=0).code == 200


def test_whose_clock_is_off_is_said(members: Members) -> None:
    assert comes_true(lambda: "two: its clock is 600 s ahead of that of node1" in siblings(members.one))
    assert "node1: its clock is 600 s behind that of two" in siblings(members.two)
    assert problems(members.one)["two"] == "its clock is 600 s ahead of that of node1"
    assert members.one.does("--json", "status").row["healthy"] is True


def test_calls_and_changes_work_by_a_wrong_clock(members: Members, staff: Staff) -> None:
    everything_works(members, staff)
    for machine in (members.one, members.two):
        states = {row["name"]: row["state"] for row in machine.does("--json", "node", "list").row}
        assert states == {"node1": "up", "two": "up", "three": "witness"}


def test_a_phone_that_was_asked_by_the_other_node_does_not_ask_its_user(members: Members, staff: Staff) -> None:
    """The other node's challenge is too old, or of the future: `stale` says that the password was right."""
    one, two = members.one, members.two
    for first, second in ((one, two), (two, one)):
        phone = staff.agent("107", first)
        request = phone.request("REGISTER", f"sip:{DOMAIN}", to=f"<sip:107@{DOMAIN}>")
        proved = phone.with_credentials(request, phone.exchange(request))
        phone.proxy = (second.address, 5060)
        again = phone.exchange(proved)
        assert again.code == 401
        assert "stale=true" in (again.header("WWW-Authenticate") or "")
        assert phone.exchange(phone.with_credentials(proved, again)).code == 200
        assert phone.register(expires=0).code == 200


@pytest.mark.parametrize("ahead_s", [-AHEAD_S, AHEAD_S])
def test_a_clock_that_is_set_costs_nobody_a_call_or_a_registration(
    members: Members, staff: Staff, ahead_s: int
) -> None:
    one, two = members.one, members.two
    alice, bob = staff.registered("101", one), staff.registered("102", two)
    eve = staff.registers("108", two, expires=300)
    talk = staff.talk("103", "104", two)
    assert comes_true(lambda: eve.contact in contacts(one) and contacts(one) == contacts(two))
    before = contacts(one)

    clock(members).is_ahead(ahead_s)

    talk.goes_on()
    a_call_works(alice, bob)
    a_call_works(bob, alice)
    everything_works(members, staff)
    assert comes_true(lambda: a_call_rings(alice, eve))  # whose 300 s are over by that clock, if it was set forwards
    assert comes_true(lambda: a_call_rings(bob, eve))
    talk.goes_on()
    talk.ends()
    assert before <= contacts(one) & contacts(two)
    for agent in (alice, bob, eve):
        assert agent.register(expires=0).code == 200


def test_a_node_starts_by_a_wrong_clock_and_has_lost_nobody(members: Members, staff: Staff) -> None:
    """It was ahead when it was stopped."""
    one, two = members.one, members.two
    alice, bob = staff.registered("101", one), staff.registered("102", two)
    two.does("down")
    clock(members).is_ahead(-AHEAD_S)
    two.does("up")
    assert together(two, 3)
    assert comes_true(lambda: {alice.contact, bob.contact} <= contacts(one) & contacts(two))
    a_call_works(alice, bob)
    a_call_works(bob, alice)
    everything_works(members, staff)
