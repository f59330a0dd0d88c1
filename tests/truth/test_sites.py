"""Places where people work."""

from __future__ import annotations

import pytest
from tests.truth.terminal import Terminal

from carillon.stores.directory import DirectoryReader


def test_each_domain_begins_with_a_site(carillon: Terminal) -> None:
    carillon.done("domain", "add", "b.org")
    main = {"name": "main", "country": "BE", "prefix": "", "emergency_caller": None, "users": 0, "trunks": []}
    assert carillon.got("site", "list") == [{**main, "domain": "b.org"}, {**main, "domain": "example.org"}]
    assert carillon.got("site", "list", "--domain", "b.org") == [{**main, "domain": "b.org"}]
    carillon.done("domain", "remove", "b.org")
    assert [site["domain"] for site in carillon.got("site", "list")] == ["example.org"]


def test_a_site_says_how_its_people_dial(carillon: Terminal, worker: DirectoryReader) -> None:
    added = carillon.got(
        "site", "add", "paris", "--country", "fr", "--prefix", "0", "--emergency-caller", "01 42 68 53 00"
    )
    assert (added["country"], added["prefix"], added["emergency_caller"]) == ("FR", "0", "+33142685300")
    carillon.done("user", "add", "101", "--name", "Alice", "--site", "paris")
    carillon.done("device", "add", "desk", "--user", "101")
    carillon.done("site", "set", "paris", "--prefix", "9", "--emergency-caller", "")
    account, party = worker.account("example.org", "desk"), worker.party("example.org", "101")
    assert account is not None
    assert party is not None
    assert account.party == party
    assert party.site == worker.sites()["example.org", "paris"]
    assert (party.site.outside_prefix, party.site.emergency_caller) == ("9", None)
    assert carillon.got("site", "show", "paris")["users"] == 1


def test_a_site_stays_while_somebody_works_there(carillon: Terminal) -> None:
    carillon.done("site", "add", "liege")
    carillon.done("user", "add", "101", "--name", "Alice", "--site", "liege")
    assert carillon.refused("site", "remove", "liege").startswith("name: 1 people work at liege")
    carillon.done("user", "set", "101", "--site", "main")
    carillon.done("site", "remove", "liege")
    assert "main is the first site of example.org; it stays" in carillon.refused("site", "remove", "main")
    assert "there is no site 'liege'" in carillon.refused("site", "show", "liege")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("name", ["add", "a b"]),
        ("name", ["add", ""]),
        ("name", ["add", "x" * 33]),
        ("name", ["add", "main"]),
        ("country", ["add", "x", "--country", "XX"]),
        ("country", ["add", "x", "--country", "Belgium"]),
        ("prefix", ["add", "x", "--prefix", "0w"]),
        ("prefix", ["add", "x", "--prefix", "00000"]),
        ("emergency_caller", ["add", "x", "--emergency-caller", "112"]),
        ("emergency_caller", ["set", "main", "--emergency-caller", "+999"]),
        ("domain", ["add", "x@elsewhere.org"]),
    ],
)
def test_what_cannot_be_a_site_is_refused(carillon: Terminal, field: str, words: list[str]) -> None:
    assert carillon.refused("site", *words).startswith(f"{field}: ")


def test_a_change_without_anything_to_change_is_wrong_usage(carillon: Terminal) -> None:
    assert carillon.types("site", "set", "main").status == 2
