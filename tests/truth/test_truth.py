"""The truth itself: made, migrated, written by many at once, journalled."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

import carillon as package
from carillon.model.refused import Refused
from carillon.provisioning import changes, devices, numbers, users
from carillon.provisioning.system import create_system, default_domain, load_node, open_truth
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


def test_the_truth_and_the_secret_are_for_their_owner_only(paths: SystemPaths, truth: Engine) -> None:
    users.add(truth, "me", "101", "Alice")
    assert len(paths.secret.read_bytes()) == 32
    for file in (paths.truth, paths.secret):
        assert file.stat().st_mode & 0o777 == 0o600


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
