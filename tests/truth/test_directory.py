"""The directory that workers read: the same after any sequence of changes as when built anew."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete
from tests.truth.terminal import Terminal

from carillon.model.refused import Refused
from carillon.model.rights import DEFAULT_RIGHTS, GRANTED, Rights
from carillon.provisioning import (
    bookentries,
    books,
    callerlists,
    devices,
    domains,
    forwardings,
    numbers,
    outbounds,
    people,
    presences,
    schedules,
    sites,
    trunks,
    users,
)
from carillon.provisioning.system import create_system, open_truth
from carillon.provisioning.trunkkey import TrunkKey
from carillon.stores.directory import DirectoryReader, refresh
from carillon.stores.ports import StoreDown
from carillon.stores.sql.engine import open_sqlite, writing
from carillon.stores.sql.tables import change
from carillon.system.paths import SystemPaths

TABLES = ("state", "domain", "site", "trunk", "route", "schedule", "callerlist", "account", "party", "name")


def rows(directory: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything in a directory."""
    connection = sqlite3.connect(directory)
    found = {table: sorted(connection.execute(f"SELECT * FROM {table}")) for table in TABLES}  # noqa: S608
    connection.close()
    return found


def followed(truth: Engine, path: Path) -> dict[str, list[tuple[object, ...]]]:
    """The directory at `path`, which must be the same as one built anew."""
    refresh(truth, path, os.geteuid())
    with tempfile.TemporaryDirectory() as place:
        fresh = Path(place) / "directory.db"
        refresh(truth, fresh, os.geteuid())
        assert rows(path) == rows(fresh)
    return rows(path)


extensions = st.sampled_from(["101", "102", "101@b.org", "102@b.org", "103"])
names = st.sampled_from(["Alice", "Bob"])
device_names = st.sampled_from(["desk", "soft", "desk@b.org"])
dialled = st.sampled_from(["200", "+3225551234", "101", "200@b.org"])

site_names = st.sampled_from(["main", "liege", "liege@b.org"])
trunk_names = st.sampled_from(["provider", "provider@b.org", "spare"])
prefixes = st.sampled_from(["", "+32", "+32@b.org"])
outside = st.sampled_from([(), DEFAULT_RIGHTS, GRANTED])

Step = Callable[[Engine], object]


def step(use_case: Callable[..., object], *values: st.SearchStrategy[object]) -> st.SearchStrategy[Step]:
    """One change that somebody types, sense or nonsense."""
    return st.tuples(*values).map(lambda typed: lambda truth: use_case(truth, "somebody", *typed))


KEY = TrunkKey(Path("/nowhere/trunk.key"))
"""Never made: these trunks have no passwords."""


def at_site(truth: Engine, who: str, extension: str, site: str) -> int:
    return users.set(truth, who, extension, site=site)


def entitle(truth: Engine, who: str, extension: str, rights: Rights) -> int:
    return users.set(truth, who, extension, rights=rights)


def add_trunk(truth: Engine, who: str, name: str, address: str) -> int:
    return trunks.add(truth, who, KEY, name, trunks.TrunkFields(address))


def disable(truth: Engine, who: str, name: str) -> int:
    return trunks.set(truth, who, KEY, name, trunks.TrunkFields(enabled=False))


def import_two(truth: Engine, who: str, name: str, number: str) -> object:
    file = f"extension,name,numbers\n101,{name},{number}\n104,{name},+3225559999\n"
    return people.import_people(truth, who, file.encode())


def forward(truth: Engine, who: str, extension: str, to: str) -> object:
    return forwardings.add(truth, who, extension, forwardings.RowTyped("busy", (to,)))


def carry(truth: Engine, who: str, extension: str, mobile: str) -> object:
    return users.set(truth, who, extension, mobile=[mobile])


def enter(truth: Engine, who: str, book: str, owner: str | None, name: str, number: str) -> object:
    return bookentries.add(truth, who, book, owner, name, [number])


def import_book(truth: Engine, who: str, book: str, name: str, number: str) -> object:
    return bookentries.import_file(truth, who, book, None, f"name,phone\n{name},{number}\n".encode(), False, True)


book_names = st.sampled_from(["all", "more", "all@b.org"])
owners = st.sampled_from([None, "101", "102"])
numbers_outside = st.sampled_from(["+3225551234", "+32475123456", "+33612345678"])
schedule_names = st.sampled_from(["office", "office@b.org"])

