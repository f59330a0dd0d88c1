"""Limits of calls at once: set, listed, compiled for the workers, taken away."""

from __future__ import annotations

from tests.truth.terminal import Terminal

from carillon.stores.directory import DirectoryReader


def test_limits_are_in_force_and_listed(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    carillon.done("group", "add", "sales", "--members", "101")
    carillon.done("trunk", "add", "provider", "--address", "192.0.2.1:5060")
    carillon.done("user", "set", "101", "--most-calls", "2")
    carillon.done("group", "set", "sales", "--most-calls", "3")
    carillon.done("trunk", "set", "provider", "--most-calls", "4")
    carillon.done("domain", "set", "example.org", "--most-calls", "5")
    party = worker.party("example.org", "101")
    assert party is not None
    assert [(str(limit), limit.most) for limit in party.limits] == [
        ("user 101@example.org", 2), ("group sales@example.org", 3), ("domain example.org", 5)
    ]  # fmt: skip
    assert worker.trunks()["example.org", "provider"].most_calls == 4
    assert [(row["scope"], row["name"], row["most_calls"]) for row in carillon.got("limit", "list")] == [
        ("domain", "example.org", 5),
        ("trunk", "provider@example.org", 4),
        ("group", "sales@example.org", 3),
        ("user", "101@example.org", 2),
    ]
    carillon.done("user", "set", "101", "--most-calls", "none")
    carillon.done("group", "set", "sales", "--remove", "101")
    party = worker.party("example.org", "101")
    assert party is not None
    assert [str(limit) for limit in party.limits] == ["domain example.org"]


def test_what_is_no_number_of_calls_is_refused(carillon: Terminal) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    for wrong in ("0", "-1", "many", "100001", "1.5"):
        assert carillon.refused("user", "set", "101", f"--most-calls={wrong}").startswith("most_calls: ")
