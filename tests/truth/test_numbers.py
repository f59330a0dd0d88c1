"""Further numbers and whom they reach."""

from __future__ import annotations

import pytest
from tests.truth.terminal import Terminal

from carillon.stores.directory import DirectoryReader


@pytest.fixture(autouse=True)
def people(carillon: Terminal) -> None:
    """Alice and Bob."""
    carillon.done("user", "add", "101", "--name", "Alice")
    carillon.done("user", "add", "102", "--name", "Bob")


def reached(worker: DirectoryReader, number: str) -> str | None:
    """The name of whom `number` reaches in a running system."""
    party = worker.party("example.org", number)
    return party.name if party else None


def test_an_extension_and_further_numbers_reach_their_user(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("number", "add", "+3225551234", "--to", "101")
    carillon.done("number", "add", "200", "--to", "101")
    assert {reached(worker, number) for number in ("101", "200", "+3225551234")} == {"Alice"}
    assert carillon.got("user", "show", "101")["numbers"] == ["+3225551234", "200"]
    assert [row["number"] for row in carillon.got("number", "list", "--to", "101")] == ["+3225551234", "101", "200"]


def test_a_number_is_understood_as_people_write_it(carillon: Terminal) -> None:
    assert carillon.got("number", "add", "+32 (2) 555-12.34", "--to", "101")["number"] == "+3225551234"
    assert carillon.got("number", "show", "+32 2 555 12 34")["number"] == "+3225551234"
    carillon.done("number", "remove", "+32 2 5551234")


@pytest.mark.parametrize("number", ["+999 123456", "+32 2 555", "+32 2 555 12 34 56 78", "+32 2 555 ext 4"])
def test_a_number_that_cannot_be_is_refused(carillon: Terminal, number: str) -> None:
    assert carillon.refused("number", "add", number, "--to", "101").startswith(f"number: '{number}' ")


def test_a_number_moves_to_somebody_else(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("number", "add", "200", "--to", "101")
    assert carillon.got("number", "set", "200", "--to", "102")["name"] == "Bob"
    assert reached(worker, "200") == "Bob"


def test_a_removed_number_reaches_nobody(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("number", "add", "200", "--to", "101")
    answer = carillon.done("number", "remove", "200")
    assert "Number 200 of example.org, which reaches 101 (Alice), removed." in answer.out
    assert reached(worker, "200") is None
    assert "200 isn't in use in example.org" in carillon.refused("number", "show", "200")


def test_a_number_in_another_domain_goes_to_its_people(carillon: Terminal) -> None:
    carillon.done("domain", "add", "b.org")
    carillon.done("user", "add", "101@b.org", "--name", "Carol")
    added = carillon.got("number", "add", "200@b.org", "--to", "101")
    assert (added["domain"], added["name"]) == ("b.org", "Carol")
    assert carillon.refused("number", "set", "200@b.org", "--to", "101@example.org").startswith("to: ")
    assert carillon.refused("number", "add", "300@b.org", "--to", "101@example.org").startswith("number: ")


@pytest.mark.parametrize("number", ["", "abc", "+0123", "+", "00 32", "+" + "1" * 16, "1" * 16, "32+1"])
def test_a_bad_number_is_refused(carillon: Terminal, number: str) -> None:
    assert carillon.refused("number", "add", number, "--to", "101").startswith("number: ")


@pytest.mark.parametrize("target", ["109", "voice mail", ""])
def test_a_target_that_is_not_there_is_refused(carillon: Terminal, target: str) -> None:
    assert carillon.refused("number", "add", "200", "--to", target).startswith("to: ")


def test_a_number_in_use_is_refused(carillon: Terminal) -> None:
    carillon.done("number", "add", "200", "--to", "101")
    assert carillon.refused("number", "add", "200", "--to", "102").startswith("number: 200 is a number of 101")
    assert carillon.refused("number", "add", "102", "--to", "101").startswith("number: 102 is the extension")


@pytest.mark.parametrize("verb", [["remove"], ["set", "--to", "102"]])
def test_the_extension_of_a_user_stays_with_him(carillon: Terminal, verb: list[str]) -> None:
    assert "101 is the extension of its user" in carillon.refused("number", *verb, "101")


def test_an_access_number_is_shown_listed_and_kept(carillon: Terminal, worker: DirectoryReader) -> None:
    answer = carillon.done("number", "add", "+3225550199", "--to", "access")
    assert "Number +3225550199 of example.org, which reaches access, added." in answer.out
    party = worker.party("example.org", "+3225550199")
    assert party is not None
    assert party.service == "access"
    assert [row["number"] for row in carillon.got("number", "list", "--to", "access")] == ["+3225550199"]
    carillon.done("number", "set", "+3225550199", "--to", "101")
    assert reached(worker, "+3225550199") == "Alice"
    carillon.done("number", "set", "+3225550199", "--to", "access")
    assert carillon.got("number", "show", "+3225550199")["to"] == "access"


@pytest.mark.parametrize("target", ["access:101", "voicemail", "robot"])
def test_what_a_number_cannot_reach_is_refused(carillon: Terminal, target: str) -> None:
    assert carillon.refused("number", "add", "200", "--to", target).startswith("to: ")
