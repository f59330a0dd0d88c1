"""People and their extensions, as an administrator types them."""

from __future__ import annotations

import time

import pytest
from tests.truth.terminal import Terminal

from carillon.stores.directory import DirectoryReader
from carillon.stores.kept import Kept
from carillon.system.paths import SystemPaths


def test_a_user_is_added_and_shown(carillon: Terminal) -> None:
    answer = carillon.done("user", "add", "101", "--name", "Alice Martin", "--email", "alice@example.org")
    assert answer.out.startswith("User 101@example.org (Alice Martin) added.")
    assert carillon.got("user", "show", "101") == {
        "extension": "101",
        "domain": "example.org",
        "name": "Alice Martin",
        "email": "alice@example.org",
        "site": "main",
        "rights": ["national", "mobile", "free"],
        "caller_number": None,
        "withhold": False,
        "call_waiting": True,
        "pickup": "group",
        "pickup_of": [],
        "rings": True,
        "most_calls": None,
        "devices": [],
        "numbers": [],
        "groups": [],
        "mobiles": [],
    }


def test_a_user_in_another_domain_is_named_with_it(carillon: Terminal) -> None:
    carillon.done("domain", "add", "branch.example.org")
    carillon.done("user", "add", "201@Branch.Example.org", "--name", "Bob")
    assert carillon.got("user", "show", "201@branch.example.org")["name"] == "Bob"
    assert [user["extension"] for user in carillon.got("user", "list", "--domain", "branch.example.org")] == ["201"]


def test_an_extension_only_in_other_domains_is_refused_with_the_candidates(carillon: Terminal) -> None:
    for domain in ("a.example.org", "b.example.org"):
        carillon.done("domain", "add", domain)
        carillon.done("user", "add", f"201@{domain}", "--name", "Bob")
    sentence = carillon.refused("user", "show", "201")
    assert sentence.startswith("extension: ")
    assert "201@a.example.org, 201@b.example.org" in sentence


def test_a_bare_extension_means_the_default_domain(carillon: Terminal) -> None:
    carillon.done("domain", "add", "a.example.org")
    carillon.done("user", "add", "201@a.example.org", "--name", "Bob of a")
    carillon.done("user", "add", "201", "--name", "Bob")
    assert carillon.got("user", "show", "201")["name"] == "Bob"


def test_a_name_and_an_address_change_and_the_rest_stays(carillon: Terminal) -> None:
    carillon.done("user", "add", "101", "--name", "Alice", "--email", "alice@example.org")
    carillon.done("user", "set", "101", "--name", "Alice Peeters")
    assert carillon.got("user", "show", "101")["email"] == "alice@example.org"
    changed = carillon.got("user", "set", "101", "--email", "")
    assert (changed["name"], changed["email"]) == ("Alice Peeters", None)


def test_a_change_that_changes_nothing_leaves_no_trace(carillon: Terminal) -> None:
    before = carillon.got("user", "add", "101", "--name", "Alice")["sequence"]
    assert carillon.got("user", "set", "101", "--name", "Alice")["sequence"] == before


def test_a_user_goes_with_his_devices_and_numbers_and_the_command_says_so(carillon: Terminal) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    carillon.done("device", "add", "alice-desk", "--user", "101")
    carillon.done("device", "add", "alice-soft", "--user", "101")
    carillon.done("number", "add", "+3225551234", "--to", "101")
    answer = carillon.done("user", "remove", "101")
    assert "with devices alice-desk, alice-soft and number +3225551234" in answer.out
    assert carillon.got("user", "list") == []
    assert carillon.got("device", "list") == []
    assert carillon.got("number", "list") == []


def test_messages_that_waited_for_him_go_with_him(carillon: Terminal, paths: SystemPaths) -> None:
    """Whoever gets his number later doesn't read them."""
    carillon.done("user", "add", "101", "--name", "Alice")
    paths.messages.parent.mkdir(parents=True, exist_ok=True)
    kept = Kept(paths.messages, "node1")
    for text in ("one", "two"):
        assert kept.keep("101@example.org", "102@example.org", "text/plain", text, time.time())
    assert ", and 2 messages that waited for him." in carillon.done("user", "remove", "101").out
    assert kept.waiting(time.time()) == []


def test_brackets_in_a_name_are_shown_as_typed(carillon: Terminal) -> None:
    carillon.done("user", "add", "101", "--name", "Alice [red]x[/red]")
    assert "Alice [red]x[/red]" in carillon.done("user", "list").out


@pytest.mark.parametrize("extension", ["abc", "", "1" * 16, "10 1", "+32", "١٢٣"])
def test_a_bad_extension_is_refused(carillon: Terminal, extension: str) -> None:
    assert carillon.refused("user", "add", extension, "--name", "Alice").startswith("extension: ")


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb", "a\x00b"])
def test_a_bad_name_is_refused(carillon: Terminal, name: str) -> None:
    assert carillon.refused("user", "add", "101", "--name", name).startswith("name: ")


