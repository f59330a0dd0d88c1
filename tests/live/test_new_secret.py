"""The system gets a new secret while people talk: on two mains and at a branch, with one of them down or cut off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.lab.branches import LIEGE
from tests.lab.cluster import Machine
from tests.lab.known import comes_true
from tests.lab.prefix import prefix
from tests.live.branch import Branch, is_up
from tests.live.talking import hangs_up, reinvites, talk
from tests.phones.message import Message
from tests.phones.raw import RawAgent

from carillon.sip.seal import Secrets
from carillon.stores.secretring import Ring

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

FORMER = "has the former secret still"


@pytest.fixture(scope="module")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    """Alice at the one main, Bob at the other, Carol and Dave at Liège."""
    home = Path(tmp_path_factory.mktemp("secret"))
    with Branch.open(prefix("ns-"), home, mains=2, sites=(LIEGE,)) as building:
        yield building


def machines(branch: Branch) -> tuple[Machine, Machine, Machine]:
    """Both mains and the satellite."""
    return (*branch.mains, branch.satellites["liege"])  # type: ignore[return-value]


def secrets(machine: Machine) -> Secrets:
    """What a machine seals by and accepts now."""
    return Ring.read(machine.paths.run_secrets).secrets(0)


def renews(branch: Branch, *options: str) -> dict[str, Any]:
    """On the first main."""
    row: dict[str, Any] = branch.one.does("--json", "secret", "renew", *options).row
    return row


def processes(machine: Machine) -> dict[str, int]:
    """What runs there."""
    rows = machine.does("--json", "status").row["components"]
    return {row["name"]: row["pid"] for row in rows}


def said_of_siblings(machine: Machine) -> str:
    """What `status` says of the others."""
    rows = machine.asks("--json", "status").row["components"]
    return str(next(row["problem"] for row in rows if row["name"] == "siblings"))


def phones(branch: Branch) -> tuple[RawAgent, RawAgent, RawAgent]:
    """Alice's at the first main, Bob's at the other one, Carol's at the branch; all machines know all."""
    alice, bob, carol = branch.phone("101"), branch.phone("102", branch.mains[1]), branch.phone("201")
    assert comes_true(lambda: all(branch.is_known(at, one) for at in machines(branch) for one in (alice, bob, carol)))
    return alice, bob, carol


def asked(agent: RawAgent) -> tuple[Message, Message]:
    """A REGISTER, and how its phone was asked who it is."""
    own = f"<sip:{agent.user}@{agent.domain}>"
    request = agent.request("REGISTER", f"sip:{agent.domain}", to=own, headers=[("Expires", "3600")])
    return request, agent.exchange(request)


def answers(agent: RawAgent, question: tuple[Message, Message]) -> Message:
    """What the phone gets for its password."""
    return agent.exchange(agent.with_credentials(*question))


def everybody_calls(alice: RawAgent, bob: RawAgent, carol: RawAgent) -> None:
    """From each machine to another one."""
    for caller, callee in ((alice, bob), (bob, alice), (alice, carol), (carol, bob)):
        hangs_up(*talk(caller, callee))


def test_nobody_notices_it(branch: Branch) -> None:
    alice, bob, carol = phones(branch)
    dave = branch.phone("202")
    hers, his = talk(alice, bob)
    carols, daves = talk(carol, dave)
    question = asked(bob)
    before, running = secrets(branch.one), [processes(one) for one in machines(branch)]
    done = renews(branch)
    assert (sorted(done["have"]), done["later"]) == (["liege", "node1", "two"], [])
    now = [secrets(one) for one in machines(branch)]
    assert {one.current for one in now} == {branch.one.paths.secret.read_bytes()} != {before.current}
    assert all(one.others == (before.current,) for one in now)
    assert [processes(one) for one in machines(branch)] == running, "nothing was restarted"
    assert answers(bob, question).code == 200
    for side in (hers, daves):
        assert reinvites(side, ()) == 200
        side.ack()
    hangs_up(his, hers)
    hangs_up(carols, daves)
    everybody_calls(alice, bob, carol)
    assert all(branch.is_known(at, one) for at in machines(branch) for one in (alice, bob, carol, dave))
    assert FORMER not in said_of_siblings(branch.one)


def test_a_node_that_was_down_has_it_before_it_takes_calls(branch: Branch) -> None:
    two = branch.mains[1]
    two.does("down")
    assert comes_true(lambda: not is_up(branch.one, "two"))
    assert renews(branch)["later"] == ["two"]
    assert f"two: {FORMER}" in said_of_siblings(branch.one)
    problems = {row["name"]: row["problem"] for row in branch.one.does("--json", "node", "list").row}
    assert (problems["two"], problems["node1"]) == (FORMER, None)
    two.does("up")
    assert secrets(two) == secrets(branch.one)
    assert comes_true(lambda: is_up(branch.one, "two") and is_up(branch.satellites["liege"], "two"))
    everybody_calls(*phones(branch))
    assert comes_true(lambda: FORMER not in said_of_siblings(branch.one))


def test_a_branch_that_was_cut_off_has_it_when_the_link_is_back(branch: Branch) -> None:
    carol, dave = branch.phone("201"), branch.phone("202")
    liege = branch.satellites["liege"]
    with branch.cut_off():
        assert comes_true(lambda: not is_up(branch.one, "liege"))
        assert renews(branch)["later"] == ["liege"]
        assert branch.listed()["problem"] == FORMER
        hangs_up(*talk(carol, dave))
        assert secrets(liege) != secrets(branch.one)
    assert comes_true(lambda: secrets(liege).current == secrets(branch.one).current)
    assert comes_true(lambda: branch.listed()["problem"] is None)
    alice, bob, _ = phones(branch)
    everybody_calls(alice, bob, carol)


def test_the_former_one_can_be_forgotten_at_once(branch: Branch) -> None:
    alice, bob, carol = phones(branch)
    hers, _ = talk(alice, bob)
    question = asked(bob)
    assert "hold or transfer" in branch.one.asks("secret", "renew", "--at-once").error
    renews(branch, "--at-once", "--yes")
    assert [secrets(one).others for one in machines(branch)] == [(), (), ()]
    again = answers(bob, question)
    assert again.code == 401
    assert bob.exchange(bob.with_credentials(question[0], again)).code == 200
    assert reinvites(hers, ()) != 200
    everybody_calls(alice, bob, carol)


def test_a_stolen_satellite_never_gets_it(branch: Branch) -> None:
    """It runs on, and has all that it had."""
    stolen = branch.satellites["liege"]
    had = secrets(stolen)
    branch.one.does("satellite", "remove", "liege")
    done = renews(branch)
    assert (sorted(done["have"]), done["later"]) == (["node1", "two"], [])
    assert secrets(branch.mains[1]) == secrets(branch.one)
    assert comes_true(lambda: "is no satellite of this system" in branch.follower(stolen))
    assert secrets(stolen) == had
    assert secrets(branch.one).current not in (had.current, *had.others)
    alice, bob = branch.phone("101"), branch.phone("102", branch.mains[1])
    assert comes_true(lambda: branch.is_known(branch.one, bob))
    hangs_up(*talk(alice, bob))
