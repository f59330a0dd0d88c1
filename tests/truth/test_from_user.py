"""The account that a provider wants in From, as it is typed."""

from __future__ import annotations

from tests.truth.terminal import Terminal

from carillon.stores.directory import DirectoryReader


def test_an_account_in_from_is_in_force_at_once_and_taken_back(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("trunk", "add", "provider", "--address", "192.0.2.9:5060", "--from-user", "line-4711")
    assert worker.trunks()["example.org", "provider"].from_user == "line-4711"
    assert carillon.got("trunk", "show", "provider")["from_user"] == "line-4711"
    assert "can't stand in From" in carillon.refused("trunk", "set", "provider", "--from-user", "a <b>")
    carillon.done("trunk", "set", "provider", "--from-user", "")
    assert worker.trunks()["example.org", "provider"].from_user is None
