"""Forwarding tables, states of people, schedules and caller lists: what is typed, and what workers then see."""

from __future__ import annotations

import pytest
from tests.truth.terminal import Terminal

from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import ForwardRow, Party, ScheduleProfile


@pytest.fixture(autouse=True)
def people(carillon: Terminal) -> None:
    """Alice, Bob, Carol; and another Alice elsewhere."""
    for extension, name in (("101", "Alice"), ("102", "Bob"), ("103", "Carol")):
        carillon.done("user", "add", extension, "--name", name)
    carillon.done("domain", "add", "b.org")
    carillon.done("user", "add", "101@b.org", "--name", "Alice of b")


def bob(worker: DirectoryReader) -> Party:
    party = worker.party("example.org", "102")
    assert party is not None
    return party


def test_rows_are_in_force_at_once_and_in_their_order(carillon: Terminal, worker: DirectoryReader) -> None:
    first = carillon.got("forwarding", "add", "102", "--when", "busy", "--to", "103")["id"]
    words = ("--when", "no-answer", "--after", "20", "--to", "103", "+32475123456", "--before", str(first))
    answer = carillon.done("forwarding", "add", "102", *words)
    assert "added: no-answer, to 103 +32475123456." in answer.out
    assert "In force now." in answer.out
    rows = bob(worker).forwarding
    assert [(row.cause, row.targets, row.after_s) for row in rows] == [
        ("no-answer", ("103", "+32475123456"), 20),
        ("busy", ("103",), None),
    ]
    second = rows[0].id
    carillon.done("forwarding", "move", "102", str(second))
    assert [row.id for row in bob(worker).forwarding] == [first, second]
    carillon.done("forwarding", "remove", "102", str(first))
    assert [row["when"] for row in carillon.got("forwarding", "list", "102")] == ["no-answer"]
    carillon.done("forwarding", "clear", "102")
    assert bob(worker).forwarding == ()
    assert "none" in carillon.done("forwarding", "list", "102").out


def test_a_row_may_ask_for_more(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("schedule", "add", "office", "--hours", "mon-fri 09:00-17:30", "--holidays", "2026-12-25")
    carillon.done("callerlist", "add", "family", "--callers", "101,+3247*")
    asked = ("--presence", "vacation,busy", "--origin", "external", "--caller", "family", "--schedule", "not:office")
    row = carillon.got("forwarding", "add", "102", "--when", "always", *asked, "--ring", "30", "--to", "0475 12 34 56")
    seen = ForwardRow(
        *(row["id"], "always", ("+32475123456",), frozenset({"vacation", "busy"}), "external", "family", "not:office"),
        ring_s=30,
    )
    assert bob(worker).forwarding == (seen,)
    assert worker.schedules()["example.org", "office"] == ScheduleProfile(
        "Europe/Brussels", tuple((day, 540, 1050) for day in range(5)), frozenset({"2026-12-25"})
    )
    assert worker.caller_lists()["example.org", "family"] == {"101", "+3247*"}
    assert "row 1 of 102" in carillon.refused("schedule", "remove", "office")
    assert "row 1 of 102" in carillon.refused("callerlist", "remove", "family")
    carillon.done("forwarding", "clear", "102", "--when", "always")
    carillon.done("schedule", "remove", "office")
    carillon.done("callerlist", "remove", "family")
    assert worker.schedules() == {}


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("when", ["--when", "never", "--to", "103"]),
        ("when", ["--when", "code:200", "--to", "103"]),
        ("to", ["--when", "busy", "--to", "199"]),
        ("to", ["--when", "busy", "--to", "102"]),
        ("to", ["--when", "busy", "--to", "somebody"]),
        ("to", ["--when", "busy", "--to", "voicemail:199"]),
        ("to", ["--when", "busy", "--to", "group:nobody"]),
        ("to", ["--when", "busy", "--to", "announcement:none"]),
        ("to", ["--when", "busy", "--to", "queue:sales"]),
        ("to", ["--when", "busy", "--to", "access"]),
        ("to", ["--when", "busy", "--to", "robot:sales"]),
        ("to", ["--when", "busy", "--to", "101@b.org"]),
        ("after", ["--when", "busy", "--to", "103", "--after", "20"]),
        ("after", ["--when", "no-answer", "--to", "103", "--after", "1"]),
        ("presence", ["--when", "busy", "--to", "103", "--presence", "asleep"]),
        ("caller", ["--when", "busy", "--to", "103", "--caller", "family"]),
        ("schedule", ["--when", "busy", "--to", "103", "--schedule", "office"]),
        ("before", ["--when", "busy", "--to", "103", "--before", "99"]),
    ],
)
def test_what_cannot_be_a_row_is_refused(carillon: Terminal, field: str, words: list[str]) -> None:
    assert carillon.refused("forwarding", "add", "102", *words).startswith(f"{field}: ")
    assert carillon.got("forwarding", "list", "102") == []


