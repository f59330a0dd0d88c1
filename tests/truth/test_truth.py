"""The truth itself: made, migrated, written by many at once, journalled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from tests.truth.conftest import on_sqlite

import carillon as package
from carillon.cli.app import main
from carillon.model.refused import Refused
from carillon.model.rights import DEFAULT_RIGHTS
from carillon.provisioning import changes, devices, numbers, sites, users
from carillon.provisioning.system import create_system, default_domain, load_node, open_truth
from carillon.stores.directory import DirectoryReader, refresh
from carillon.stores.sql.engine import open_sqlite, reading, writing
from carillon.stores.sql.migrate import HEAD, MIGRATIONS, revision, upgrade
from carillon.stores.sql.tables import metadata
from carillon.system.paths import SystemPaths

MAKE = """
import sys
from pathlib import Path
import carillon
from carillon.provisioning.system import create_system
print(carillon.__file__)
create_system(Path(sys.argv[1]), "example.org", "127.0.0.1")
"""
ADD = """
import sys
from pathlib import Path
from carillon.provisioning import users
from carillon.provisioning.system import open_truth
from carillon.system.paths import SystemPaths
truth = open_truth(SystemPaths.of(Path(sys.argv[1])))
for n in range(10):
    users.add(truth, "me", f"{sys.argv[2]}{n}", "Somebody")
"""


def run(code: str, *arguments: str, source: Path = Path(package.__file__).parents[1]) -> str:
    """Run Python in a process of its own with the package from `source`."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        env={"PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_empty_file_is_migrated_to_what_the_code_expects(tmp_path: Path) -> None:
    truth = open_sqlite(tmp_path / "carillon.db")
    upgrade(truth)
    with reading(truth) as connection:
        assert revision(connection) == HEAD
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_newest_migration_is_the_one_that_the_code_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_package_copied_elsewhere_makes_a_system(tmp_path: Path) -> None:
    copy = tmp_path / "a 100% copy"
    shutil.copytree(Path(package.__file__).parent, copy / "carillon", ignore=shutil.ignore_patterns("__pycache__"))
    assert run(MAKE, str(tmp_path / "office"), source=copy).startswith(str(copy))
    assert load_node(SystemPaths(tmp_path / "office")).default_domain == "example.org"


def test_the_truth_of_a_newer_version_is_refused(paths: SystemPaths, truth: Engine) -> None:
    with writing(truth) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Refused, match="newer version"):
        open_truth(paths)


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    truth = open_sqlite(tmp_path / "carillon.db")
    with writing(truth) as connection:
        connection.execute(text('CREATE TABLE "change" (in_the_way INTEGER)'))
    with pytest.raises(Exception, match="already exists"):
        upgrade(truth)
    with reading(truth) as connection:
        tables = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
    assert tables == ["change"]


@on_sqlite
def test_the_truth_and_the_secret_are_for_their_owner_only(paths: SystemPaths, truth: Engine) -> None:
    users.add(truth, "me", "101", "Alice")
    assert len(paths.secret.read_bytes()) == 32
    for file in (paths.truth, paths.secret):
        assert file.stat().st_mode & 0o777 == 0o600


@on_sqlite
def test_the_logs_of_an_open_truth_are_for_their_owner_only(paths: SystemPaths, truth: Engine) -> None:
    with reading(truth) as connection:
        connection.execute(text("SELECT * FROM domain"))
        beside = list(paths.directory.glob("carillon.db-*"))
        assert beside
        assert all(file.stat().st_mode & 0o777 == 0o600 for file in beside)


def test_a_system_knows_its_node(tmp_path: Path) -> None:
    made = create_system(tmp_path / "office", "Example.ORG", "192.0.2.7", "198.51.100.1", "be", sip_port=5070)
    paths = SystemPaths(tmp_path / "office")
    assert load_node(paths) == made
    assert (made.address, made.public_address, made.country) == ("192.0.2.7", "198.51.100.1", "BE")
    assert (made.sip_port, made.tls_port) == (5070, 5071)
    assert (made.gateway_address, made.gateway_port) == ("127.191.2.7", 5090)
    assert default_domain(paths) == "example.org"


def test_a_directory_with_a_system_is_refused(paths: SystemPaths) -> None:
    with pytest.raises(Refused, match=r"^dir: there is a system in .* already"):
        create_system(paths.directory, "example.org", "127.0.0.1")


def test_a_bad_system_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    for field, values in {
        "address": ("example.org", "somewhere", "BE"),
        "domain": ("not a name", "127.0.0.1", "BE"),
        "country": ("example.org", "127.0.0.1", "Belgium"),
    }.items():
        with pytest.raises(Refused, match=f"^{field}: "):
            create_system(tmp_path / "office", values[0], values[1], None, values[2])
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_truth_is_refused(tmp_path: Path) -> None:
    paths = SystemPaths(tmp_path)
    paths.truth.write_bytes(b"something else altogether" * 100)
    with pytest.raises(Refused, match=r"^truth: .* can't be read"):
        open_truth(paths)


def test_writers_in_many_processes_lose_nothing(paths: SystemPaths, truth: Engine) -> None:
    before = changes.listing(truth)[-1].sequence
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda prefix: run(ADD, str(paths.directory), prefix), ("1", "2", "3", "4")))
    assert len(users.listing(truth)) == 40
    journalled = changes.listing(truth, newest=40)
    assert [change.sequence for change in journalled] == list(range(before + 1, before + 41))


def test_one_of_two_who_want_the_same_extension_gets_it(truth: Engine) -> None:
    def wants(name: str) -> str:
        try:
            users.add(truth, "me", "101", name)
        except Refused as refused:
            return refused.field
        return "done"

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(wants, [f"Somebody {n}" for n in range(8)]))
    assert answers == ["done"] + ["extension"] * 7


