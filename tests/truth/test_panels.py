"""Panels in the truth and in the directory: who is on them, and what becomes of them when people and groups go."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.truth.terminal import Terminal

from carillon.model.panel import MOST_MEMBERS
from carillon.model.refused import Refused
from carillon.presence.panel import Member
from carillon.provisioning import changes, domains, groups, numbers, panels, users
from carillon.states.sources import ManualSource
from carillon.stores.directory import DirectoryReader, refresh

WHO, DESK = "admin", "desk@example.org"


@pytest.fixture
def people(truth: Engine) -> Engine:
    """Alice, Bob and Carol; Alice and Bob in a group."""
    for extension in ("101", "102", "103"):
        users.add(truth, WHO, extension, f"Person {extension}")
    groups.add(truth, WHO, "sales", ["101", "102"])
    return truth


def shown(truth: Engine, place: Path) -> dict[str, list[str]]:
    """Who is on which panel, as the daemon that draws them reads it."""
    refresh(truth, place / "directory.db", os.geteuid())
    told = ManualSource(place / "directory.db").changed()
    assert told is not None
    return {aor: [each.extension for each in some] for aor, some in told.panels.items()}


def test_a_panel_reaches_the_directory_changes_and_goes(people: Engine, tmp_path: Path) -> None:
    panels.add(people, WHO, "desk", ["103", "group:sales"])
    assert shown(people, tmp_path) == {DESK: ["103", "101", "102"]}
    with closing(DirectoryReader(tmp_path / "directory.db")) as directory:
        assert directory.panels() == {("example.org", "desk")}
    panels.set(people, WHO, "desk", add=["102"], remove=["group:sales"])
    assert shown(people, tmp_path) == {DESK: ["103", "102"]}
    panels.set(people, WHO, "desk", ["101"])
    assert shown(people, tmp_path) == {DESK: ["101"]}
    panels.remove(people, WHO, DESK)
    assert shown(people, tmp_path) == {}


def test_a_panel_of_a_group_follows_it_and_names_follow_people(people: Engine, tmp_path: Path) -> None:
    panels.add(people, WHO, "desk", ["group:sales"])
    groups.set(people, WHO, "sales", add=["103"])
    assert shown(people, tmp_path) == {DESK: ["101", "102", "103"]}
    source = ManualSource(tmp_path / "directory.db")
    source.changed()
    users.set(people, WHO, "102", name="Bob")
    refresh(people, tmp_path / "directory.db", os.geteuid())
    told = source.changed()
    assert told is not None
    assert told.panels[DESK][1] == Member("102", "Bob")


def test_people_and_groups_that_go_leave_the_panels(people: Engine, tmp_path: Path) -> None:
    """Whoever gets the extension or the name next is somebody else."""
    panels.add(people, WHO, "desk", ["101", "group:sales", "103"])
    users.remove(people, WHO, "101")
    assert panels.show(people, "desk")[0].members == ("group:sales", "103")
    groups.remove(people, WHO, "sales")
    assert panels.show(people, "desk")[0].members == ("103",)
    assert shown(people, tmp_path) == {DESK: ["103"]}
    assert changes.listing(people, noun="panel")[-1].after == {"members": "103"}


def test_a_groups_number_is_a_lamp_as_long_as_it_is_the_groups(people: Engine, tmp_path: Path) -> None:
    for dialled in ("200", "201"):
        numbers.add(people, WHO, dialled, "group:sales")
    panels.add(people, WHO, "desk", ["200", "101", "201"])
    refresh(people, tmp_path / "directory.db", os.geteuid())
    told = ManualSource(tmp_path / "directory.db").changed()
    assert told is not None
    assert told.panels[DESK][0] == Member("200", "sales")
    assert told.group_numbers == {"*sales@example.org": ("200@example.org", "201@example.org")}
    numbers.set(people, WHO, "200", "102")
    numbers.remove(people, WHO, "201")
    assert shown(people, tmp_path) == {DESK: ["101"]}


def test_a_domain_goes_with_its_panels(people: Engine) -> None:
    domains.add(people, WHO, "branch.example.org")
    panels.add(people, WHO, "desk@branch.example.org")
    domains.remove(people, WHO, "branch.example.org")
    assert panels.listing(people) == []


@pytest.mark.parametrize(
    ("name", "members", "says"),
    [
        ("7desk", (), "letter"),
        ("the desk", (), "no name"),
        ("desk", ("199",), "no user"),
        ("desk", ("group:gone",), "no group"),
        ("desk", ("101", "101"), "twice"),
        ("desk", ("+3225550142",), "no user"),
        ("desk", ("101@elsewhere.org",), "example.org"),
        ("desk@elsewhere.org", (), "elsewhere.org"),
    ],
)
def test_what_is_no_panel(people: Engine, name: str, members: tuple[str, ...], says: str) -> None:
    with pytest.raises(Refused, match=says):
        panels.add(people, WHO, name, members)
    assert panels.listing(people) == []


def test_a_panel_too_large_for_a_phone_is_refused(people: Engine) -> None:
    extensions = [str(200 + n) for n in range(MOST_MEMBERS)]
    for extension in extensions:
        users.add(people, WHO, extension, "Somebody")
    groups.add(people, WHO, "many", extensions)
    panels.add(people, WHO, "desk", ["group:many"])
    with pytest.raises(Refused, match=f"{MOST_MEMBERS + 1} people; {MOST_MEMBERS} fit"):
        panels.set(people, WHO, "desk", add=["101"])


def test_a_group_that_has_grown_too_large_shows_those_that_have_room(people: Engine, tmp_path: Path) -> None:
    extensions = [str(200 + n) for n in range(MOST_MEMBERS)]
    for extension in extensions:
        users.add(people, WHO, extension, "Somebody")
    groups.add(people, WHO, "many", extensions)
    panels.add(people, WHO, "desk", ["group:many"])
    groups.set(people, WHO, "many", add=["101"])
    assert shown(people, tmp_path) == {DESK: extensions}


def test_on_the_command_line(people: Engine, carillon: Terminal) -> None:
    carillon.done("panel", "add", "desk", "--members", "103,group:sales")
    shown = carillon.got("panel", "show", "desk")
    assert (shown["members"], shown["people"], shown["address"]) == (
        ["103", "group:sales"], ["103", "101", "102"], DESK,
    )  # fmt: skip
    assert [each["name"] for each in carillon.got("panel", "list")] == ["desk"]
    carillon.done("panel", "set", "desk", "--remove", "103")
    carillon.done("panel", "remove", "desk")
    assert carillon.got("panel", "list") == []


def test_the_directory_of_a_version_without_panels_is_made_anew(people: Engine, tmp_path: Path) -> None:
    panels.add(people, WHO, "desk", ["101"])
    shown(people, tmp_path)
    with closing(sqlite3.connect(tmp_path / "directory.db")) as directory, directory:
        directory.execute("DROP TABLE panel")
        directory.execute("PRAGMA user_version = 20")
    assert shown(people, tmp_path) == {DESK: ["101"]}
