"""Somebody at a branch changes something: a main does it, or it is kept until one does; once, whatever is lost."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.satellites.mains import Main, hands

from carillon.follower.report import Report
from carillon.model.refused import Refused
from carillon.provisioning import keptchanges, nodes, presences, users
from carillon.provisioning.changes import last
from carillon.provisioning.lastnodes import LastNodes
from carillon.satellites import handing, keeping, upon
from carillon.satellites.asking import opened
from carillon.satellites.handing import NotTaken, hand_over
from carillon.satellites.kept import Journal
from carillon.satellites.moments import Anchor, Moment
from carillon.satellites.taking import position_in, take
from carillon.satellites.wire import Asked
from carillon.stores.directory import DirectoryReader
from carillon.system.paths import SystemPaths

pytestmark = pytest.mark.engines
CAROL = "201@example.org"


class Branch:
    """A satellite's files, and what its follower and its services do."""

    def __init__(self, main: Main, home: Path) -> None:
        self.main, self.paths = main, SystemPaths(home / "branch", home / "branch-run")
        for directory in (
            self.paths.directory,
            self.paths.run,
            self.paths.follower_report.parent,
            self.paths.last_known,
        ):
            directory.mkdir(parents=True)
        shutil.copytree(home / "liege", self.paths.cluster)
        others = {one.name: one for one in nodes.all_nodes(main.truth)}
        LastNodes(others.pop("liege"), tuple(others.values()), ("example.org",)).write(self.paths.satellite)
        self.journal = Journal(self.paths.kept_changes)
        self.follows()

    def follows(self) -> None:
        """Take what the main tells."""
        self.main.follower.look()
        asking = self.main.asked_by("liege")
        asking.timed = lambda mains: Anchor(mains, Moment.now()).write(self.paths.mains_clock)
        there = position_in(self.paths.run_directory)
        for step in asking.asks(Asked(there, "", "0.1")):
            position, _ = take(self.paths.run_directory, os.geteuid(), step, self.journal.all)
        asking.close()
        Report(position.sequence, time.time()).write(self.paths.follower_report)

    def changes(self, change: str, *arguments: str) -> Any:
        """As somebody at his phone."""
        return keeping.does(self.paths, change, f"phone {arguments[0]}", list(arguments))

    def hands_over(self) -> None:
        hand_over(self.paths, os.geteuid())

    def is_undisturbed(self) -> bool:
        """Whether calls at the branch leave Carol alone."""
        reader = DirectoryReader(self.paths.run_directory)
        party = reader.party("example.org", "201")
        reader.close()
        assert party is not None
        return any(row.dnd for row in party.presence)

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Nobody listens where the main was."""
        known = LastNodes.read(self.paths.satellite)
        assert known is not None
        away = tuple(replace(one, sip_port=one.sip_port + 700) for one in known.siblings)
        replace(known, siblings=away).write(self.paths.satellite)
        try:
            yield
        finally:
            known.write(self.paths.satellite)


@pytest.fixture
def branch(main: Main, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Branch:
    """Carol works there."""
    monkeypatch.setattr("carillon.satellites.keeping.SERVICE_USER", "root")
    users.add(main.truth, "me", "201", "Carol", site="liege")
    return Branch(main, tmp_path)


def is_undisturbed(main: Main) -> bool:
    return any(row.dnd for row in presences.said(main.truth, "201")[1])


def test_a_main_that_answers_does_it_at_once(main: Main, branch: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "IN_FORCE_S", 0.0)  # nobody follows
    branch.changes("presence set", CAROL, "dnd")
    assert is_undisturbed(main)
    assert (branch.journal.all(), keptchanges.listing(main.truth)) == ((), [])
    with pytest.raises(Refused, match="nobody has 999"):
        branch.changes("forwarding set", CAROL, "always", "999")


def test_what_no_main_does_counts_here_and_there_later(main: Main, branch: Branch) -> None:
    with branch.cut_off():
        branch.changes("presence set", CAROL, "dnd")
        assert (branch.is_undisturbed(), is_undisturbed(main)) == (True, False)
        with pytest.raises(NotTaken, match="node1"):
            branch.hands_over()
    branch.hands_over()
    assert is_undisturbed(main)
    assert branch.journal.waiting() == ()
    branch.follows()
    branch.hands_over()
    assert branch.journal.all() == ()
    assert branch.is_undisturbed()


def test_each_has_his_own(main: Main, branch: Branch) -> None:
    """Of many who changed something, each is as he said, however often others change something."""
    for extension in range(210, 230):
        users.add(main.truth, "me", str(extension), "Somebody", site="liege")
    branch.follows()
    with branch.cut_off():
        for extension in range(210, 230):
            branch.changes("forwarding set", f"{extension}@example.org", "always", "201")
            branch.changes("presence set", f"{extension}@example.org", "away", str(extension))
        branch.changes("presence set", CAROL, "dnd")
    reader = DirectoryReader(branch.paths.run_directory)
    parties = [reader.party("example.org", str(extension)) for extension in range(210, 230)]
    reader.close()
    assert [one.presence[0].note for one in parties if one] == [str(extension) for extension in range(210, 230)]
    assert {one.forwarding[0].targets for one in parties if one} == {("201",)}
    assert branch.is_undisturbed()


def test_whoever_comes_while_others_wait_comes_behind_them(main: Main, branch: Branch) -> None:
    with branch.cut_off():
        branch.changes("presence set", CAROL, "dnd")
    branch.changes("dnd end", CAROL)
    assert [one.change for one in branch.journal.waiting()] == ["presence set", "dnd end"]
    branch.hands_over()
    assert not is_undisturbed(main)


@pytest.fixture
def lossy(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Links that break after a main has done what it was asked, as long as there is a number in it."""
    losses, real = list[int](), handing._asked

    def asked(*values: Any) -> Any:
        answer = real(*values)
        if losses:
            losses.pop()
            raise ConnectionResetError("the link broke")
        return answer

    monkeypatch.setattr(handing, "_asked", asked)
    return losses


