"""A change costs the same whether there are ten people or thousands: SQLite's steps are counted, no clock is read."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from carillon.provisioning import bookentries, books, devices, groups, numbers, users
from carillon.provisioning.people import import_people
from carillon.provisioning.system import create_system, open_truth
from carillon.stores.directory import refresh
from carillon.system.paths import SystemPaths

FEW, MANY = 10, 3_000
WHO = "the tests"
Change = Callable[[Engine], object]

CHANGES: dict[str, Change] = {
    "user add": lambda truth: users.add(truth, WHO, "90001", "New"),
    "user set": lambda truth: users.set(truth, WHO, "10003", name="Changed"),
    "user remove": lambda truth: users.remove(truth, WHO, "10004"),
    "device add": lambda truth: devices.add(truth, WHO, "desk", "10005", "secret"),
    "device set": lambda truth: devices.set(truth, WHO, "phone-10006", user="10007"),
    "device remove": lambda truth: devices.remove(truth, WHO, "phone-10006"),
    "number add": lambda truth: numbers.add(truth, WHO, "90002", "10008"),
    "number set": lambda truth: numbers.set(truth, WHO, "20008", "10009"),
    "number remove": lambda truth: numbers.remove(truth, WHO, "20009"),
    "group add": lambda truth: groups.add(truth, WHO, "sales"),
    "mobile set": lambda truth: users.set(truth, WHO, "10005", mobile=["+32475000001"]),
    "entry add": lambda truth: bookentries.add(truth, WHO, "all", None, "New", ["+32475000002"]),
    "entry remove": lambda truth: bookentries.remove(truth, WHO, "all", None, "+32470000003"),
    "user import of one": lambda truth: import_people(truth, WHO, b"extension,name\n10002,Changed\n"),
}
WHOLE = {"user import of one"}
"""An import reads everybody once, and puts in force only what it changed."""


def test_an_import_writes_as_often_for_thousands_as_for_ten(tmp_path: Path) -> None:
    said: list[int] = []
    for people in (FEW, MANY):
        office = Office(tmp_path / str(people), FEW)
        statements: list[object] = []
        event.listen(office.truth, "before_cursor_execute", lambda *told, kept=statements: kept.append(told[2]))
        rows = "".join(f"{50_000 + n},Person {n},{60_000 + n}\n" for n in range(people))
        assert import_people(office.truth, WHO, f"extension,name,numbers\n{rows}".encode()).added == people
        said.append(len(statements))
    print(f"{said[0]} statements for {FEW} people, {said[1]} for {MANY}")
    assert said[0] == said[1]


class Steps:
    """How many hundred steps SQLite's machine took, in all connections opened here."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken = 0
        opened = sqlite3.connect
        for module in (sqlite3, sqlite3.dbapi2):  # SQLAlchemy opens by the second
            monkeypatch.setattr(module, "connect", lambda *values, **named: self._counting(opened(*values, **named)))

    def of(self, act: Callable[[Any], object], on: object) -> int:
        before = self.taken
        act(on)
        return self.taken - before

    def _counting(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        connection.set_progress_handler(self._tick, 100)
        return connection

    def _tick(self) -> None:
        self.taken += 1


class Office:
    """A truth with `people` users, each with a number and a device, as many entries, and a directory that follows."""

    def __init__(self, place: Path, people: int) -> None:
        place.mkdir()
        paths = SystemPaths(place / "office", place / "run")
        create_system(paths.directory, "example.org", "127.0.0.1")
        self.truth, self.directory = open_truth(paths), place / "directory.db"
        rows = "".join(f"{10_000 + n},Person {n},{20_000 + n}\n" for n in range(people))
        import_people(self.truth, WHO, f"extension,name,numbers\n{rows}".encode())
        devices.add(self.truth, WHO, "phone-10006", "10006", "secret")
        books.add(self.truth, WHO, "all")
        entries = "".join(f"Somebody {n},+3247{n:07}\n" for n in range(people))
        bookentries.import_file(self.truth, WHO, "all", None, f"name,phone\n{entries}".encode())
        self.follow()

    def follow(self) -> None:
        refresh(self.truth, self.directory, os.geteuid())


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_costs_the_same_however_many_people_there_are(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offices = [Office(tmp_path / str(people), people) for people in (FEW, MANY)]
    steps = Steps(monkeypatch)
    of_few, of_many = ((steps.of(CHANGES[what], each.truth), steps.of(Office.follow, each)) for each in offices)
    print(f"{what}: {of_few} hundred steps to write and to follow; with {MANY} people {of_many}")
    assert of_many[1] <= of_few[1] + 2
    assert what in WHOLE or of_many[0] <= of_few[0] + 2
