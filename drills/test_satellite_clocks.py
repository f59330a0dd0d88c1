"""A satellite whose clock is wrong, or whose certificate ends: the branch goes on, says so, and has lost nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.lab.clock import Clock
from tests.lab.cluster import Machine
from tests.lab.known import comes_true, name
from tests.lab.prefix import prefix
from tests.live.branch import Branch, agrees, changed
from tests.live.staff import contacts
from tests.live.talking import a_call_rings, a_call_works, hangs_up, talk
from tests.live.test_satellites import dials, is_undisturbed
from tests.live.waiting import measured

from carillon.confgen.tls import authority, renewing
from carillon.provisioning.system import load_node

pytestmark = [pytest.mark.engines, pytest.mark.timeout(1800)]

TEN_MINUTES_S = 600
TEN_YEARS_S = timedelta(days=3660).total_seconds()
"""Beyond the end of every certificate, and before 2038."""


@pytest.fixture(scope="module")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with Branch.open(prefix("sc-"), Path(tmp_path_factory.mktemp("clocks")), clocks={"two": 0}) as branch:
        yield branch


@pytest.fixture
def branch(building: Branch) -> Iterator[Branch]:
    """With nobody's phone, and both sides of one mind."""
    yield building
    clock(building).is_ahead(0)
    building.leaves_phones()
    assert agrees(building)


def clock(branch: Branch) -> Clock:
    """That of the satellite."""
    assert branch.two.clock is not None
    return branch.two.clock


def siblings(machine: Machine) -> str:
    """What `status` says of the other nodes."""
    rows = machine.asks("--json", "status").row["components"]
    return str(next(row["problem"] for row in rows if row["name"] == "siblings"))


def knows_both_ways(branch: Branch) -> bool:
    """Whether people of both sides call each other, now or soon."""
    alice, carol = branch.phone("101"), branch.phone("201")
    return comes_true(lambda: branch.is_known(branch.two, alice) and branch.is_known(branch.one, carol), 60) and (
        comes_true(lambda: a_call_rings(alice, carol) and a_call_rings(carol, alice), 60)
    )


@pytest.mark.parametrize("ahead_s", [TEN_MINUTES_S, -TEN_MINUTES_S])
def test_the_clock_of_the_satellite_is_ten_minutes_off(branch: Branch, ahead_s: int) -> None:
    """It is set while people talk; what is changed on both sides of a cut link is settled as it was made."""
    alice, carol, dave = (branch.phone(each) for each in ("101", "201", "202"))
    assert comes_true(lambda: branch.is_known(branch.two, alice) and branch.is_known(branch.one, carol))
    mine, theirs = talk(carol, dave)
    before = contacts(branch.one)
    clock(branch).is_ahead(ahead_s)
    word = "ahead of" if ahead_s > 0 else "behind"
    assert comes_true(lambda: f"liege: its clock is 600 s {word}" in siblings(branch.one), 60)
    assert changed(branch, "Robert")
    assert comes_true(lambda: before <= contacts(branch.one) & contacts(branch.two), 60)
    assert comes_true(lambda: a_call_rings(alice, carol) and a_call_rings(dave, alice), 60)
    hangs_up(mine, theirs)
    with branch.cut_off():
        branch.one.does("presence", "set", "202", "away")  # the branch changes it later
        dials(dave, "*26")
        dials(carol, "*26")
        branch.one.does("presence", "set", "201", "away")  # the branch changed it before
        branch.two.does("down")
        branch.two.does("up")
        assert is_undisturbed(branch.two, "201")
        assert is_undisturbed(branch.two, "202")
    assert comes_true(lambda: branch.waiting() == [], 60)
    outcomes = {one["person"].partition("@")[0]: one["outcome"] for one in branch.handed_over()[-2:]}
    assert outcomes == {"202": "done", "201": "lost"}
    assert comes_true(lambda: not is_undisturbed(branch.two, "201") and is_undisturbed(branch.one, "202"))
    for extension in ("201", "202"):
        branch.one.does("presence", "clear", extension)
    assert comes_true(lambda: not is_undisturbed(branch.two, "202"))
    clock(branch).is_ahead(0)
    assert comes_true(lambda: "its clock" not in siblings(branch.one), 60)
    assert changed(branch, "Bob")
    assert comes_true(lambda: a_call_rings(alice, carol) and a_call_rings(dave, carol), 60)


