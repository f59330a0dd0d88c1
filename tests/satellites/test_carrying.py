"""A satellite that was upgraded while it was cut off uses what the version before kept, until all is told anew."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest
from tests.satellites.conftest import Pair

from carillon.follower import lastknown
from carillon.model.zone import NameService
from carillon.satellites.taking import position_in
from carillon.stores import carrying, nameservice, trunklogins
from carillon.stores.directory import DirectoryReader
from carillon.stores.directoryfile import SCHEMA
from carillon.system.paths import SystemPaths

OLDER = SCHEMA - 1


@pytest.fixture(autouse=True)
def older_ones_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "OLDEST", OLDER)


def kept_by_an_older_version(pair: Pair, without: str) -> Path:
    """The satellite's directory, as of a version that had no such column yet."""
    pair.follows()
    with closing(connect(pair.branch, isolation_level=None)) as opened:
        for table in ("party", "account"):
            opened.execute(f"ALTER TABLE {table} DROP COLUMN {without}")
        opened.execute(f"PRAGMA user_version = {OLDER}")
    return pair.branch


def test_what_an_older_version_kept_is_used(pair: Pair) -> None:
    directory = kept_by_an_older_version(pair, "most_calls")
    assert carrying.carried_over(directory)
    reader = DirectoryReader(directory)
    called, phone = reader.party("example.org", "101"), reader.account("example.org", "201")
    reader.close()
    assert called is not None
    assert phone is not None
    assert phone.party.extension == "201"
    assert not carrying.carried_over(directory)


def test_everything_is_told_anew_as_soon_as_somebody_can(pair: Pair) -> None:
    """Also what did not change since, but is of a new column."""
    directory = kept_by_an_older_version(pair, "most_calls")
    carrying.carried_over(directory)
    assert position_in(directory) is None
    pair.hires("203", "liege")
    pair.follows()
    assert pair.told_rows() == pair.anew()


def test_what_may_not_be_empty_makes_it_useless_and_it_stays_as_it_was(pair: Pair) -> None:
    directory = kept_by_an_older_version(pair, "rings")
    before = pair.rows()
    with pytest.raises(Exception, match=r"NOT NULL constraint failed: \w+\.rings"):
        carrying.carried_over(directory)
    assert pair.rows() == before
    assert [*directory.parent.glob("*.carried")] == []


@pytest.mark.parametrize("version", [OLDER - 1, SCHEMA, SCHEMA + 1])
def test_others_are_left_alone(pair: Pair, version: int) -> None:
    pair.follows()
    with closing(connect(pair.branch)) as opened:
        opened.execute(f"PRAGMA user_version = {version}")
    assert not carrying.carried_over(pair.branch)


def test_a_satellite_starts_with_it(pair: Pair, tmp_path: Path) -> None:
    """What is laid in place before the first process starts is a directory of this version."""
    paths = SystemPaths(tmp_path / "branch", tmp_path / "run")
    for place in (paths.last_known, paths.run, paths.trunk_logins.parent):
        place.mkdir(parents=True, exist_ok=True)
    kept = paths.last_known / paths.run_directory.name
    kept.write_bytes(kept_by_an_older_version(pair, "most_calls").read_bytes())
    for told in (paths.trunk_logins, paths.name_sources, paths.calendar_sources):
        told.parent.mkdir(parents=True, exist_ok=True)
        trunklogins.place(paths.last_known / told.name, b"[]", os.geteuid())
    nameservice.write(paths.last_known / paths.name_service.name, NameService(), os.geteuid())
    paths.name_service.parent.mkdir(parents=True, exist_ok=True)
    lastknown.lay(paths, os.geteuid())
    reader = DirectoryReader(paths.run_directory)
    assert reader.party("example.org", "101") is not None
    reader.close()
