"""A main with people at two sites, and the satellite of one of them: what is told, without the network between."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from io import StringIO
from itertools import pairwise
from pathlib import Path
from sqlite3 import connect

import pytest
from sqlalchemy import Engine
from tests.satellites.mains import Main
from tests.supervision.installation import own_address
from tests.truth.mariadb import Server as MariaDB

from carillon.confgen.tls.authority import ensure_authority, issue, keep
from carillon.model.node import SATELLITE, Node
from carillon.provisioning import devices, outbounds, sites, trunks, users
from carillon.provisioning.system import create_system, open_truth
from carillon.provisioning.trunkkey import TrunkKey
from carillon.satellites import share, wire
from carillon.satellites.kept import Kept
from carillon.satellites.serving import Server
from carillon.satellites.taking import position_in, take
from carillon.stores.directory import refresh
from carillon.stores.sql.engine import reading
from carillon.system.paths import SystemPaths

LIEGE = Node("liege", "example.org", "127.0.0.2", role=SATELLITE, site="liege")
PASSWORD = "correct horse battery staple"
KEY = TrunkKey(Path("/nowhere/trunk.key"))


class Pair:
    """The truth of a main, and the directories of both."""

    def __init__(self, truth: Engine, home: Path) -> None:
        self.truth, self._home = truth, home
        self.main, self.branch = home / "main.db", home / "branch.db"
        self.kept: Callable[[], Sequence[Kept]] = tuple

    def hires(self, extension: str, site: str = "main", name: str = "Somebody") -> None:
        """Somebody with a phone named as his extension."""
        users.add(self.truth, "me", extension, name, site=site)
        devices.add(self.truth, "me", extension, extension, PASSWORD)

    def told(self) -> list[str]:
        """What a main says to the satellite as it is now."""
        refresh(self.truth, self.main, os.geteuid())
        there = position_in(self.branch)
        with reading(self.truth) as connection:
            found = share.steps(connection, there, LIEGE) if there else []
        if found:
            return [line for before, step in found for line in wire.lines(before, step, None)]
        return [line for step in share.whole(self.main, LIEGE) for line in wire.lines(None, step, None)]

    def takes(self, lines: list[str]) -> int:
        """Put an answer in force, step by step; the sequence that is reached."""
        ends = [n for n, line in enumerate(lines, start=1) if wire.is_end(line.encode()) or n == len(lines)]
        reached = 0
        for begin, end in pairwise([0, *(ends or [0])]):
            step = StringIO("".join(f"{line}\n" for line in lines[begin:end]))
            reached = take(self.branch, os.geteuid(), step, self.kept)[0].sequence
        return reached

    def follows(self) -> int:
        """As long as there is anything to say; the number of answers that it took."""
        for answers in range(1, 1000):
            reached = self.takes(self.told())
            position = position_in(self.main)
            if position and reached == position.sequence:
                return answers
        raise AssertionError("it never ends")

    def rows(self, directory: Path | None = None) -> dict[str, list[tuple[object, ...]]]:
        """All that the satellite, or another one, has."""
        with closing(connect(directory or self.branch)) as opened:
            tables = [name for (name,) in opened.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            return {table: sorted(opened.execute(f'SELECT * FROM "{table}"'), key=str) for table in tables}  # noqa: S608

    def told_rows(self) -> dict[str, list[tuple[object, ...]]]:
        """All that the satellite has from the mains, where nothing of its own lies upon it."""
        rows = self.rows()
        assert rows.pop("beneath", []) == []
        return rows

    def anew(self) -> dict[str, list[tuple[object, ...]]]:
        """All that a satellite would have that was told everything now."""
        fresh = Pair(self.truth, self._home)
        fresh.branch = self._home / "anew.db"
        fresh.branch.unlink(missing_ok=True)
        fresh.follows()
        return fresh.rows()


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Alice and Bob at the main, Carol and Dave at Liège; a trunk for all, and one of each site's."""
    monkeypatch.setattr(SystemPaths, "of", lambda directory: SystemPaths(directory.resolve(), tmp_path / "run"))
    paths = SystemPaths.of(tmp_path / "office")
    create_system(paths.directory, "example.org", "127.0.0.1")
    truth = open_truth(paths)
    sites.add(truth, "me", "liege")
    for n, (name, site) in enumerate((("provider", None), ("local", "liege"), ("brussels", "main")), start=1):
        trunks.add(truth, "me", KEY, name, trunks.TrunkFields(f"192.0.2.{n}"))
        outbounds.add(truth, "me", "+32", name, site)
    made = Pair(truth, tmp_path)
    for extension, site in (("101", "main"), ("102", "main"), ("201", "liege"), ("202", "liege")):
        made.hires(extension, site)
    return made


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDB]:
    with MariaDB.running() as running:
        yield running


@pytest.fixture
def main(server: MariaDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Main]:
    """One with a site at Liège, and a satellite there."""
    monkeypatch.setattr("carillon.system.paths.LASTING_ROOT", tmp_path / "lasting")
    monkeypatch.setattr(SystemPaths, "of", lambda directory: SystemPaths(directory, tmp_path / "run"))
    paths = SystemPaths.of(tmp_path / "office")
    for directory in (paths.directory, paths.run, paths.follower_report.parent):
        directory.mkdir(parents=True)
    server.new().write(paths.database)
    node = create_system(paths.directory, "example.org", own_address())
    paths.node.write_text(node.name)
    ensure_authority(paths.cluster)
    keep(paths.cluster, issue(paths.cluster, node))
    sites.add(open_truth(paths), "me", "liege")
    made = Main(paths, tmp_path)
    made.adds("liege", "127.0.0.22")
    with Server(paths, made.node, made.board) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.1,))
        thread.start()
        yield made
        serving.shutdown()
        thread.join()
