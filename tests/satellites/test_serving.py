"""A satellite asks a main over HTTPS: who is heard, that news is there at once, what is said to whom is refused."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.truth.mariadb import Server as MariaDB

from carillon.confgen.tls.authority import ensure_authority, issue, keep
from carillon.follower.daemon import Follower
from carillon.model.node import SATELLITE, Node
from carillon.model.refused import Refused
from carillon.provisioning import nodes, presences, satellites, sites, users
from carillon.provisioning.changes import last, listing
from carillon.provisioning.system import create_system, load_node, open_truth
from carillon.satellites import deputy
from carillon.satellites.asking import Asking, Unreachable, opened
from carillon.satellites.board import Board
from carillon.satellites.serving import Server
from carillon.satellites.taking import take
from carillon.satellites.wire import Asked
from carillon.stores.sql.feed import Position
from carillon.supervision.probes import satellite_words
from carillon.system.paths import SystemPaths

pytestmark = pytest.mark.engines
OFFICE = "127.0.0.21"


class Main:
    """A main that answers, and whatever certificates its authority has issued."""

    def __init__(self, paths: SystemPaths, home: Path) -> None:
        self.paths, self.board, self._home = paths, Board(), home
        self.follower = Follower(paths, board=self.board)
        self.node = load_node(paths)

    @property
    def truth(self) -> Engine:
        return open_truth(self.paths)

    def adds(self, name: str, address: str) -> None:
        """A satellite, which gets its certificate."""
        new = satellites.planned(self.truth, self.node, "liege", address, name)
        nodes.add(self.truth, "me", new)
        self.issues(new)
        self.follower.look()

    def issues(self, node: Node) -> Path:
        """A certificate for a node of this name; the directory that holds it."""
        keep(self._home / node.name, issue(self.paths.cluster, node))
        return self._home / node.name

    def asked_by(self, name: str, *, heard: list[int] | None = None) -> Asking:
        """A connection of whoever has this certificate."""
        beats = [] if heard is None else heard
        return Asking(self.node, self._home / name, self._home / f"{name}-arriving", lambda: beats.append(1))


@pytest.fixture
def main(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Main]:
    """One with a site at Liège, and a satellite there."""
    monkeypatch.setattr("carillon.system.paths.LASTING_ROOT", tmp_path / "lasting")
    monkeypatch.setattr(SystemPaths, "of", lambda directory: SystemPaths(directory, tmp_path / "run"))
    paths = SystemPaths.of(tmp_path / "office")
    for directory in (paths.directory, paths.run, paths.follower_report.parent):
        directory.mkdir(parents=True)
    with MariaDB.running() as server:
        server.new().write(paths.database)
        node = create_system(paths.directory, "example.org", OFFICE)
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


def follows(main: Main, asking: Asking, at: Position | None, aside: str = "") -> Position:
    """Ask once, and take what is said."""
    with asking.asks(Asked(at, aside, "0.1")) as answer:
        return take(main.paths.directory / "branch.db", os.geteuid(), answer)[0]


def test_news_is_there_while_the_question_waits(main: Main) -> None:
    beats: list[int] = []
    asking = main.asked_by("liege", heard=beats)
    position = follows(main, asking, None)
    news: list[Position] = []
    waiting = threading.Thread(target=lambda: news.append(follows(main, asking, position, aside_of(main))))
    beats.clear()
    waiting.start()
    while not beats:  # it is heard that nothing is said yet
        waiting.join(0.01)
    assert waiting.is_alive()
    users.add(main.truth, "me", "101", "Alice")
    main.follower.look()
    waiting.join()
    assert news == [Position(position.sequence + 1, news[0].mark)]
    asking.close()


def aside_of(main: Main) -> str:
    """The print of what lies beside for Liège."""
    from carillon.provisioning.lastnodes import LastNodes
    from carillon.satellites import share

    last = LastNodes.read(main.paths.last_nodes)
    assert last is not None
    own = next(one for one in last.siblings if one.name == "liege")
    return share.print_of(share.aside(main.paths, own, last))


def test_the_main_knows_how_far_its_satellite_is(main: Main) -> None:
    asking = main.asked_by("liege")
    position = follows(main, asking, None)
    users.add(main.truth, "me", "101", "Alice")
    main.follower.look()
    follows(main, asking, position)
    asking.close()
    (view,) = satellites.listing(main.truth)
    assert (view.words, view.behind) == ("up", 1)
    assert satellite_words(main.paths) == "satellite liege: 1 change behind"


def test_while_the_database_is_away_a_satellite_gets_what_the_main_knows(main: Main) -> None:
    users.add(main.truth, "me", "101", "Alice")
    main.follower.look()
    database = main.paths.database.read_text()
    main.paths.database.write_text(database.replace('"socket": "/', '"socket": "/nowhere/'))
    asking = main.asked_by("liege")
    position = follows(main, asking, None)
    asking.close()
    assert position == main.board.position


def test_who_has_left_is_told_so(main: Main) -> None:
    nodes.remove(main.truth, "me", "liege")
    with pytest.raises(Refused, match="liege is no satellite of this system"):
        follows(main, main.asked_by("liege"), None)


def test_a_main_is_no_satellite(main: Main) -> None:
    main.issues(main.node)
    with pytest.raises(Refused, match="node1 is no satellite of this system"):
        follows(main, main.asked_by("node1"), None)


def test_who_is_of_another_system_is_not_heard(main: Main, tmp_path: Path) -> None:
    """And does not believe this main either."""
    elsewhere = tmp_path / "elsewhere"
    ensure_authority(elsewhere)
    stranger = Node("liege", "example.org", "127.0.0.22", role=SATELLITE, site="liege")
    keep(tmp_path / "stranger", issue(elsewhere, stranger))
    with pytest.raises(Unreachable, match="certificate verify failed"):
        follows(main, main.asked_by("stranger"), None)
    (tmp_path / "stranger" / "ca.pem").write_bytes((main.paths.cluster / "ca.pem").read_bytes())
    with pytest.raises(Unreachable):
        follows(main, main.asked_by("stranger"), None)


def test_a_main_of_another_name_is_not_believed(main: Main) -> None:
    asking = main.asked_by("liege")
    asking.main = replace(main.node, name="node9")
    with pytest.raises(Unreachable, match="it shows the certificate of node1"):
        follows(main, asking, None)


def test_another_version_is_told_what_to_do(main: Main) -> None:
    asked = Asked(None, "", "0.0.1", schema=3)
    with (
        pytest.raises(Refused, match=r"and liege has 0\.0\.1 \(directory 3\); install the same, the mains first"),
        main.asked_by("liege").asks(asked),
    ):
        pass


def says(main: Main, name: str, *asked: object) -> dict[str, Any]:
    """What a main says to somebody's wish at a branch."""
    with closing(opened(main.node, main.asked_by(name).nodes)) as connection:
        connection.request("POST", deputy.PATH, json.dumps(asked))
        said: dict[str, Any] = json.loads(connection.getresponse().read())
        return said