def test_an_answer_that_is_lost_makes_nobody_do_it_twice(main: Main, branch: Branch, lossy: list[int]) -> None:
    """He at the phone is told that it is done, since it is kept; the main is asked again, and knows it."""
    lossy.append(1)
    branch.changes("presence set", CAROL, "dnd")
    assert is_undisturbed(main)
    assert len(branch.journal.waiting()) == 1
    presences.clear(main.truth, "anna", "201")
    sequence = last(main.truth)
    lossy.append(1)
    with pytest.raises(NotTaken):
        branch.hands_over()
    branch.hands_over()
    assert (last(main.truth), is_undisturbed(main)) == (sequence, False)
    branch.follows()
    branch.hands_over()
    assert (branch.journal.all(), branch.is_undisturbed()) == ((), False)


def test_many_changes_go_in_parts_and_in_their_order(main: Main, branch: Branch, lossy: list[int]) -> None:
    with branch.cut_off():
        for n in range(25):
            branch.changes(*(("presence set", CAROL, "dnd") if n % 2 else ("presence set", CAROL, "away", f"{n}")))
    lossy.append(1)
    with pytest.raises(NotTaken):
        branch.hands_over()
    branch.hands_over()
    done = keptchanges.listing(main.truth)
    assert [one.what for one in done[:3]] == ["presence set away 0", "presence set dnd", "presence set away 2"]
    assert ([one.outcome for one in done], done[-1].what) == (["done"] * 25, "presence set away 24")


def test_what_lost_is_undone_here(main: Main, branch: Branch) -> None:
    with branch.cut_off():
        branch.changes("presence set", CAROL, "dnd")
        presences.set(main.truth, "anna", "201", "away")
    branch.hands_over()
    branch.follows()
    branch.hands_over()
    assert (branch.journal.all(), branch.is_undisturbed(), is_undisturbed(main)) == ((), False, False)


