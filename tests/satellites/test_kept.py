"""What a satellite keeps while it is cut off: on disk before it counts, and laid upon what the mains told."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.satellites.conftest import Pair

from carillon.model.refused import Refused
from carillon.provisioning import forwardings, groups, presences, users
from carillon.satellites import upon
from carillon.satellites.kept import Journal, Kept
from carillon.satellites.moments import Anchor, Moment
from carillon.satellites.person import Person
from carillon.stores.directory import DirectoryReader
from carillon.stores.directoryfile import writing
from carillon.stores.ports import Party, StoreDown

CAROL, DAVE = "201@example.org", "202@example.org"
NOWHERE = Path("/nowhere")


def kept(change: str, *arguments: str) -> Kept:
    """Made now."""
    return Kept.new(NOWHERE, change, f"phone {arguments[0]}", arguments)


def party(pair: Pair, extension: str) -> Party:
    """Somebody as calls at the branch see him."""
    reader = DirectoryReader(pair.branch)
    found = reader.party("example.org", extension)
    reader.close()
    assert found is not None
    return found


def lays(pair: Pair, *waiting: Kept) -> None:
    """Let these wait at the branch, and no others."""
    with writing(pair.branch, os.geteuid()) as directory:
        upon.lift(directory)
        upon.lay(directory, waiting)


def test_what_is_kept_is_there_after_a_restart_in_its_order(tmp_path: Path) -> None:
    changes = [kept("presence set", CAROL, "dnd"), kept("dnd end", CAROL), kept("presence clear", DAVE)]
    journal = Journal(tmp_path / "kept.db")
    for change in changes:
        journal.append(change)
    assert Journal(tmp_path / "kept.db").all() == tuple(changes)
    assert (tmp_path / "kept.db").stat().st_mode & 0o777 == 0o600


def test_what_is_answered_for_waits_no_more_and_may_be_asked_again(tmp_path: Path) -> None:
    journal, one, two = Journal(tmp_path / "kept.db"), kept("dnd end", CAROL), kept("dnd end", DAVE)
    journal.append(one)
    journal.append(two)
    journal.handed([(one.id, 12)], 1000.0)
    assert journal.waiting() == (two,)
    journal.wait_again(999.0)
    assert journal.all() == (replace(one, sequence=12), two)
    journal.wait_again(1001.0)
    assert journal.waiting() == (one, two)
    journal.forget(one.id)
    assert journal.all() == (two,)


KEEPS = """
import sys
from pathlib import Path
from carillon.satellites.kept import Journal, Kept
journal = Journal(Path(sys.argv[1]))
while True:
    new = Kept.new(Path("/nowhere"), "presence set", "phone", ["201@example.org", "dnd"])
    journal.append(new)
    print(new.id, flush=True)
