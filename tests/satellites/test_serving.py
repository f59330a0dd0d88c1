"""A satellite asks a main over HTTPS: who is heard, that news is there at once, what is said to whom is refused."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.lab.known import comes_true
from tests.satellites.conftest import LIEGE
from tests.satellites.mains import Main, hands
from tests.supervision.installation import own_address

from carillon.confgen.tls import authority
from carillon.confgen.tls.authority import NodeCertificate, ensure_authority, issue, keep
from carillon.model.node import SATELLITE, Node
from carillon.model.refused import Refused
from carillon.provisioning import nodes, presences, satellites, sites, users, voicemails
from carillon.provisioning.changes import last, listing
from carillon.provisioning.system import open_truth
from carillon.satellites import certifying, deputy, share, unheard
from carillon.satellites.asking import Asking, Unreachable, opened
from carillon.satellites.board import Board
from carillon.satellites.serving import Server
from carillon.satellites.taking import position_in, take
from carillon.satellites.wire import Asked
from carillon.stores.directory import DirectoryReader
from carillon.stores.servicesettings import MailboxProfile
from carillon.stores.sql import feed
from carillon.stores.sql.engine import DatabaseAway
from carillon.stores.sql.feed import Position
from carillon.supervision.probes.others import satellite_words

pytestmark = pytest.mark.engines


def follows(main: Main, asking: Asking, at: Position | None, aside: str = "") -> Position:
    """Ask once, and take what is said."""
    branch = main.paths.directory / "branch.db"
    for step in asking.asks(Asked(at, aside, "0.1")):
        take(branch, os.geteuid(), step)
    position = position_in(branch)
    assert position
    return position


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


@pytest.fixture
def behind(main: Main, monkeypatch: pytest.MonkeyPatch) -> Position:
    """A satellite is there, and behind by more changes than a main reads at once."""
    monkeypatch.setattr(feed, "FEW", 2)
    monkeypatch.setattr(share, "STEPS", 2)
    asking = main.asked_by("liege")
    position = follows(main, asking, None)
    asking.close()
    for n in range(15):
        users.add(main.truth, "me", str(1000 + n), "Somebody", site="liege")
    main.follower.look()
    return position


def test_who_is_far_behind_asks_once(main: Main, behind: Position) -> None:
    """On a far link each question costs more time than its answer."""
    asking = main.asked_by("liege")
    assert follows(main, asking, behind, aside_of(main)).sequence == last(main.truth)
    asking.close()


def test_an_answer_that_breaks_off_is_gone_on_with(
    main: Main, behind: Position, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had come of it is in force; nothing is sent twice."""
    steps, read = share.steps, count()

    def breaks_off(*asked: Any) -> Any:
        if next(read) == 2:
            raise sqlite3.OperationalError("disk I/O error")
        return steps(*asked)

    monkeypatch.setattr(share, "steps", breaks_off)
    asking = main.asked_by("liege")
    with pytest.raises(Unreachable, match="node1"):
        follows(main, asking, behind, aside_of(main))
    there = position_in(main.paths.directory / "branch.db")
    assert there
    assert behind.sequence + 8 == there.sequence
    assert follows(main, asking, there, aside_of(main)).sequence == last(main.truth)
    asking.close()


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
    with pytest.raises(DatabaseAway):
        goes_away(main)
    asking = main.asked_by("liege")
    position = follows(main, asking, None)
    asking.close()
    assert position == main.board.position


