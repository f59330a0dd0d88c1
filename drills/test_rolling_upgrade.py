"""One node after the other gets a new version, with other tables; meanwhile older and newer serve together."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.cluster import PHONES
from tests.lab.known import comes_true, name
from tests.live.members import Members, known, together
from tests.live.staff import Staff, contacts, people
from tests.live.talking import a_call_rings, a_call_works
from tests.live.waiting import measured

from carillon.stores.sql.migrate import HEAD, MIGRATIONS

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[1]


def git(*words: str) -> str:
    """What git says in this checkout."""
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last version that lacks the newest migration."""
    newest = next((MIGRATIONS / "versions").glob(f"{HEAD}_*.py")).relative_to(ROOT)
    brought_it = git("log", "--diff-filter=A", "--format=%H", "-1", "--", str(newest))
    place = Path(tmp_path_factory.mktemp("older"))
    git("archive", "--output", str(place / "version.tar"), f"{brought_it}~1")
    subprocess.run(["tar", "-xf", "version.tar"], cwd=place, check=True)
    return place


@pytest.fixture(scope="module")
def members(older: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Members]:
    """Two nodes of the older version that hold the database together, and a third machine that votes."""
    with Members.open("ru-", Path(tmp_path_factory.mktemp("upgrade")), PHONES, older) as members:
        yield members


@pytest.fixture(scope="module")
def staff(members: Members) -> Iterator[Staff]:
    """Six people."""
    everybody = "101", "102", "103", "104", "105", "106"
    with Staff.of(members.cluster.network, (members.one, members.two), *everybody) as staff:
        yield staff


def test_calls_are_up_while_one_node_after_the_other_is_upgraded(members: Members, staff: Staff) -> None:
    one, two = members.one, members.two
    alice, bob = staff.registered("101", one), staff.registered("102", two)
    before, everybody = contacts(one), people(one)
    at_one = staff.talk("103", "104", one)

    two.does("down")
    two.checkout = None
    with measured("rolling upgrade | until a phone at the upgraded node calls again"):
        two.does("up")
        assert comes_true(lambda: a_call_rings(bob, alice))
    assert together(two, 3)
    a_call_works(alice, bob)
    a_call_works(bob, alice)
    refused = one.asks("user", "add", "201", "--name", "Nobody")
    assert refused.code == 1
    assert refused.error == f"truth: is of a newer version ({HEAD}); start it with that version.\n"
    two.does("user", "add", "201", "--name", "Carol")
    assert known("201", one, two)
    assert before <= contacts(one)
    assert before <= contacts(two)
    at_one.goes_on()
    at_one.ends()

    at_two = staff.talk("105", "106", two)
    one.does("down")
    one.checkout = None
    one.does("up")
    assert together(one, 3)
    a_call_works(alice, bob)
    one.does("user", "set", "201", "--name", "Dave")
    assert comes_true(lambda: name(two, "201") == "Dave")
    assert people(one) == people(two) == {*everybody, "201"}
    assert before <= contacts(one)
    assert before <= contacts(two)
    at_two.goes_on()
    at_two.ends()
