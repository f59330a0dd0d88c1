"""Groups of people, and which outside calls each may make."""

from __future__ import annotations

import pytest
from tests.truth.terminal import Terminal

from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import GroupProfile, Party


@pytest.fixture(autouse=True)
def people(carillon: Terminal) -> None:
    """Alice, Bob, Carol; and another Alice elsewhere."""
    for extension, name in (("101", "Alice"), ("102", "Bob"), ("103", "Carol")):
        carillon.done("user", "add", extension, "--name", name)
    carillon.done("domain", "add", "b.org")
    carillon.done("user", "add", "101@b.org", "--name", "Alice of b")


def test_a_group_has_people_in_an_order(carillon: Terminal) -> None:
    carillon.done("group", "add", "sales", "--members", "102, 101")
    assert carillon.got("group", "show", "sales")["members"] == ["102", "101"]
    assert carillon.got("group", "set", "sales", "--add", "103,101", "--remove", "102")["members"] == ["101", "103"]
    assert carillon.got("group", "set", "sales", "--members", "103,102")["members"] == ["103", "102"]
    assert carillon.got("user", "show", "102")["groups"] == ["sales"]
    carillon.done("group", "remove", "sales")
    assert carillon.got("group", "list") == []


def test_who_goes_leaves_his_groups(carillon: Terminal) -> None:
    carillon.done("group", "add", "sales", "--members", "101,102")
    assert "his place in group sales" in carillon.done("user", "remove", "101").out
    assert carillon.got("group", "show", "sales")["members"] == ["102"]


def test_groups_of_two_domains_are_apart(carillon: Terminal) -> None:
    carillon.done("group", "add", "sales", "--members", "101")
    carillon.done("group", "add", "sales@b.org", "--members", "101")
    assert [group["domain"] for group in carillon.got("group", "list")] == ["b.org", "example.org"]
    assert carillon.refused("group", "set", "sales", "--add", "101@b.org").startswith("members: ")
    assert "still has 1 user" in carillon.refused("domain", "remove", "b.org")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("name", ["add", "sales", "--members", "101"]),
        ("name", ["add", "a b"]),
        ("members", ["add", "x", "--members", "109"]),
        ("members", ["add", "x", "--members", "101,101"]),
        ("remove", ["set", "sales", "--remove", "103"]),
        ("name", ["show", "x"]),
    ],
)
def test_what_cannot_be_a_group_is_refused(carillon: Terminal, field: str, words: list[str]) -> None:
    carillon.done("group", "add", "sales", "--members", "101")
    assert carillon.refused("group", *words).startswith(f"{field}: ")


def test_how_a_group_rings_is_in_force_at_once(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("group", "add", "support", "--members", "103")
    carillon.done("group", "add", "sales", "--members", "102,101", "--ring-time", "15", "--then", "group:support")
    assert worker.groups()["example.org", "sales"] == GroupProfile("sales", ("102", "101"), "all", 15, "group:support")
    carillon.done("group", "set", "sales", "--ring", "in-turn", "--then", "")
    assert worker.groups()["example.org", "sales"] == GroupProfile("sales", ("102", "101"), "in-turn", 15, "")
    carillon.done("user", "remove", "102")
    assert worker.groups()["example.org", "sales"].members == ("101",)


def test_a_group_has_numbers(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("group", "add", "sales", "--members", "102")
    carillon.done("number", "add", "200", "--to", "group:sales")
    assert worker.party("example.org", "200") == Party("200", "example.org", "sales", service="group:sales")
    assert [row["number"] for row in carillon.got("number", "list", "--to", "group:sales")] == ["200"]
    assert "a number of group:sales" in carillon.refused("number", "add", "200", "--to", "101")
    carillon.done("number", "set", "200", "--to", "101")
    party = worker.party("example.org", "200")
    assert party is not None
    assert (party.extension, party.service) == ("101", "")
    carillon.done("number", "set", "200", "--to", "group:sales")
    carillon.done("number", "remove", "200")
    assert worker.party("example.org", "200") is None


def test_a_group_that_something_leads_to_stays(carillon: Terminal) -> None:
    carillon.done("group", "add", "sales", "--members", "102")
    carillon.done("group", "add", "support", "--then", "group:sales")
    carillon.done("number", "add", "200", "--to", "group:sales")
    carillon.done("forwarding", "add", "101", "--when", "busy", "--to", "group:sales")
    refused = carillon.refused("group", "remove", "sales")
    assert "number 200, group support, row 1 of 101" in refused


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("then", ["group", "set", "sales", "--then", "109"]),
        ("then", ["group", "set", "sales", "--then", "group:nobody"]),
        ("then", ["group", "set", "sales", "--then", "group:sales"]),
        ("then", ["group", "set", "sales", "--then", "101@b.org"]),
        ("then", ["group", "set", "sales", "--then", "+32475123456"]),
        ("then", ["group", "set", "sales", "--then", "queue:x"]),
        ("ring-time", ["group", "set", "sales", "--ring-time", "4"]),
        ("to", ["number", "add", "200", "--to", "group:nobody"]),
        ("to", ["number", "add", "200@b.org", "--to", "group:sales"]),
        ("to", ["forwarding", "add", "101", "--when", "busy", "--to", "group:nobody"]),
    ],
)
def test_where_a_group_cannot_lead_and_what_cannot_lead_there(carillon: Terminal, field: str, words: list[str]) -> None:
    carillon.done("group", "add", "sales", "--members", "101")
    assert carillon.refused(*words).startswith(f"{field}: ")


def test_rights_are_in_force_at_once(carillon: Terminal, worker: DirectoryReader) -> None:
    def outside() -> set[str]:
        party = worker.party("example.org", "101")
        assert party is not None
        return set(party.outside)

    assert outside() == {"national", "mobile", "free"}
    answer = carillon.done("right", "set", "101", "--outside", "mobile,national")
    assert answer.out.startswith("Outside calls of 101@example.org (Alice): national, mobile.")
    assert outside() == {"national", "mobile"}
    carillon.done("right", "set", "101", "--outside", "none")
    assert outside() == set()
    carillon.done("right", "set", "101", "--outside", "all")
    carillon.done("right", "remove", "101", "--outside", "premium special")
    assert outside() == {"national", "mobile", "international", "free", "shared"}
    carillon.done("right", "add", "101", "--outside", "premium")
    assert carillon.got("right", "show", "101") == {
        "extension": "101",
        "domain": "example.org",
        "name": "Alice",
        "internal": True,
        "emergency": True,
        "outside": ["national", "mobile", "international", "premium", "free", "shared"],
    }
    assert len(carillon.got("right", "list", "--domain", "example.org")) == 3


@pytest.mark.parametrize("classes", ["", "abroad", "all,none", "national,lunar"])
def test_an_unknown_class_is_refused(carillon: Terminal, classes: str) -> None:
    assert carillon.refused("right", "set", "101", "--outside", classes).startswith("outside: ")
