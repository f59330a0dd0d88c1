"""Who may pick up whom: as it is set, and as a worker sees it at once."""

from __future__ import annotations

import pytest
from tests.truth.terminal import Terminal

from carillon.routing.pickuprights import refusal
from carillon.stores.directory import DirectoryReader


@pytest.fixture(autouse=True)
def people(carillon: Terminal) -> None:
    """Alice, Bob and Carol with a phone each; another Alice elsewhere."""
    for extension, name in (("101", "Alice"), ("102", "Bob"), ("103", "Carol")):
        carillon.done("user", "add", extension, "--name", name)
        carillon.done("device", "add", extension, "--user", extension)
    carillon.done("domain", "add", "b.org")
    carillon.done("user", "add", "101@b.org", "--name", "Alice of b")


def why_not(worker: DirectoryReader, picker: str, picked: str) -> str:
    """Why somebody may not pick somebody up, as the worker finds both."""
    account, party = worker.account("example.org", picker), worker.party("example.org", picked)
    assert account is not None
    assert party is not None
    return refusal(account.party, party.aor, party.pickup)


def test_nobody_picks_up_anybody_until_they_share_a_group(carillon: Terminal, worker: DirectoryReader) -> None:
    assert why_not(worker, "103", "102") == "no group in common"
    carillon.done("group", "add", "sales", "--members", "102")
    assert why_not(worker, "103", "102") == "no group in common"
    carillon.done("group", "set", "sales", "--add", "103")
    assert why_not(worker, "103", "102") == ""
    assert why_not(worker, "102", "103") == ""
    carillon.done("group", "set", "sales", "--remove", "102")
    assert why_not(worker, "103", "102") == "no group in common"


def test_a_group_that_goes_takes_its_rights_along(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("group", "add", "sales", "--members", "102,103")
    assert why_not(worker, "103", "102") == ""
    carillon.done("group", "remove", "sales")
    assert why_not(worker, "103", "102") == "no group in common"


def test_a_group_that_is_not_for_pickup(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("group", "add", "everybody", "--members", "101,102,103", "--pickup", "no")
    assert why_not(worker, "103", "102") == "no group in common"
    assert carillon.got("group", "set", "everybody", "--pickup", "yes")["pickup"] is True
    assert why_not(worker, "103", "102") == ""
    assert carillon.got("group", "set", "everybody", "--pickup", "no")["pickup"] is False
    carillon.done("user", "set", "103", "--pickup-of", "group:everybody")
    assert why_not(worker, "103", "102") == ""
    assert why_not(worker, "102", "103") == "no group in common"


def test_a_director_whom_only_his_secretary_picks_up(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("group", "add", "board", "--members", "101,102")
    shown = carillon.got("user", "set", "101", "--pickup", "listed")
    assert (shown["pickup"], shown["pickup_of"]) == ("listed", [])
    assert why_not(worker, "102", "101") == "only those who list him may"
    assert carillon.got("user", "set", "103", "--pickup-of", "101")["pickup_of"] == ["101"]
    assert why_not(worker, "103", "101") == ""
    carillon.done("user", "set", "101", "--pickup", "no")
    assert why_not(worker, "103", "101") == "nobody may"
    assert why_not(worker, "101", "101") == ""


def test_a_list_is_cleared(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("user", "set", "103", "--pickup-of", "101, 102")
    assert why_not(worker, "103", "102") == ""
    assert carillon.got("user", "set", "103", "--pickup-of", "")["pickup_of"] == []
    assert why_not(worker, "103", "102") == "no group in common"


@pytest.mark.parametrize("entry", ["199", "group:nobody", "101@b.org", "director", "group:", "101,101"])
def test_what_cannot_be_in_a_list_is_refused(carillon: Terminal, entry: str) -> None:
    assert carillon.refused("user", "set", "103", "--pickup-of", entry).startswith("pickup_of: ")


def test_whoever_gets_an_extension_or_a_name_next_inherits_nothing(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("group", "add", "board", "--members", "101")
    carillon.done("user", "set", "103", "--pickup-of", "102,group:board")
    carillon.done("user", "remove", "102")
    carillon.done("group", "remove", "board")
    assert carillon.got("user", "show", "103")["pickup_of"] == []
    carillon.done("user", "add", "102", "--name", "Bernard")
    carillon.done("group", "add", "board", "--members", "101")
    assert why_not(worker, "103", "102") == "no group in common"
    assert why_not(worker, "103", "101") == "no group in common"
