"""Rules of presence in the truth and in the directory: who may watch, and what a call means."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from carillon.model.refused import Refused
from carillon.presence.picture import Rule
from carillon.presence.privacy import RuleRow
from carillon.provisioning import domains, groups, presencerules, presences, users
from carillon.routing.words import said_of
from carillon.stores.directory import DirectoryReader, refresh
from carillon.stores.presencerules import RuleBook

WHO, BOB = "admin", "102@example.org"


@pytest.fixture
def people(truth: Engine) -> Engine:
    """Alice, Bob and Carol; Alice and Bob in a group."""
    for extension in ("101", "102", "103"):
        users.add(truth, WHO, extension, f"Person {extension}")
    groups.add(truth, WHO, "sales", ["101", "102"])
    return truth


def rule(truth: Engine, place: Path, aor: str) -> Rule:
    """The rule that a daemon reads."""
    refresh(truth, place / "directory.db", os.geteuid())
    with closing(sqlite3.connect(place / "directory.db")) as directory:
        return RuleBook.read(directory).rule_of(aor)


def test_a_rule_reaches_the_directory_and_goes(people: Engine, tmp_path: Path) -> None:
    assert rule(people, tmp_path, BOB) == Rule()
    presencerules.set(people, WHO, None, busy_in_call=False)
    presencerules.set(people, WHO, "102", watchers=("groups", "103"), callers=False)
    assert rule(people, tmp_path, BOB) == Rule(False, ("101", "102", "103"), callers=False)
    assert rule(people, tmp_path, "101@example.org") == Rule(busy_in_call=False)
    groups.set(people, WHO, "sales", members=["102"])
    assert rule(people, tmp_path, BOB).watchers == ("102", "103")
    presencerules.set(people, WHO, "102", busy_in_call=True)
    assert rule(people, tmp_path, BOB).busy_in_call
    presencerules.clear(people, WHO, "102")
    presencerules.clear(people, WHO, None)
    assert rule(people, tmp_path, BOB) == Rule()


def test_who_goes_is_let_in_no_more_and_his_rule_goes_with_him(people: Engine) -> None:
    presencerules.set(people, WHO, "102", watchers=("103",))
    presencerules.set(people, WHO, "103", watchers=("nobody",))
    users.remove(people, WHO, "103")
    users.add(people, WHO, "103", "Somebody else")
    assert presencerules.show(people, "102")[0].watchers == "nobody"
    assert presencerules.show(people, "103")[0] == RuleRow("example.org", "103")


def test_a_domain_goes_with_its_rule(people: Engine) -> None:
    domains.add(people, WHO, "branch.example.org")
    presencerules.set(people, WHO, None, "branch.example.org", note=False)
    domains.remove(people, WHO, "branch.example.org")
    domains.add(people, WHO, "branch.example.org")
    assert presencerules.show(people, None, "branch.example.org")[0] == RuleRow("branch.example.org")


@pytest.mark.parametrize("watchers", [(), ("everybody", "101"), ("nobody", "groups"), ("199",), ("group:gone",)])
def test_watchers_that_are_nobody(people: Engine, watchers: tuple[str, ...]) -> None:
    with pytest.raises(Refused, match="watchers"):
        presencerules.set(people, WHO, "102", watchers=watchers)


def test_callers_are_not_told_a_note_that_watchers_may_not_read(people: Engine, tmp_path: Path) -> None:
    presences.set(people, WHO, "102", "away", "dentist")

    def told() -> str:
        refresh(people, tmp_path / "directory.db", os.geteuid())
        bob = DirectoryReader(tmp_path / "directory.db").party("example.org", "102")
        assert bob is not None
        return said_of(bob, 1_800_000_000.0, inside=True)

    assert told() == "Person 102 is away (dentist)"
    presencerules.set(people, WHO, None, note=False)
    assert told() == "Person 102 is away"
    presencerules.set(people, WHO, "102", note=True)
    assert told() == "Person 102 is away (dentist)"
    presencerules.set(people, WHO, "102", note=False)
    assert told() == "Person 102 is away"
