"""Which calls are recorded, as administrators say it."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest
from tests.truth.terminal import Terminal

from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import RecordingRule


@pytest.fixture(autouse=True)
def people(carillon: Terminal) -> None:
    """Alice and Bob."""
    for extension, name in (("101", "Alice"), ("102", "Bob")):
        carillon.done("user", "add", extension, "--name", name)


def in_force(worker: DirectoryReader) -> tuple[RecordingRule, ...]:
    """What the call logic sees."""
    return worker.domains()["example.org"].recording


def test_a_rule_is_made_listed_and_removed(carillon: Terminal, worker: DirectoryReader) -> None:
    made = carillon.done("recording", "rule", "add", "101", "--calls", "external", "--required").out
    assert made == "Rule 1: external calls of 101 are recorded.\nIn force now.\n"
    assert in_force(worker) == (RecordingRule(1, "external", frozenset({"101"}), None, True),)
    row = {"id": 1, "domain": "example.org", "whose": "101", "calls": "external", "required": True}
    row |= {"on_demand": False, "pausable": False, "announced": None, "tone_every_s": None}
    assert carillon.got("recording", "rule", "list") == [row]
    carillon.done("recording", "rule", "remove", "1")
    assert in_force(worker) == ()


def test_a_group_is_its_people_as_they_are(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("group", "add", "sales", "--members", "101")
    carillon.done("recording", "rule", "add", "group:sales")
    assert in_force(worker)[0].people == {"101"}
    carillon.done("group", "set", "sales", "--add", "102")
    assert in_force(worker)[0].people == {"101", "102"}
    carillon.done("group", "remove", "sales")
    assert in_force(worker) == ()


def test_rules_go_with_whom_they_are_about(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("trunk", "add", "provider", "--address", "192.0.2.9")
    carillon.done("recording", "rule", "add", "trunk:provider", "--calls", "in")
    carillon.done("recording", "rule", "add", "102")
    carillon.done("recording", "rule", "add", "everybody")
    carillon.done("trunk", "remove", "provider")
    carillon.done("user", "remove", "102")
    assert [(rule.people, rule.trunk) for rule in in_force(worker)] == [(None, None)]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("199",), "whose: there is no user 199@example.org"),
        (("group:nobody",), "there is no group nobody"),
        (("team:x",), "whose: 'team:x' isn't known"),
        (("101", "--calls", "some"), "calls: 'some' isn't known"),
        (("everybody@b.org",), "domain: b.org isn't served here"),
    ],
)
def test_what_is_no_rule(carillon: Terminal, words: tuple[str, ...], problem: str) -> None:
    assert problem in carillon.refused("recording", "rule", "add", *words)


def test_the_same_rule_twice(carillon: Terminal) -> None:
    carillon.done("recording", "rule", "add", "101")
    assert "rule 1 says so already" in carillon.refused("recording", "rule", "add", "101")
    assert "there is no rule 7" in carillon.refused("recording", "rule", "remove", "7")


def test_how_long_recordings_are_kept(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("domain", "set", "example.org", "--recording-days", "90")
    assert worker.domains()["example.org"].recording_days == 90
    assert carillon.refused("domain", "set", "example.org", "--recording-days", "-1").startswith("recording_days: -1")


def test_a_person_may_record_by_key(carillon: Terminal, worker: DirectoryReader) -> None:
    made = carillon.done("recording", "rule", "add", "101", "--on-demand").out
    assert made.startswith("Rule 1: all calls of 101 are recorded when the person presses *1.\n")
    carillon.done("recording", "rule", "add", "102", "--pausable", "--required")
    assert in_force(worker) == (
        RecordingRule(1, "all", frozenset({"101"}), None, False, True, False),
        RecordingRule(2, "all", frozenset({"102"}), None, True, False, True),
    )


def test_what_no_key_is_for_is_refused(carillon: Terminal) -> None:
    carillon.done("trunk", "add", "provider", "--address", "192.0.2.9")
    assert "a trunk presses no key" in carillon.refused("recording", "rule", "add", "trunk:provider", "--on-demand")
    assert "--required" in carillon.refused("recording", "rule", "add", "101", "--on-demand", "--required")


def prompt(directory: Path, seconds: int) -> str:
    """An audio file of that length."""
    with wave.open(str(directory / "prompt.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16000 * seconds))
    return str(directory / "prompt.wav")


def test_what_both_sides_hear_is_set_and_changed(carillon: Terminal, worker: DirectoryReader, tmp_path: Path) -> None:
    made = carillon.done("recording", "rule", "add", "everybody", "--announce", "tone", "--tone-every", "15").out
    told = "announced by a tone and a tone every 15 s"
    assert made.startswith(f"Rule 1: all calls of everybody are recorded, {told}.\n")
    assert [(rule.announce, rule.tone_every_s) for rule in in_force(worker)] == [("tone", 15)]
    carillon.done("announcement", "add", "told", prompt(tmp_path, 2))
    carillon.done("recording", "rule", "set", "1", "--announce", "announcement:told")
    assert [(rule.announce, rule.tone_every_s) for rule in in_force(worker)] == [("announcement:told", 15)]
    assert "recording rule 1" in carillon.refused("announcement", "remove", "told")
    carillon.done("recording", "rule", "set", "1", "--announce", "no")
    assert [(rule.announce, rule.tone_every_s) for rule in in_force(worker)] == [("", 0)]
    carillon.done("announcement", "remove", "told")
    carillon.done("recording", "rule", "set", "1", "--tone-every", "20")
    assert [(rule.announce, rule.tone_every_s) for rule in in_force(worker)] == [("tone", 20)]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--announce", "loud"), "announce: 'loud' isn't known; write tone, announcement:NAME or no."),
        (("--announce", "announcement:nobody"), "announce: there is no announcement nobody"),
        (("--announce", "announcement:long"), "announce: announcement:long is 30 s long"),
        (("--tone-every", "2"), "tone_every: 2 isn't possible"),
        (("--tone-every", "15", "--announce", "no"), "tone_every: is for a recording that is announced"),
    ],
)
def test_what_nobody_can_hear_is_refused(
    carillon: Terminal, words: tuple[str, ...], problem: str, tmp_path: Path
) -> None:
    carillon.done("announcement", "add", "long", prompt(tmp_path, 30))
    carillon.done("recording", "rule", "add", "101")
    assert carillon.refused("recording", "rule", "add", "102", *words).startswith(problem)
    assert carillon.refused("recording", "rule", "set", "1", *words).startswith(problem)