def test_who_goes_is_named_where_calls_were_sent_to_him(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("forwarding", "add", "102", "--when", "busy", "--to", "103")
    carillon.done("forwarding", "add", "103", "--when", "busy", "--to", "101")
    carillon.done("presence", "set", "103", "away")
    answer = carillon.done("user", "remove", "103")
    assert "Forwarding to him is passed over now: row 1 of 102." in answer.out
    assert carillon.got("forwarding", "list", "102")[0]["dangling"]
    assert "passed over" in carillon.done("forwarding", "list", "102").out


def test_what_is_said_of_somebody(carillon: Terminal, worker: DirectoryReader) -> None:
    said = carillon.got("presence", "set", "102", "vacation", "--note", "Back on Monday", "--until", "2099-12-24T17:30")
    assert (said["state"], said["note"], said["source"]) == ("vacation", "Back on Monday", "manual")
    row = bob(worker).presence[0]
    assert (row.source, row.state, row.dnd, row.until) == ("manual", "vacation", False, 4101813000.0)
    carillon.done("presence", "set", "102", "dnd")
    assert bob(worker).presence[0].dnd
    shown = carillon.got("presence", "show", "102")
    assert (shown["state"], shown["dnd"], shown["registered"]) == ("busy", True, False)
    assert carillon.got("presence", "explain", "102")["said"][0]["verdict"] == "counts"
    assert "do not disturb, says manual" in carillon.done("presence", "explain", "102").out
    carillon.done("presence", "clear", "102")
    assert bob(worker).presence == ()
    assert carillon.got("presence", "show", "102")["source"] == "nothing"


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("state", ["asleep"]),
        ("until", ["away", "--until", "later"]),
        ("until", ["away", "--until", "2001-01-01T12:00"]),
        ("note", ["away", "--note", "x" * 200]),
    ],
)
def test_what_cannot_be_said_is_refused(carillon: Terminal, field: str, words: list[str]) -> None:
    assert carillon.refused("presence", "set", "102", *words).startswith(f"{field}: ")


def test_a_schedule_is_changed(carillon: Terminal) -> None:
    hours = ("--hours", "mon-thu 9:00-12:30,13:30-18:00", "--hours", "sat 22:00-02:00")
    assert "schedule office" not in carillon.done("schedule", "add", "office", *hours).out
    assert carillon.got("schedule", "show", "office")["hours"][-1] == "sat 22:00-02:00"
    changed = carillon.got("schedule", "set", "office", "--timezone", "America/New_York", "--holidays", "2026-12-25")
    assert (changed["timezone"], changed["holidays"]) == ("America/New_York", ["2026-12-25"])
    assert len(carillon.got("schedule", "list", "--domain", "example.org")) == 1


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("hours", ["--hours", "often"]),
        ("hours", ["--hours", "mon 9-12"]),
        ("hours", ["--hours", "mon 25:00-26:00"]),
        ("hours", ["--hours", "mon 09:00-09:00"]),
        ("holidays", ["--hours", "mon 09:00-10:00", "--holidays", "christmas"]),
        ("timezone", ["--hours", "mon 09:00-10:00", "--timezone", "Mars/Olympus"]),
        ("timezone", ["--hours", "mon 09:00-10:00", "--timezone", "../../etc/passwd"]),
    ],
)
def test_what_cannot_be_a_schedule_is_refused(carillon: Terminal, field: str, words: list[str]) -> None:
    assert carillon.refused("schedule", "add", "office", *words).startswith(f"{field}: ")


def test_a_caller_list_is_changed(carillon: Terminal) -> None:
    carillon.done("callerlist", "add", "family", "--callers", "101,anonymous")
    changed = carillon.got("callerlist", "set", "family", "--add", "+32475123456", "--remove", "101")
    assert changed["callers"] == ["anonymous", "+32475123456"]
    assert carillon.refused("callerlist", "set", "family", "--remove", "101").startswith("remove: ")
    assert carillon.refused("callerlist", "add", "x", "--callers", "mother").startswith("callers: ")
    assert carillon.refused("callerlist", "set", "family", "--remove", "anonymous,+32475123456").startswith("callers: ")


def test_call_waiting(carillon: Terminal, worker: DirectoryReader) -> None:
    assert bob(worker).call_waiting
    carillon.done("user", "set", "102", "--call-waiting", "no")
    assert not bob(worker).call_waiting


def test_a_domain_goes_with_its_schedules_and_lists(carillon: Terminal) -> None:
    carillon.done("schedule", "add", "office@b.org", "--hours", "mon-fri 09:00-17:30")
    carillon.done("callerlist", "add", "family@b.org", "--callers", "101")
    carillon.done("user", "remove", "101@b.org")
    carillon.done("domain", "remove", "b.org")
    assert carillon.got("schedule", "list") == []
    assert carillon.got("callerlist", "list") == []
