"""Who changed what, as an administrator reads it."""

from __future__ import annotations

import pytest
from tests.truth.terminal import Terminal


@pytest.fixture(autouse=True)
def who(monkeypatch: pytest.MonkeyPatch) -> None:
    """The person behind sudo."""
    monkeypatch.setenv("SUDO_USER", "ann")


def test_changes_are_listed_oldest_first(carillon: Terminal) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    carillon.done("user", "set", "101", "--name", "Alice Peeters")
    carillon.done("user", "remove", "101")
    changes = carillon.got("change", "list", "--newest", "3")
    assert [(one["who"], one["noun"], one["key"], one["change"]) for one in changes] == [
        ("ann", "user", "101", "added"),
        ("ann", "user", "101", "changed"),
        ("ann", "user", "101", "removed"),
    ]
    assert (changes[1]["before"]["name"], changes[1]["after"]["name"]) == ("Alice", "Alice Peeters")


def test_a_person_reads_what_differs(carillon: Terminal) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    carillon.done("user", "set", "101", "--name", "Alice Peeters")
    told = carillon.done("change", "list", "--newest", "1").out
    assert "user 101@example.org changed" in told
    assert "name: Alice → Alice Peeters" in told
    assert "site" not in told


def test_changes_of_one_kind(carillon: Terminal) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    assert {one["noun"] for one in carillon.got("change", "list", "--noun", "user")} == {"user"}
    assert carillon.refused("change", "list", "--noun", "thing").startswith("noun: ")