def test_a_slow_link_makes_no_change_a_later_one(main: Main, branch: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(*values: Any) -> Any:
        time.sleep(0.5)  # as long as the handshake takes
        return opened(*values)

    with branch.cut_off():
        branch.changes("presence set", CAROL, "dnd")
        presences.set(main.truth, "anna", "201", "away")
    monkeypatch.setattr(handing, "opened", slowly)
    branch.hands_over()
    (one,) = keptchanges.listing(main.truth)
    assert (one.outcome, one.why.partition(" at ")[0]) == ("lost", "anna changed the same")


def test_what_is_refused_by_then_is_undone_here(main: Main, branch: Branch) -> None:
    users.add(main.truth, "me", "101", "Alice")
    branch.follows()
    with branch.cut_off():
        branch.changes("forwarding set", CAROL, "always", "101")
        users.remove(main.truth, "anna", "101")
    branch.hands_over()
    branch.follows()
    branch.hands_over()
    (one,) = keptchanges.listing(main.truth)
    assert (one.outcome, one.why) == ("refused", "nobody has 101 in example.org; see `carillon number list`.")
    reader = DirectoryReader(branch.paths.run_directory)
    party = reader.party("example.org", "201")
    reader.close()
    assert party is not None
    assert party.forwarding == ()


def test_a_main_that_was_restored_from_an_older_backup_is_told_again(main: Main, branch: Branch) -> None:
    """It doesn't know what it did: the change before it is missing there."""
    with branch.cut_off():
        branch.changes("presence set", CAROL, "dnd")
        branch.changes("presence set", CAROL, "away")
        one, two = branch.journal.waiting()
    branch.journal.handed([(one.id, 999)], time.time())
    branch.hands_over()
    assert [each.id for each in keptchanges.listing(main.truth)] == [one.id, two.id]
    assert not is_undisturbed(main)


def test_a_stolen_satellite_keeps_what_nobody_takes(main: Main, branch: Branch) -> None:
    with branch.cut_off():
        branch.changes("presence set", CAROL, "dnd")
    nodes.remove(main.truth, "me", "liege")
    with pytest.raises(NotTaken, match="liege is no satellite of this system"):
        branch.hands_over()
    assert len(branch.journal.waiting()) == 1
    assert not is_undisturbed(main)


def test_a_satellite_that_joined_anew_hands_over_what_it_kept_before(
    main: Main, branch: Branch, tmp_path: Path
) -> None:
    with branch.cut_off():
        branch.changes("presence set", CAROL, "dnd")
    nodes.remove(main.truth, "me", "liege")
    main.adds("liege-2", "127.0.0.22")
    shutil.copytree(tmp_path / "liege-2", branch.paths.cluster, dirs_exist_ok=True)
    branch.hands_over()
    assert is_undisturbed(main)
    assert keptchanges.listing(main.truth)[0].satellite == "liege-2"


def test_a_disk_that_is_full_is_said_and_nothing_counts(
    main: Main, branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with branch.cut_off():
        branch.paths.kept_changes.mkdir()  # no file can be there
        with pytest.raises(Refused, match=r"the change can't be kept here .*: nothing was changed"):
            branch.changes("presence set", CAROL, "dnd")
        branch.paths.kept_changes.rmdir()
        assert not branch.is_undisturbed()
        monkeypatch.setattr(upon, "lay", _fails)
        with pytest.raises(Refused, match=r"it can't be put in force here .*: nothing was changed"):
            branch.changes("presence set", CAROL, "dnd")
    assert branch.journal.all() == ()
    assert (branch.is_undisturbed(), is_undisturbed(main)) == (False, False)


def _fails(*_: object) -> None:
    raise OSError("no space left on device")


def test_a_satellite_starts_with_what_waits(main: Main, branch: Branch) -> None:
    """Its directory is that of the last time when the mains told something."""
    copy = branch.paths.run_directory.read_bytes()
    with branch.cut_off():
        branch.changes("presence set", CAROL, "dnd")
        for file in branch.paths.run_directory.parent.glob(f"{branch.paths.run_directory.name}*"):
            file.unlink()
        branch.paths.run_directory.write_bytes(copy)
        assert not branch.is_undisturbed()
        upon.begin(branch.paths, os.geteuid())
        assert branch.is_undisturbed()


def test_the_same_is_not_done_by_who_repeats_it(main: Main, branch: Branch) -> None:
    """A hand-over that somebody has recorded, and brings again."""
    with branch.cut_off():
        branch.changes("presence set", CAROL, "dnd")
    (one,) = branch.journal.waiting()
    branch.hands_over()
    presences.clear(main.truth, "anna", "201")
    what = {"id": one.id, "change": one.change, "who": one.who, "arguments": one.arguments, "version": one.version}
    said = hands(main, "liege", {**what, "age_s": 0.0, "at": time.time(), "waited": True})
    assert said["outcomes"][0]["outcome"] == "done"
    assert not is_undisturbed(main)