def test_the_journal_says_who_changed_what(truth: Engine) -> None:
    users.add(truth, "root", "101", "Alice")
    users.set(truth, "ann", "101", "Alice Peeters")
    devices.add(truth, "ann", "desk", "101", "secret")
    devices.set(truth, "ann", "desk", password="other")
    numbers.add(truth, "ann", "200", "101")
    users.remove(truth, "bob", "101")
    told = [(change.who, str(change.subject), change.before, change.after) for change in changes.listing(truth)[3:]]
    rest = {
        "email": None,
        "site": "main",
        "rights": "national mobile free",
        "caller_number": None,
        "withhold": "no",
        "call_waiting": "yes",
        "pickup": "group",
        "pickup_of": "",
        "rings": "yes",
        "most_calls": None,
    }
    alice, peeters = {"name": "Alice", **rest}, {"name": "Alice Peeters", **rest}
    assert told == [
        ("root", "101@example.org", None, alice),
        ("ann", "101@example.org", alice, peeters),
        ("ann", "desk@example.org", None, {"user": "101"}),
        ("ann", "desk@example.org", {"user": "101"}, {"user": "101", "password": "changed"}),
        ("ann", "200@example.org", None, {"to": "101"}),
        ("bob", "desk@example.org", {"user": "101"}, None),
        ("bob", "200@example.org", {"to": "101"}, None),
        ("bob", "101@example.org", peeters, None),
    ]


def test_a_refused_change_leaves_no_row_and_no_journal(truth: Engine) -> None:
    before = changes.listing(truth)
    with pytest.raises(Refused):
        devices.add(truth, "me", "desk", "101", "secret")
    assert changes.listing(truth) == before


OLD = """
INSERT INTO domain VALUES ('example.org', 'both'), ('b.org', 'md5');
INSERT INTO node VALUES ('node1', 'example.org', '127.0.0.1', NULL, 'FR', 5060, 5061, 10000, 14999);
INSERT INTO "user" VALUES ('example.org', '101', 'Alice', 'alice@example.org');
INSERT INTO device VALUES ('example.org', 'desk', '101', 'MD5', 'SHA');
INSERT INTO number VALUES ('example.org', '101', '101'), ('example.org', '+3225551234', '101');
INSERT INTO change ("at", who, noun, domain, "key", before, after)
VALUES ('2026-01-01T00:00:00.000000+00:00', 'ann', 'user', 'example.org', '101', NULL, '{"name": "Alice"}');
""".replace("MD5", "0" * 32).replace("SHA", "0" * 64)


@pytest.fixture
def old(tmp_path: Path) -> SystemPaths:
    """A system as the first version left it."""
    paths = SystemPaths(tmp_path / "old")
    paths.directory.mkdir()
    truth = open_sqlite(paths.truth)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with writing(truth) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in OLD.split(";"):
            if statement.strip():
                connection.exec_driver_sql(statement)
    return paths


def test_an_older_system_is_copied_migrated_and_goes_on(old: SystemPaths) -> None:
    told: list[str] = []
    truth = open_truth(old, told.append)
    [copy] = old.directory.glob("carillon-0001-*.db")
    assert told == [f"This system is of an older version: {copy} is a copy of it; now it is migrated."]
    assert copy.stat().st_mode & 0o777 == 0o600
    with reading(open_sqlite(copy)) as connection:
        assert revision(connection) == "0001"
        assert connection.execute(text('SELECT name FROM "user"')).scalars().all() == ["Alice"]
    alice = users.show(truth, "101")
    assert (alice.user.site, alice.user.rights, alice.user.withhold) == ("main", DEFAULT_RIGHTS, False)
    assert ([one.name for one in alice.devices], len(alice.numbers)) == (["desk"], 2)
    assert [(view.site.domain, view.site.country) for view in sites.listing(truth)] == [
        ("b.org", "FR"),
        ("example.org", "FR"),
    ]
    assert changes.listing(truth)[0].after == {"name": "Alice"}
    users.add(truth, "ann", "102", "Bob")
    assert load_node(old).country == "FR"
    open_truth(old, told.append)
    assert len(told) == 1


def test_the_running_directory_of_an_older_system_is_built_anew(old: SystemPaths, tmp_path: Path) -> None:
    directory = tmp_path / "directory.db"
    refresh(open_truth(old), directory, os.geteuid())
    reader = DirectoryReader(directory)
    party = reader.party("example.org", "+3225551234")
    assert party is not None
    assert (party.name, party.site.country) == ("Alice", "FR")
    reader.close()


def test_people_are_told_of_a_migration(old: SystemPaths) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "carillon", "--dir", str(old.directory), "user", "list", "--json"],
        env={"PYTHONPATH": str(Path(package.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.startswith("This system is of an older version: ")
    assert '"Alice"' in done.stdout


@pytest.mark.parametrize("words", [["up"], ["up", "--foreground"], ["demo", "run", "--provider", "no"]])
def test_a_start_tells_of_a_migration(
    old: SystemPaths, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ends_here(paths: SystemPaths) -> None:
        raise Refused("test", "nothing is started.")

    for module in ("start", "foreground"):
        monkeypatch.setattr(f"carillon.supervision.{module}.prepare", ends_here)
    monkeypatch.setattr("carillon.supervision.prepare.require_root", lambda: None)
    assert main(["--dir", str(old.directory), *words]) == 1
    told, refused = capsys.readouterr().err.splitlines()
    assert told.startswith("This system is of an older version: ")
    assert refused == "test: nothing is started."