changes = st.one_of(
    step(domains.add, st.just("c.org")),
    step(domains.set, st.sampled_from(["example.org", "b.org"]), st.sampled_from(["both", "md5", "sha256"])),
    step(domains.remove, st.sampled_from(["b.org", "c.org"])),
    step(users.add, extensions, names),
    step(users.set, extensions, names),
    step(users.remove, extensions),
    step(devices.add, device_names, extensions, st.just("one")),
    step(devices.set, device_names, st.just("two"), extensions),
    step(devices.remove, device_names),
    step(numbers.add, dialled, extensions),
    step(numbers.set, dialled, extensions),
    step(numbers.remove, dialled),
    step(sites.add, site_names, st.just("FR")),
    step(sites.set, site_names, st.sampled_from(["BE", "FR"]), st.sampled_from(["", "0"])),
    step(sites.remove, site_names),
    step(at_site, extensions, st.sampled_from(["main", "liege"])),
    step(entitle, extensions, outside),
    step(add_trunk, trunk_names, st.sampled_from(["192.0.2.1", "192.0.2.2"])),
    step(disable, trunk_names),
    step(trunks.remove, trunk_names),
    step(outbounds.add, prefixes, trunk_names),
    step(outbounds.remove, prefixes),
    step(forward, extensions, st.sampled_from(["101", "102", "+3225551234"])),
    step(forwardings.clear, extensions),
    step(presences.set, extensions, st.sampled_from(["dnd", "away"])),
    step(presences.clear, extensions),
    step(schedules.add, schedule_names, st.sampled_from([("mon 09:00-10:00",), ("tue 09:00-10:00",)])),
    step(schedules.remove, schedule_names),
    step(callerlists.add, schedule_names, st.sampled_from([("101",), ("102", "+32*")])),
    step(callerlists.remove, schedule_names),
    step(books.add, book_names, owners),
    step(books.set, book_names, owners, st.sampled_from([1, 2])),
    step(books.remove, book_names, owners),
    step(enter, book_names, owners, names, numbers_outside),
    step(bookentries.remove, book_names, owners, names),
    step(import_book, book_names, names, numbers_outside),
    step(carry, extensions, numbers_outside),
    step(import_two, names, st.sampled_from(["", "200"])),
)


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a truth in which every change finds something to change."""
    paths = SystemPaths(tmp_path_factory.mktemp("peopled"))
    create_system(paths.directory, "example.org", "127.0.0.1")
    truth = open_truth(paths)
    for name in ("b.org", "c.org"):
        domains.add(truth, "me", name)
    for extension in ("101", "102", "101@b.org"):
        users.add(truth, "me", extension, "Alice")
    for name, extension in (("desk", "101"), ("soft", "101"), ("desk@b.org", "101@b.org")):
        devices.add(truth, "me", name, extension, "zero")
    for number, extension in (("200", "101"), ("+3225551234", "102"), ("200@b.org", "101@b.org")):
        numbers.add(truth, "me", number, extension)
    for site in ("liege", "liege@b.org"):
        sites.add(truth, "me", site)
    users.set(truth, "me", "102", site="liege")
    add_trunk(truth, "me", "provider", "192.0.2.1")
    outbounds.add(truth, "me", "+32", "provider")
    for owner in (None, "101"):
        for name in ("all", "more"):
            books.add(truth, "me", name, owner)
            enter(truth, "me", name, owner, f"{name} of {owner}", "+33612345678")
    return paths.truth


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(changes, min_size=1, max_size=4), min_size=1, max_size=5))
def test_following_changes_gives_what_a_rebuild_gives(peopled: Path, commits: list[list[Step]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        truth, directory = open_sqlite(Path(shutil.copy(peopled, place))), Path(place) / "directory.db"
        followed(truth, directory)
        for commit in commits:
            for change_ in commit:
                with suppress(Refused):
                    change_(truth)
            followed(truth, directory)


def test_a_worker_sees_a_change_without_opening_the_file_again(carillon: Terminal, worker: DirectoryReader) -> None:
    assert worker.party("example.org", "101") is None
    inode = carillon.paths.run_directory.stat().st_ino
    assert carillon.done("user", "add", "101", "--name", "Alice").out.endswith("In force now.\n")
    party = worker.party("example.org", "101")
    assert party is not None
    assert party.name == "Alice"
    carillon.done("user", "set", "101", "--name", "Alice Peeters")
    party = worker.party("example.org", "101")
    assert party is not None
    assert party.name == "Alice Peeters"
    assert carillon.paths.run_directory.stat().st_ino == inode


def test_a_change_of_a_stopped_system_waits_for_the_start(carillon: Terminal) -> None:
    answer = carillon.done("user", "add", "101", "--name", "Alice")
    assert answer.out.endswith("Not in force yet: it will be when the system starts.\n")
    assert carillon.got("user", "set", "101", "--name", "Al")["in_force"] is False


def test_a_change_that_calls_cannot_see_is_kept_and_said(carillon: Terminal, worker: DirectoryReader) -> None:
    worker.close()
    for leftover in carillon.paths.run.iterdir():
        leftover.unlink()
    carillon.paths.run_directory.mkdir()
    answer = carillon.types("user", "add", "101", "--name", "Alice")
    assert answer.status == 1
    assert answer.refusal.startswith("directory: the change is kept, but calls don't see it yet")
    assert carillon.got("user", "show", "101")["name"] == "Alice"


def test_a_look_up_costs_one_read_and_small_tables_cost_none(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    carillon.done("device", "add", "desk", "--user", "101")
    worker.domains()
    assert worker.reads == 0
    worker.account("example.org", "desk")
    assert worker.reads == 1
    worker.party("example.org", "101")
    assert worker.reads == 2
    assert worker.domains() is worker.domains()
    assert worker.trunks() is worker.trunks()
    assert worker.outbound("example.org") == ()
    assert list(worker.sites()) == [("example.org", "main")]
    assert worker.reads == 2


def test_only_its_owner_can_read_the_directory(paths: SystemPaths, worker: DirectoryReader) -> None:
    assert paths.run_directory.stat().st_mode & 0o777 == 0o600


def test_a_reader_cannot_write(worker: DirectoryReader) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        worker._opened().execute("DELETE FROM party")


def test_a_directory_that_cannot_be_read_is_a_store_that_is_down(tmp_path: Path) -> None:
    reader = DirectoryReader(tmp_path / "directory.db")
    for look_up in (reader.connect, reader.domains, lambda: reader.party("example.org", "101")):
        with pytest.raises(StoreDown):
            look_up()
    (tmp_path / "directory.db").write_bytes(b"no database, whatever it looks like" * 100)
    with pytest.raises(StoreDown):
        reader.account("example.org", "desk")


def test_a_store_that_comes_back_is_read_again(tmp_path: Path, truth: Engine) -> None:
    reader = DirectoryReader(tmp_path / "directory.db")
    with pytest.raises(StoreDown):
        reader.domains()
    refresh(truth, tmp_path / "directory.db", os.geteuid())
    assert list(reader.domains()) == ["example.org"]
    reader.close()


def test_a_gap_in_the_changes_is_bridged_by_a_rebuild(tmp_path: Path, truth: Engine) -> None:
    directory = tmp_path / "directory.db"
    users.add(truth, "me", "101", "Alice")
    followed(truth, directory)
    gone = users.add(truth, "me", "102", "Bob")
    users.add(truth, "me", "103", "Carol")
    with writing(truth) as connection:
        connection.execute(delete(change).where(change.c.sequence == gone))
    assert len(followed(truth, directory)["party"]) == 3


def test_another_truth_of_equal_length_is_not_taken_for_ours(tmp_path: Path, truth: Engine) -> None:
    directory = tmp_path / "directory.db"
    users.add(truth, "me", "101", "Alice")
    followed(truth, directory)
    other = SystemPaths(tmp_path / "other")
    create_system(other.directory, "other.org", "127.0.0.1")
    restored = open_truth(other)
    users.add(restored, "me", "101", "Zoe")
    assert [row[:4] for row in followed(restored, directory)["party"]] == [("other.org", "101", "101", "Zoe")]


def test_a_directory_of_another_schema_is_built_anew(tmp_path: Path, truth: Engine) -> None:
    directory = tmp_path / "directory.db"
    before = followed(truth, directory)
    connection = sqlite3.connect(directory, isolation_level=None)
    connection.execute("ALTER TABLE party ADD COLUMN surplus TEXT")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert followed(truth, directory) == before


def test_many_changes_at_once_are_followed(tmp_path: Path, truth: Engine) -> None:
    directory = tmp_path / "directory.db"
    followed(truth, directory)
    for extension in range(100, 250):
        users.add(truth, "me", str(extension), "Somebody")
    assert len(followed(truth, directory)["party"]) == 150


def test_only_what_changed_is_written(tmp_path: Path, truth: Engine) -> None:
    directory = tmp_path / "directory.db"
    users.add(truth, "me", "101", "Alice")
    users.add(truth, "me", "102", "Bob")
    followed(truth, directory)
    connection = sqlite3.connect(directory, isolation_level=None)
    connection.execute("UPDATE party SET name = 'untouched' WHERE number = '102'")
    connection.close()
    users.set(truth, "me", "101", "Alice Peeters")
    refresh(truth, directory, os.geteuid())
    assert [row[3] for row in rows(directory)["party"]] == ["Alice Peeters", "untouched"]


def test_somebody_is_reached_outside_by_his_own_numbers_before_his_mobile(paths: SystemPaths, truth: Engine) -> None:
    users.add(truth, "me", "101", "Alice")
    users.set(truth, "me", "101", mobile=["+32475123456"])
    numbers.add(truth, "me", "+3225550102", "101")
    numbers.add(truth, "me", "200", "101")
    refresh(truth, paths.directory / "directory.db", os.geteuid())
    reader = DirectoryReader(paths.directory / "directory.db")
    assert reader.outside_numbers("example.org", "101") == ("+3225550102", "+32475123456")
    assert reader.outside_numbers("example.org", "102") == ()
    reader.close()