"""


@pytest.mark.parametrize("seen", [1, 20, 100])
def test_nothing_that_was_kept_is_lost_by_kill(tmp_path: Path, seen: int) -> None:
    file = tmp_path / "kept.db"
    with subprocess.Popen([sys.executable, "-c", KEEPS, str(file)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(seen)]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.read().split()
    assert [one.id for one in Journal(file).all()][: len(told)] == told


BESIDE = """
import sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None)
file.execute("INSERT INTO kept (id, said) SELECT 'beside' || count(*), said FROM kept LIMIT 1")
"""


def test_two_who_look_at_once_hide_nothing_from_each_other(tmp_path: Path) -> None:
    """Opened twice in one process while others write: locks that are lost so would lose what was kept."""
    path = tmp_path / "kept.db"
    Journal(path).append(kept("dnd end", CAROL))
    first = Journal(path)
    assert len(first.all()) == 1
    second = Journal(path)
    assert len(second.all()) == 1
    subprocess.run([sys.executable, "-c", BESIDE, str(path)], check=True)
    assert path.with_name("kept.db-wal").exists()  # the other one knows that we are here
    assert len(first.all()) == len(second.all()) == 2


def test_a_disk_that_takes_nothing_is_said_and_nothing_is_kept(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"the change can't be kept here .*: nothing was changed"):
        Journal(tmp_path / "missing" / "kept.db").append(kept("dnd end", CAROL))
    (tmp_path / "kept.db").write_bytes(b"no database" * 100)
    with pytest.raises(StoreDown, match="changes that are kept: file is not a database"):
        Journal(tmp_path / "kept.db").all()


def test_a_file_that_a_full_disk_did_not_let_be_made_keeps_nothing_and_is_asked_as_ever(tmp_path: Path) -> None:
    (tmp_path / "kept.db").touch()
    assert Journal(tmp_path / "kept.db").all() == ()
    assert (tmp_path / "kept.db").stat().st_size == 0


def test_a_change_of_an_older_or_newer_version_is_read(tmp_path: Path) -> None:
    journal, old = Journal(tmp_path / "kept.db"), replace(kept("dnd end", CAROL), version="0.0.9")
    journal.append(old)
    with closing(sqlite3.connect(tmp_path / "kept.db", isolation_level=None)) as file:
        file.execute("UPDATE kept SET said = json_set(said, '$.colour', 'red', '$.made.zone', 'CET')")
    assert journal.all() == (old,)


def test_what_waits_counts_for_calls_at_the_branch_at_once(pair: Pair) -> None:
    pair.follows()
    lays(pair, kept("presence set", CAROL, "dnd"), kept("forwarding set", CAROL, "busy", "102"))
    assert [row.dnd for row in party(pair, "201").presence] == [True]
    assert [(row.cause, row.targets) for row in party(pair, "201").forwarding] == [("busy", ("102",))]
    lays(pair)
    assert (party(pair, "201").presence, party(pair, "201").forwarding) == ((), ())


def test_he_is_the_same_by_all_his_numbers(pair: Pair) -> None:
    from carillon.provisioning import numbers

    numbers.add(pair.truth, "me", "+3242220101", "201")
    pair.follows()
    lays(pair, kept("presence set", CAROL, "dnd"))
    assert party(pair, "+3242220101").presence == party(pair, "201").presence != ()


def test_what_mains_tell_meanwhile_lies_beneath(pair: Pair) -> None:
    """It counts where nothing waits, and comes to light when nothing waits any more."""
    pair.follows()
    waiting = (kept("presence set", CAROL, "dnd"),)
    pair.kept = lambda: waiting
    lays(pair, *waiting)
    presences.set(pair.truth, "anna", "201", "away")
    forwardings.set_plain(pair.truth, "anna", "201", "busy", "101")
    users.set(pair.truth, "anna", "201", name="Caroline")
    presences.set(pair.truth, "anna", "202", "away")
    pair.follows()
    assert [row.dnd for row in party(pair, "201").presence] == [True]
    assert (party(pair, "201").name, [row.cause for row in party(pair, "201").forwarding]) == ("Caroline", ["busy"])
    assert [row.state for row in party(pair, "202").presence] == ["away"]
    waiting = ()
    lays(pair)
    assert pair.told_rows() == pair.anew()


def test_what_was_done_by_a_main_lies_upon_it_until_that_is_told_here(pair: Pair) -> None:
    pair.follows()
    before = presences.set(pair.truth, "anna", "202", "away")
    done = replace(kept("presence set", CAROL, "dnd"), sequence=before + 1)
    pair.kept = lambda: (done,)
    lays(pair, done)
    pair.follows()
    assert [row.dnd for row in party(pair, "201").presence] == [True]
    presences.set(pair.truth, "phone by liege", "201", "dnd")
    pair.follows()
    assert pair.told_rows() == pair.anew()


def test_who_was_removed_takes_what_waits_with_him(pair: Pair) -> None:
    pair.follows()
    pair.kept = lambda: (kept("presence set", CAROL, "dnd"),)
    lays(pair, *pair.kept())
    users.remove(pair.truth, "anna", "201")
    pair.follows()
    assert pair.told_rows() == pair.anew()


CHANGES = (
    ("presence set", "dnd"),
    ("presence set", "away", "lunch"),
    ("presence set", "away", "", "17:30"),
    ("presence clear",),
    ("dnd end",),
    ("forwarding set", "always", "102"),
    ("forwarding set", "no-answer", "+3225550101"),
    ("forwarding set", "busy", "+32475112233"),
    ("forwarding unset", "always"),
    ("forwarding unset", "no-answer"),
)


@pytest.mark.parametrize("seed", range(6))
def test_a_satellite_makes_of_changes_what_a_main_makes_of_them(pair: Pair, seed: int) -> None:
    """In any order, upon whatever was there, also rows that only administrators set."""
    from carillon.asterisk.changes import CHANGES as USE_CASES

    chance = random.Random(seed)
    forwardings.add(pair.truth, "anna", "201", forwardings.RowTyped("busy", ("102",), presence="away"))
    forwardings.add(pair.truth, "anna", "201", forwardings.RowTyped("no-answer", ("101",), after_s=12))
    pair.follows()
    waiting: list[Kept] = []
    for change, *more in chance.choices(CHANGES, k=8):
        waiting.append(kept(change, CAROL, *more))
        made = {"made": waiting[-1].at} if change == "presence set" else {}
        result = USE_CASES[change](pair.truth, "phone", CAROL, *more, **made)
        with closing(sqlite3.connect(pair.branch)) as directory:
            here = Person(directory, CAROL).does(waiting[-1])
        assert isinstance(here, bool) is isinstance(result, bool)
        assert not isinstance(result, bool) or here == result
        lays(pair, *waiting)
    here_rows = [replace(row, id=0) for row in party(pair, "201").forwarding]
    here_states = party(pair, "201").presence
    lays(pair)
    pair.follows()
    assert [replace(row, id=0) for row in party(pair, "201").forwarding] == here_rows
    assert party(pair, "201").presence == here_states


@pytest.mark.parametrize(("change", "why"), [
    (("presence set", CAROL, "asleep"), "asleep"),
    (("forwarding set", CAROL, "always", "999"), "nobody has 999"),
    (("forwarding set", CAROL, "always", "201"), "201 is the person himself"),
    (("presence set", "299@example.org", "dnd"), "nobody here knows 299@example.org"),
])  # fmt: skip
def test_what_a_main_would_refuse_is_refused_here(pair: Pair, change: tuple[str, ...], why: str) -> None:
    pair.follows()
    wanted = kept(*change)
    with closing(sqlite3.connect(pair.branch)) as directory, pytest.raises(Refused, match=why):
        Person(directory, wanted.person).does(wanted)


def test_a_group_may_be_forwarded_to(pair: Pair) -> None:
    from carillon.provisioning import numbers

    groups.add(pair.truth, "me", "sales")
    numbers.add(pair.truth, "me", "500", "group:sales")
    pair.follows()
    lays(pair, kept("forwarding set", CAROL, "always", "500"))
    assert party(pair, "201").forwarding[0].targets == ("500",)


def test_the_time_of_the_mains_is_known_while_the_link_is_cut() -> None:
    """By the clock that nobody sets, within one run of the machine; else by what the other one has shown since."""
    anchor = Anchor(5000.0, Moment(100.0, 7.0, "a"))
    assert anchor.by_mains(Moment(99999.0, 67.0, "a")) == 5060.0
    assert anchor.by_mains(Moment(400.0, 3.0, "b")) == 5300.0
    assert anchor.by_mains(Moment(-99999.0, 3.0, "b")) == 5000.0


def test_the_age_of_a_change_is_known_within_one_run_of_the_machine() -> None:
    made = Moment(100.0, 7.0, "a")
    assert made.age_at(Moment(-5.0, 17.0, "a")) == 10.0
    assert made.age_at(Moment(200.0, 1.0, "b")) is None


def test_an_anchor_is_kept(tmp_path: Path) -> None:
    anchor = Anchor(5000.0, Moment.now())
    anchor.write(tmp_path / "clock.json")
    assert Anchor.read(tmp_path / "clock.json") == anchor
    (tmp_path / "clock.json").write_text("{")
    assert Anchor.read(tmp_path / "clock.json") is None
