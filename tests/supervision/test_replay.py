"""What the journal gives back: the newest word on each address, and nothing that has expired or was cut off."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from carillon.stores.registrationjournal import FILE_S, KEPT_FILES, Binding, RegistrationJournal, newest
from carillon.stores.registrations import registrations
from carillon.supervision.replay import replay

NOW = 1_800_000_000
ALICE = "101@example.org"
DESK = Binding(
    contact="sip:101@10.0.0.1:5070",
    received="sip:10.0.0.1:40000",
    path="<sip:10.0.0.9;lr>",
    call_id="call",
    user_agent="Phone 1",
    socket="udp:192.0.2.1:5060",
    instance="<urn:uuid:1>",
    ruid="uloc-1",
    expires=NOW + 600,
    q=500,
    cseq=7,
    reg_id=1,
    modified=NOW - 60,
    flags=64,
)
HOME = replace(DESK, contact="sip:101@10.0.0.2:5070", ruid="uloc-2", q=-1, instance="", reg_id=0, path="")

TABLE = """CREATE TABLE location (ruid TEXT UNIQUE, username TEXT, domain TEXT, contact TEXT, received TEXT, path TEXT,
    expires REAL, q REAL, callid TEXT, cseq INTEGER, last_modified REAL, user_agent TEXT, socket TEXT, instance TEXT,
    reg_id INTEGER, cflags INTEGER, connection_id INTEGER)"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A system's state that knows nobody."""
    (tmp_path / "journal").mkdir()
    with closing(sqlite3.connect(tmp_path / "location.db")) as connection:
        connection.execute(TABLE)
    return tmp_path


def contacts(state: Path) -> list[str]:
    """Where Alice is reached, as the engine will read it."""
    return sorted(each.contact for each in registrations(state / "location.db", ("101", "example.org")))


def test_what_was_accepted_is_there_after_the_restart(state: Path) -> None:
    RegistrationJournal(state / "journal").write(1, ALICE, [DESK, HOME])
    assert replay(state, NOW) == 1
    desk = next(each for each in registrations(state / "location.db") if each.contact == DESK.contact)
    assert (desk.q, desk.address, desk.transport, round(desk.expires)) == (0.5, "10.0.0.1:40000", "udp", NOW + 600)
    home = next(each for each in registrations(state / "location.db") if each.contact == HOME.contact)
    assert home.q is None


def test_a_phone_behind_a_nat_is_still_known_to_be_there(state: Path) -> None:
    RegistrationJournal(state / "journal").write(1.0, ALICE, [DESK])
    replay(state, NOW)
    with closing(sqlite3.connect(state / "location.db")) as location:
        assert location.execute("SELECT cflags FROM location").fetchall() == [(DESK.flags,)]


def test_a_phone_that_left_stays_away(state: Path) -> None:
    RegistrationJournal(state / "journal").write(1, ALICE, [DESK, HOME])
    replay(state, NOW)
    RegistrationJournal(state / "journal").write(2, ALICE, [HOME])
    replay(state, NOW)
    assert contacts(state) == [HOME.contact]
    RegistrationJournal(state / "journal").write(3, ALICE, [])
    replay(state, NOW)
    assert contacts(state) == []


def test_the_newest_word_wins_whoever_wrote_it_first(state: Path) -> None:
    one, other = RegistrationJournal(state / "journal"), RegistrationJournal(state / "journal")
    other.write(2, ALICE, [DESK, HOME])
    one.write(1, ALICE, [DESK])
    replay(state, NOW)
    assert contacts(state) == [DESK.contact, HOME.contact]


def test_other_people_keep_what_the_engine_had_written(state: Path) -> None:
    RegistrationJournal(state / "journal").write(1, "102@example.org", [replace(DESK, ruid="uloc-3")])
    replay(state, NOW)
    RegistrationJournal(state / "journal").write(2, ALICE, [HOME])
    replay(state, NOW)
    assert len(registrations(state / "location.db")) == 2


def test_what_has_expired_is_left_out(state: Path) -> None:
    RegistrationJournal(state / "journal").write(1, ALICE, [replace(DESK, expires=NOW), HOME])
    replay(state, NOW)
    assert contacts(state) == [HOME.contact]


@pytest.mark.parametrize("cut", [2, 10, 150])
def test_a_line_that_was_cut_off_spoils_no_other(state: Path, cut: int) -> None:
    journal = RegistrationJournal(state / "journal")
    journal.write(1, ALICE, [DESK])
    file = next((state / "journal").iterdir())
    os.truncate(file, file.stat().st_size - cut)
    journal.write(2, ALICE, [HOME])
    replay(state, NOW)
    assert contacts(state) == [HOME.contact]


def test_a_replay_that_was_interrupted_is_done_again(state: Path) -> None:
    RegistrationJournal(state / "journal").write(1, ALICE, [DESK, HOME])
    kept = {path: path.read_bytes() for path in (state / "journal").iterdir()}
    replay(state, NOW)
    for path, text in kept.items():
        path.write_bytes(text)
    replay(state, NOW)
    assert contacts(state) == [DESK.contact, HOME.contact]
    assert newest(state / "journal") == {}


def test_the_journal_stays_small(state: Path) -> None:
    journal = RegistrationJournal(state / "journal")
    for minute in range(100):
        journal.write(minute * FILE_S, ALICE, [DESK])
    assert len(list((state / "journal").iterdir())) == KEPT_FILES