def test_a_satellite_has_changes_done_for_people_of_its_branch_only(main: Main) -> None:
    users.add(main.truth, "me", "201", "Carol", site="liege")
    users.add(main.truth, "me", "101", "Alice")
    done = says(main, "liege", "presence set", "phone 201@example.org", "201@example.org", "dnd")
    assert done["sequence"] == last(main.truth)
    assert presences.said(main.truth, "201")[1][0].dnd
    assert listing(main.truth, 1)[0].who == "phone 201@example.org by liege"
    for asked in (
        ("presence set", "phone", "101@example.org", "dnd"),
        ("presence set", "phone"),
        ("callback claim", "phone", 1),
        ("user remove", "phone", "201@example.org"),
        ("presence set", "phone", 7, {}),
        (),
    ):
        assert "refused" in says(main, "liege", *asked)
    assert presences.said(main.truth, "101")[1] == ()


def test_a_main_and_who_has_left_have_nothing_done(main: Main) -> None:
    users.add(main.truth, "me", "201", "Carol", site="liege")
    main.issues(main.node)
    nodes.remove(main.truth, "me", "liege")
    for name in ("node1", "liege"):
        said = says(main, name, "presence set", "phone", "201@example.org", "dnd")
        assert "is no satellite of this system" in said["refused"][1]


def test_a_site_with_a_satellite_stays(main: Main) -> None:
    with pytest.raises(Refused, match="the satellite liege stands at liege; remove that first"):
        sites.remove(main.truth, "me", "liege")
