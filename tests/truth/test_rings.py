"""`carillon ring`, and which device rings first, on the command line."""

from __future__ import annotations

import pytest
from tests.truth.terminal import Terminal

EXTERNAL = {
    "origin": "external",
    "domain": "example.org",
    "enabled": True,
    "text": "alert-external",
    "bellcore": 2,
    "urn": "urn:alert:source:external",
}


def test_rings_are_listed_and_changed_and_set_back(carillon: Terminal) -> None:
    assert [row["origin"] for row in carillon.got("ring", "list")] == [
        *("internal", "external", "group", "forwarded", "recall")
    ]
    assert EXTERNAL in carillon.got("ring", "list")
    answer = carillon.done("ring", "set", "external", "--text", "Outside", "--bellcore", "4")
    assert answer.out.startswith("Ring of external calls in example.org changed.")
    assert {**EXTERNAL, "text": "Outside", "bellcore": 4} in carillon.got("ring", "list")
    carillon.done("ring", "remove", "external")
    assert EXTERNAL in carillon.got("ring", "list")
    assert "as by default" in carillon.refused("ring", "remove", "external")


def test_a_ring_is_shown_in_the_words_of_each_maker(carillon: Terminal) -> None:
    told = {row["phones"]: row["alert_info"] for row in carillon.got("ring", "show", "external")}
    assert told["snom"] == "<http://127.0.0.1>;info=alert-external;x-line-id=0"
    assert told["cisco"] == "<http://127.0.0.1/Bellcore-dr2>"
    assert told["others"] == "<urn:alert:source:external>"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("set", "nowhere", "--text", "x"), "choose among internal, external"),
        (("set", "external", "--text", "a;b"), "is no word for a phone"),
        (("set", "external", "--text", "a\r\nX: y"), "is no word for a phone"),
        (("set", "external", "--bellcore", "11"), "must be 1 to 10"),
        (("set", "external", "--urn", "http://x.test/a.wav"), "is no URN of RFC 7462"),
        (("set", "external@elsewhere.test", "--text", "x"), "elsewhere.test"),
    ],
)
def test_what_no_phone_understands_is_refused(carillon: Terminal, arguments: tuple[str, ...], said: str) -> None:
    assert said in carillon.refused("ring", *arguments)


def test_a_person_whose_phones_ring_alike(carillon: Terminal) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    carillon.done("user", "set", "101", "--rings", "no")
    assert carillon.got("user", "show", "101")["rings"] is False


def test_a_device_is_given_a_priority_and_left_its_own_again(carillon: Terminal) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    carillon.done("device", "add", "desk", "--user", "101", "--priority", "0.5")
    assert carillon.got("device", "show", "desk")["priority"] == 0.5
    carillon.done("device", "set", "desk", "--encryption", "on")
    carillon.done("device", "set", "desk", "--generate")
    assert carillon.got("device", "show", "desk")["priority"] == 0.5
    carillon.done("device", "set", "desk", "--priority", "phone")
    assert carillon.got("device", "show", "desk")["priority"] is None


@pytest.mark.parametrize("priority", ["1.5", "-0.1", "0.1234", "nan"])
def test_a_priority_is_from_0_to_1(carillon: Terminal, priority: str) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    assert "from 0 to 1" in carillon.refused("device", "add", "desk", "--user", "101", "--priority", priority)


def test_rings_go_with_their_domain(carillon: Terminal) -> None:
    carillon.done("domain", "add", "two.test")
    carillon.done("ring", "set", "external@two.test", "--enabled", "no")
    carillon.done("domain", "remove", "two.test")
    carillon.done("domain", "add", "two.test")
    rows = carillon.got("ring", "list", "--domain", "two.test")
    assert next(row for row in rows if row["origin"] == "external")["enabled"] is True
