"""A satellite that has no Asterisk: calls of the branch stay there, the rest is done by the main's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.cluster import DOMAIN
from tests.lab.known import comes_true
from tests.live.branch import Branch, is_up
from tests.live.talking import calls, final, hangs_up, talk
from tests.phones.dialog import Dialog

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with Branch.open("bare-", Path(tmp_path_factory.mktemp("bare")), asterisk=False) as branch:
        yield branch


@pytest.fixture
def branch(building: Branch) -> Iterator[Branch]:
    """With nobody's phone."""
    yield building
    building.leaves_phones()


def test_it_runs_no_asterisk(branch: Branch) -> None:
    rows = branch.two.asks("--json", "status").row["components"]
    assert "asterisk" not in {row["name"] for row in rows}
    assert [row["name"] for row in rows if not row["healthy"]] == []


def test_a_call_within_the_branch(branch: Branch) -> None:
    carol, dave = branch.phone("201", branch.two), branch.phone("202", branch.two)
    ends(*talk(carol, dave))
    one, other = talk(dave, carol)
    ends(other, one)


def test_calls_between_the_branch_and_the_main(branch: Branch) -> None:
    alice, carol = branch.phone("101", branch.one), branch.phone("201", branch.two)
    assert comes_true(lambda: branch.is_known(branch.one, carol) and branch.is_known(branch.two, alice))
    hangs_up(*talk(alice, carol))
    hangs_up(*talk(carol, alice))


def test_a_call_within_a_branch_that_is_cut_off(branch: Branch) -> None:
    carol, dave = branch.phone("201", branch.two), branch.phone("202", branch.two)
    with branch.cut_off():
        ends(*talk(carol, dave))
        refused = final(carol, calls(carol, f"sip:101@{DOMAIN}"))
        assert refused.code == 480
    assert comes_true(lambda: is_up(branch.two, "node1"))


def ends(side: Dialog, other: Dialog) -> None:
    """One side says BYE, and the other one, who has the same dialog, answers."""
    bye = side.request("BYE")
    side.agent.send(bye)
    other.agent.respond(other.agent.expect("BYE"), 200)
    assert final(side.agent, bye).code == 200