def test_what_came_in_the_moment_before_the_database_went_away_is_told(
    main: Main, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The main has it in force already, and learns nothing further."""
    asking = main.asked_by("liege")
    before = follows(main, asking, None)
    users.add(main.truth, "me", "101", "Alice")
    monkeypatch.setattr("carillon.follower.lastknown.keep", lambda *_: goes_away(main))
    main.follower.look()
    assert main.follower.report.away_since is not None
    position = follows(main, asking, before, aside_of(main))
    asking.close()
    assert position.sequence == before.sequence + 1


def goes_away(main: Main) -> None:
    """The main's database is there no more."""
    database = main.paths.database.read_text()
    main.paths.database.write_text(database.replace('"socket": "/', '"socket": "/nowhere/'))
    open_truth(main.paths)


def test_a_main_tells_its_clock_to_a_fraction_of_a_second(main: Main) -> None:
    """By which it is judged who of two was later."""
    told: list[float] = []
    asking = main.asked_by("liege")
    asking.timed = told.append
    began = time.time()
    follows(main, asking, None)
    asking.close()
    assert began - 0.001 <= told[0] <= time.time()


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
    with pytest.raises(Unreachable, match="its certificate isn't accepted: self-signed certificate in"):
        follows(main, main.asked_by("stranger"), None)
    (tmp_path / "stranger" / "ca.pem").write_bytes((main.paths.cluster / "ca.pem").read_bytes())
    with pytest.raises(Unreachable, match="it doesn't accept this satellite's certificate"):
        follows(main, main.asked_by("stranger"), None)


def test_a_certificate_that_has_ended_is_named(main: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authority, "LIFETIME", timedelta(hours=-1))
    main.issues(LIEGE)
    with pytest.raises(
        Unreachable, match=r"certificate holds from .* to .*, and its clock isn.t between; .* join again"
    ):
        follows(main, main.asked_by("liege"), None)


def test_a_certificate_of_a_main_that_has_ended_is_named(main: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authority, "LIFETIME", timedelta(hours=-1))
    keep(main.paths.cluster, issue(main.paths.cluster, main.node))
    board = Board()
    node = replace(main.node, address=own_address())
    with Server(main.paths, node, board) as late:
        serving = threading.Thread(target=late.serve_forever, args=(0.1,))
        serving.start()
        try:
            asking = main.asked_by("liege")
            asking.main = node
            with pytest.raises(Unreachable, match="its certificate isn't accepted: certificate has expired"):
                follows(main, asking, None)
        finally:
            late.shutdown()
            serving.join()


def test_a_main_says_whose_certificate_it_does_not_accept(main: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authority, "LIFETIME", timedelta(hours=-1))
    main.issues(LIEGE)
    with pytest.raises(Unreachable):
        follows(main, main.asked_by("liege"), None)
    why = "the certificate that it shows isn't accepted here: certificate has expired"
    assert comes_true(lambda: unheard.words(main.paths.unheard, "127.0.0.1") == why)


def test_a_satellite_gets_another_certificate_as_long_as_it_is_one(main: Main) -> None:
    office = main.asked_by("liege").nodes
    key, wish = authority.request("liege")
    said = asks_certificate(main, office, wish)
    keep(office, NodeCertificate(said["authority"], said["certificate"], key))
    with closing(main.asked_by("liege")) as asking:
        follows(main, asking, None)
    assert asks_certificate(main, office, authority.request("node1")[1])["refused"] == [
        "request",
        "is for node1, and liege asks.",
    ]
    nodes.remove(main.truth, "me", "liege")
    assert "is no satellite of this system" in asks_certificate(main, office, wish)["sentence"]


def asks_certificate(main: Main, office: Path, wish: str) -> dict[str, Any]:
    """What a main says to a satellite that wishes another certificate."""
    with closing(opened(main.node, office)) as connection:
        connection.request("POST", certifying.PATH, json.dumps({"request": wish}))
        said: dict[str, Any] = json.loads(connection.getresponse().read())
        return said


def test_a_main_of_another_name_is_not_believed(main: Main) -> None:
    asking = main.asked_by("liege")
    asking.main = replace(main.node, name="node9")
    with pytest.raises(Unreachable, match="it shows the certificate of node1"):
        follows(main, asking, None)


def test_another_version_is_told_what_to_do(main: Main) -> None:
    asked = Asked(None, "", "0.0.1", schema=3)
    with pytest.raises(Refused, match=r"and liege has 0\.0\.1 \(directory 3\); install the same, the mains first"):
        next(main.asked_by("liege").asks(asked))


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


def kept(id: str, change: str, *arguments: object) -> dict[str, Any]:
    """A change as a satellite hands it over."""
    what = {"change": change, "who": "phone", "arguments": arguments, "version": "0.1.0"}
    return {"id": id * 16, **what, "age_s": 0.0, "at": 0.0, "waited": True}


def test_what_was_kept_is_done_in_order_and_once(main: Main) -> None:
    users.add(main.truth, "me", "201", "Carol", site="liege")
    on, off = kept("a", "presence set", "201@example.org", "dnd"), kept("b", "dnd end", "201@example.org")
    said = hands(main, "liege", on, off)
    assert [one["outcome"] for one in said["outcomes"]] == ["done", "done"]
    assert (said["stopped"], said["outcomes"][1]["sequence"]) == ("", last(main.truth))
    again = hands(main, "liege", on, off)
    assert [one["sequence"] for one in again["outcomes"]] == [one["sequence"] for one in said["outcomes"]]
    assert said["outcomes"][1]["sequence"] == last(main.truth)
    assert presences.said(main.truth, "201")[1] == ()


def test_a_change_whose_predecessor_is_missing_stops_what_is_handed_over(main: Main) -> None:
    users.add(main.truth, "me", "201", "Carol", site="liege")
    said = hands(main, "liege", kept("b", "presence set", "201@example.org", "dnd"), previous="a" * 16)
    assert (said["outcomes"], said["stopped"]) == ([], "out of order")
    assert presences.said(main.truth, "201")[1] == ()


@pytest.mark.parametrize("changes", [
    (5,),
    ({},),
    (kept("a", "presence set", "201@example.org", "dnd") | {"at": "noon"},),
    (kept("a", "presence set", "201@example.org", "dnd") | {"id": "short"},),
    tuple(kept(f"{n:x}", "dnd end", "201@example.org") for n in range(16)) * 2,
])  # fmt: skip
def test_what_is_not_understood_is_not_done(main: Main, changes: tuple[Any, ...]) -> None:
    users.add(main.truth, "me", "201", "Carol", site="liege")
    said = hands(main, "liege", kept("9", "presence set", "201@example.org", "dnd"), *changes)
    assert said["refused"] == ["question", "wasn't understood."]
    assert presences.said(main.truth, "201")[1] == ()


def test_who_was_stolen_hands_over_nothing(main: Main) -> None:
    users.add(main.truth, "me", "201", "Carol", site="liege")
    nodes.remove(main.truth, "me", "liege")
    said = hands(main, "liege", kept("a", "presence set", "201@example.org", "dnd"))
    assert said["refused"][1] == "liege is no satellite of this system (any more)."
    assert presences.said(main.truth, "201")[1] == ()


def test_while_the_database_is_away_nothing_is_done_and_why_is_said(main: Main) -> None:
    database = main.paths.database.read_text()
    main.paths.database.write_text(database.replace('"socket": "/', '"socket": "/nowhere/'))
    said = hands(main, "liege", kept("a", "presence set", "201@example.org", "dnd"))
    assert said["outcomes"] == []
    assert "none of its servers" in said["stopped"]


def test_a_satellite_learns_little_about_people_of_other_sites(main: Main) -> None:
    """Whoever has stolen one tries no PINs of theirs and reads no addresses; callers may leave messages."""
    for extension, site in (("101", "main"), ("201", "liege")):
        users.add(main.truth, "me", extension, "Somebody", f"{extension}@mail.example", site=site)
        voicemails.set(main.truth, "me", extension, pin="48151623", most=7)

    def asks(question: str, *arguments: str) -> Any:
        return says(main, "liege", question, "phone", *arguments)["done"]

    assert asks("voicemail pin", "201@example.org", "48151623")
    assert not asks("voicemail pin", "101@example.org", "48151623")
    assert not asks("voicemail pin", "999@example.org", "48151623")
    main.follower.look()
    asking = main.asked_by("liege")
    follows(main, asking, None)
    asking.close()
    branch = DirectoryReader(main.paths.directory / "branch.db")
    assert branch.mailbox("example.org", "201") == MailboxProfile("201@mail.example", most=7)
    assert branch.mailbox("example.org", "101") == MailboxProfile(None, ask_pin=True, most=7)
    branch.close()


def test_the_name_of_a_satellite_that_was_removed_is_nobodys_any_more(main: Main) -> None:
    nodes.remove(main.truth, "me", "liege")
    with pytest.raises(Refused, match=r"liege was a satellite .* choose another name, such as liege-2"):
        main.adds("liege", "127.0.0.22")
    with pytest.raises(Refused, match="liege was a satellite"):
        nodes.add(main.truth, "me", replace(main.node, name="liege", address="127.0.0.23"))
    assert satellites.planned(main.truth, main.node, "liege", "127.0.0.22").name == "liege-2"
    main.adds("liege-2", "127.0.0.22")
    assert satellites.planned(main.truth, main.node, "liege", "127.0.0.24").name == "liege-3"


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
