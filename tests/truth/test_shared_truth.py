"""A truth that nodes share: followed on each, away for a while, and back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import Engine, insert
from tests.truth.mariadb import Server

from carillon.follower import lastknown
from carillon.follower.daemon import Follower
from carillon.model.refused import Refused
from carillon.provisioning import changes, users
from carillon.provisioning.system import create_system, load_node, load_nodes, open_truth, put_in_force
from carillon.stores.directory import DirectoryReader
from carillon.stores.sql.engine import Busy, DatabaseAway, writing
from carillon.stores.sql.tables import node
from carillon.supervision.backup import back_up
from carillon.supervision.probes.others import probe_follower
from carillon.supervision.restore import restore
from carillon.system.paths import SystemPaths

pytestmark = pytest.mark.engines


class Machine:
    """A node's directory and what runs there: a follower that looks when it is told to."""

    def __init__(self, home: Path) -> None:
        self.paths = SystemPaths(home / "office", home / "run")
        self.now = 1_800_000_000.0
        for directory in (self.paths.directory, self.paths.run, self.paths.follower_report.parent):
            directory.mkdir(parents=True)
        self.follower = Follower(self.paths, lambda: self.now)

    def hires(self, extension: str, name: str) -> None:
        users.add(open_truth(self.paths), "me", extension, name)
        put_in_force(self.paths)

    def name(self, extension: str) -> str | None:
        """Whom calls find here."""
        reader = DirectoryReader(self.paths.run_directory)
        party = reader.party("example.org", extension)
        reader.close()
        return party.name if party else None


@pytest.fixture
def server() -> Iterator[Server]:
    with Server.running() as one:
        yield one


@pytest.fixture
def machines(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Machine, Machine]:
    """Two nodes of one system, which share its truth."""
    monkeypatch.setattr("carillon.system.paths.LASTING_ROOT", tmp_path / "lasting")
    first, second = Machine(tmp_path / "1"), Machine(tmp_path / "2")
    database = server.new()
    for one in (first, second):
        database.write(one.paths.database)
    monkeypatch.setattr(SystemPaths, "of", lambda directory: SystemPaths(directory, directory.parent / "run"))
    made = create_system(first.paths.directory, "example.org", "127.0.0.1")
    first.paths.node.write_text("node1\n")
    second.paths.node.write_text("node2\n")
    with writing(open_truth(first.paths)) as connection:
        connection.execute(insert(node).values(**asdict(replace(made, name="node2", address="127.0.0.2"))))
    for one in (first, second):
        one.follower.look()
    return first, second


def test_a_change_on_one_node_is_in_force_on_the_other(machines: tuple[Machine, Machine]) -> None:
    here, there = machines
    here.hires("101", "Alice")
    assert (here.name("101"), there.name("101")) == ("Alice", None)
    there.follower.look()
    assert there.name("101") == "Alice"
    assert there.follower.report.sequence == changes.last(open_truth(here.paths))


def test_calls_go_on_without_the_database_and_nothing_is_changed(
    machines: tuple[Machine, Machine], server: Server
) -> None:
    here, there = machines
    here.hires("101", "Alice")
    server.dies()
    with pytest.raises(DatabaseAway, match="answers; calls go on as they are, and nothing can be changed meanwhile"):
        here.hires("102", "Bob")
    away = here.follower.look()
    here.now += 60
    assert here.follower.look().away_since == away.away_since == here.now - 60
    assert (here.name("101"), there.name("101")) == ("Alice", None)
    server.starts()
    assert there.follower.look().away_since is None
    assert there.name("101") == "Alice"