@pytest.mark.parametrize("email", ["alice", "a b@example.org", "alice@", "@example.org", f"{'a' * 250}@b.org"])
def test_a_bad_address_is_refused(carillon: Terminal, email: str) -> None:
    assert carillon.refused("user", "add", "101", "--name", "Alice", "--email", email).startswith("email: ")


def test_an_extension_in_use_is_refused(carillon: Terminal) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    carillon.done("number", "add", "200", "--to", "101")
    assert carillon.refused("user", "add", "101", "--name", "Bob").startswith("extension: 101 is the extension of")
    assert carillon.refused("user", "add", "200", "--name", "Bob").startswith("extension: 200 is a number of 101")


def test_a_domain_that_is_not_served_is_refused(carillon: Terminal) -> None:
    sentence = carillon.refused("user", "add", "101@elsewhere.org", "--name", "Alice")
    assert sentence == "domain: elsewhere.org isn't served here; add it with `carillon domain add elsewhere.org`.\n"


@pytest.mark.parametrize("verb", [["show"], ["remove"], ["set", "--name", "x"]])
def test_a_user_who_is_not_there_is_refused(carillon: Terminal, verb: list[str]) -> None:
    assert "there is no user 109@example.org" in carillon.refused("user", *verb, "109")


def test_a_change_without_anything_to_change_is_wrong_usage(carillon: Terminal) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    assert carillon.types("user", "set", "101").status == 2


def test_a_user_works_at_a_site_of_his_domain(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("site", "add", "liege", "--prefix", "0")
    assert carillon.got("user", "add", "101", "--name", "Alice", "--site", "liege")["site"] == "liege"
    party = worker.party("example.org", "101")
    assert party is not None
    assert (party.site.name, party.site.country, party.site.outside_prefix) == ("liege", "BE", "0")
    carillon.done("user", "set", "101", "--site", "main")
    party = worker.party("example.org", "101")
    assert party is not None
    assert party.site.name == "main"
    assert carillon.refused("user", "set", "101", "--site", "ghent").startswith("site: there is no site 'ghent'")
    carillon.done("domain", "add", "b.org")
    assert carillon.refused("user", "set", "101", "--site", "main@b.org").startswith("site: ")


def test_a_user_shows_a_number_that_reaches_him_or_the_main_one_of_a_trunk(
    carillon: Terminal, worker: DirectoryReader
) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    carillon.done("number", "add", "+3225551234", "--to", "101")
    carillon.done("trunk", "add", "provider", "--address", "192.0.2.1", "--main-number", "+32 2 555 00 00")
    assert carillon.got("user", "set", "101", "--caller-number", "02 555 12 34")["caller_number"] == "+3225551234"
    party = worker.party("example.org", "101")
    assert party is not None
    assert (party.caller_number, party.withhold) == ("+3225551234", False)
    carillon.done("user", "set", "101", "--caller-number", "+3225550000", "--withhold", "yes")
    party = worker.party("example.org", "101")
    assert party is not None
    assert (party.caller_number, party.withhold) == ("+3225550000", True)
    sentence = carillon.refused("user", "set", "101", "--caller-number", "+3225559999")
    assert sentence.startswith("caller_number: +3225559999 reaches neither 101")
    assert carillon.refused("user", "set", "101", "--caller-number", "nobody").startswith("caller_number: ")
    assert carillon.got("user", "set", "101", "--caller-number", "")["caller_number"] is None


def test_a_number_that_somebody_shows_stays_his(carillon: Terminal) -> None:
    for extension in ("101", "102"):
        carillon.done("user", "add", extension, "--name", "Somebody")
    carillon.done("number", "add", "+3225551234", "--to", "101")
    carillon.done("user", "set", "101", "--caller-number", "+3225551234")
    for refused in (["remove", "+3225551234"], ["set", "+3225551234", "--to", "102"]):
        sentence = carillon.refused("number", *refused)
        assert sentence.startswith("number: +3225551234 is the number that 101 shows; change that first")
    carillon.done("user", "set", "101", "--caller-number", "")
    carillon.done("number", "set", "+3225551234", "--to", "102")


def test_the_main_number_that_somebody_shows_stays(carillon: Terminal) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    carillon.done("trunk", "add", "provider", "--address", "192.0.2.1", "--main-number", "+3225550000")
    carillon.done("user", "set", "101", "--caller-number", "+3225550000")
    for refused in (["remove", "provider"], ["set", "provider", "--main-number", ""]):
        assert carillon.refused("trunk", *refused).startswith("main_number: +3225550000 is the number that 101 shows")
    carillon.done("number", "add", "+3225550000", "--to", "101")
    carillon.done("trunk", "remove", "provider")
