"""A copy of the shared database is taken from whoever of its servers is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from carillon.stores.sql.database import Database
from carillon.stores.sql.dump import dump

PROGRAM = """#!/bin/sh
case "$*" in
  *--host=10.0.0.2*) echo "all of it" ;;
  *) echo "half of it"; echo "Can't connect to $2 $3" >&2; exit 2 ;;
esac
"""


@pytest.fixture(autouse=True)
def only_the_second_server_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `mariadb-dump` sees it."""
    program = tmp_path / "mariadb-dump"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")


def test_a_member_that_does_not_run_copies_what_another_one_has(tmp_path: Path) -> None:
    """Before its first start with a newer version, which changes tables."""
    copy = tmp_path / "copy.sql"
    dump(Database(("10.0.0.1", "10.0.0.2"), "a", "b", socket="/run/nobody"), copy)
    assert copy.read_text() == "all of it\n"
    assert copy.stat().st_mode & 0o777 == 0o600


def test_when_nobody_is_there_no_copy_is_left(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Can't connect to --protocol"):
        dump(Database(("10.0.0.1",), "a", "b", socket="/run/nobody"), tmp_path / "copy.sql")
    assert not (tmp_path / "copy.sql").exists()