def test_status_says_since_when_the_database_is_away(
    machines: tuple[Machine, Machine], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = machines
    monkeypatch.setattr("time.time", lambda: here.now)
    assert probe_follower(here.paths, load_node(here.paths)).warning == ""
    server.dies()
    here.follower.look()
    health = probe_follower(here.paths, load_node(here.paths))
    assert health.problem == ""
    assert health.warning.startswith("the database is away since 2027-01-15T08:00:00+00:00: none of its servers")


def test_a_node_starts_without_the_database(machines: tuple[Machine, Machine], server: Server) -> None:
    here, there = machines
    here.hires("101", "Alice")
    there.follower.look()
    there.paths.run_directory.unlink()
    server.dies()
    own, siblings = load_nodes(there.paths)
    assert (own.name, [one.name for one in siblings]) == ("node2", ["node1"])
    lastknown.lay(there.paths, os.geteuid())
    assert there.name("101") == "Alice"


def test_what_is_asked_while_a_member_comes_or_goes_is_answered_as_last_known(
    machines: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`carillon status` asks at such a moment more than at any other, and must not be refused."""
    here, _ = machines
    known = load_nodes(here.paths)
    here.follower.look()

    def busy(engine: Engine) -> NoReturn:
        raise Busy("truth", "somebody else is changing this system just now; try again.")

    monkeypatch.setattr("carillon.provisioning.system.reading", busy)
    assert load_nodes(here.paths) == known


def test_a_node_that_never_saw_the_database_does_not_start_without_it(
    machines: tuple[Machine, Machine], server: Server
) -> None:
    here, _ = machines
    here.paths.last_nodes.unlink()
    server.dies()
    with pytest.raises(DatabaseAway, match=r"^database: none of its servers"):
        load_nodes(here.paths)


def test_a_node_that_comes_back_after_a_week_catches_up(machines: tuple[Machine, Machine]) -> None:
    here, there = machines
    for n in range(110, 130):
        here.hires(str(n), f"Somebody {n}")
    users.remove(open_truth(here.paths), "me", "111")
    fresh = Follower(there.paths)
    fresh.look()
    assert (there.name("129"), there.name("111")) == ("Somebody 129", None)


def test_what_cannot_be_kept_is_in_force_and_told(machines: tuple[Machine, Machine]) -> None:
    """As on a full disk; the database is not away for that."""
    here, there = machines
    there.follower.look()
    (there.paths.last_known / "directory.new").mkdir()
    here.hires("101", "Alice")
    report = there.follower.look()
    assert there.name("101") == "Alice"
    assert (report.away_since, report.problem) == (None, "")
    assert report.unkept
    assert there.follower.look().sequence == report.sequence
    (there.paths.last_known / "directory.new").rmdir()
    assert there.follower.look().unkept == ""


def test_a_server_that_hangs_is_away(machines: tuple[Machine, Machine], server: Server) -> None:
    here, _ = machines
    here.hires("101", "Alice")
    server.hangs()
    try:
        assert "answers; calls go on" in here.follower.look().problem
    finally:
        server.hangs(False)
    assert here.follower.look().problem == ""


def test_a_backup_of_a_shared_truth_is_a_system_with_a_file_of_its_own(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    here, _ = machines
    here.hires("101", "Alice")
    back_up(here.paths, tmp_path / "backup.tar.gz")
    again = SystemPaths(tmp_path / "again", tmp_path / "run-again")
    restore(again, tmp_path / "backup.tar.gz")
    assert [one.name for one in users.listing(open_truth(again))] == ["Alice"]
    assert changes.listing(open_truth(again)) == changes.listing(open_truth(here.paths))
    assert load_node(again).name == "node1"
    assert not again.database.exists()


def test_a_file_that_says_nothing_useful_is_refused(machines: tuple[Machine, Machine]) -> None:
    here, _ = machines
    for text, words in {
        "{": "isn't understood",
        "[]": "isn't understood",
        '{"hosts": [], "user": "a", "password": "b"}': "hosts: name the database servers",
        '{"hosts": ["a b"], "user": "a", "password": "b"}': "address: ",
        '{"hosts": ["db"], "user": "a"}': "isn't understood",
        '{"hosts": ["db"], "user": "a", "password": "b", "ca": "x"}': "ca: encryption needs",
    }.items():
        here.paths.database.write_text(text)
        with pytest.raises(Refused, match=f"^database: .*{words}"):
            open_truth(here.paths)


def test_a_wrong_password_is_told_without_saying_it(machines: tuple[Machine, Machine]) -> None:
    from carillon.stores.sql.database import Database

    here, _ = machines
    replace(Database.read(here.paths.database), password="another").write(here.paths.database)
    with pytest.raises(DatabaseAway, match="we aren't let in") as refused:
        open_truth(here.paths)
    assert "another" not in str(refused.value)