def test_the_clock_of_the_satellite_is_ten_years_ahead(branch: Branch) -> None:
    """By it all certificates have ended: it is as cut off, and says why, until the clock is right."""
    carol, dave = branch.phone("201"), branch.phone("202")
    mine, theirs = talk(carol, dave)
    clock(branch).is_ahead(TEN_YEARS_S)
    with branch.cut_off():  # what is connected stays so
        branch.one.does("user", "set", "102", "--name", "Robert")
    assert comes_true(lambda: "isn't accepted" in branch.follower(branch.two), 60)
    assert "certificate has expired; is this machine's clock right?" in branch.follower(branch.two)
    assert comes_true(lambda: "satellite liege: silent for" in branch.follower(branch.one), 60)
    assert carol.register(expires=3600).code == 200
    assert dave.register(expires=3600).code == 200
    assert comes_true(lambda: a_call_rings(carol, dave), 60)
    dials(carol, "*26")
    assert [one["what"] for one in branch.waiting()] == ["presence set dnd"]
    with measured("clock of a satellite ten years ahead | from when it is right until what was changed is in force"):
        clock(branch).is_ahead(0)
        assert comes_true(lambda: name(branch.two, "102") == "Robert" and is_undisturbed(branch.one, "201"), 90)
    dials(carol, "#26")
    assert changed(branch, "Bob")
    hangs_up(mine, theirs)
    assert knows_both_ways(branch)


def gets_certificate(branch: Branch, days: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The satellite's ends in so many days; it lies there, and is used by what connects next."""
    with monkeypatch.context() as patched:
        patched.setattr(authority, "LIFETIME", timedelta(days=days))
        issued = authority.issue(branch.one.paths.cluster, load_node(branch.two.paths))
    authority.keep(branch.two.paths.cluster, issued)


def days_left(machine: Machine) -> int:
    """Of a node's certificate."""
    found = renewing.read(machine.paths.run_tls)
    assert found is not None
    return found.days_left(datetime.now(UTC))


def test_a_certificate_is_renewed_before_it_ends(branch: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself, with a key of its own, while people talk across the link; the main renews its own."""
    alice, carol, dave = (branch.phone(each) for each in ("101", "201", "202"))
    assert comes_true(lambda: branch.is_known(branch.two, alice) and branch.is_known(branch.one, carol))
    mine, theirs = talk(alice, carol)
    gets_certificate(branch, 30.5, monkeypatch)
    key = (branch.two.paths.cluster / "node.key").read_text()
    assert comes_true(lambda: days_left(branch.two) > 3600, 60)
    assert (branch.two.paths.run_tls / "node.key").read_text() != key
    row = branch.two.does("--json", "certificate", "show").row
    assert row["for_nodes_until"] == renewing.read(branch.two.paths.cluster).ends.isoformat()  # type: ignore[union-attr]
    with branch.cut_off():  # all that is connected connects anew
        a_call_works(dave, branch.phone("201"))
    assert comes_true(lambda: branch.is_known(branch.one, dave), 60)
    assert knows_both_ways(branch)
    assert changed(branch, "Robert")
    assert changed(branch, "Bob")
    hangs_up(mine, theirs)


def test_the_certificate_of_the_satellite_has_ended(branch: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it was switched off: it starts and goes on, both ends say why, and a key lets it join again."""
    carol = branch.phone("201")
    assert comes_true(lambda: branch.is_known(branch.one, carol))
    branch.two.does("down")
    gets_certificate(branch, -0.5, monkeypatch)
    branch.two.does("up")
    assert comes_true(lambda: "this satellite's certificate holds from" in branch.follower(branch.two), 60)
    assert comes_true(lambda: "isn't accepted here: certificate has expired" in branch.follower(branch.one), 60)
    branch.one.does("user", "set", "102", "--name", "Robert")
    dave = branch.phone("202")
    a_call_works(carol, dave)
    dials(carol, "*26")
    assert [one["what"] for one in branch.waiting()] == ["presence set dnd"]
    mine, theirs = talk(carol, dave)
    key = branch.one.does("--json", "satellite", "key", "liege").row["key"]
    with measured("satellite whose certificate has ended | from `satellite join` until what was changed is in force"):
        branch.two.does("satellite", "join", key)
        assert comes_true(lambda: name(branch.two, "102") == "Robert" and is_undisturbed(branch.one, "201"), 60)
    hangs_up(mine, theirs)
    assert branch.waiting() == []
    dials(carol, "#26")
    assert changed(branch, "Bob")
    assert knows_both_ways(branch)
    refused = branch.two.asks("satellite", "join", key)
    assert "was used or is older than an hour" in refused.error
