"""The domains of a system."""

from __future__ import annotations

import pytest
from tests.truth.terminal import Terminal

from carillon.stores.directory import DirectoryReader


def test_a_new_system_serves_its_default_domain(carillon: Terminal) -> None:
    row = {
        "name": "example.org",
        "digest": "both",
        "session_timer_s": 1800,
        "recording_days": 0,
        "default": True,
        "users": 0,
    }
    row["most_calls"] = None
    row["callback"] = 30
    row["callback_hint"] = True
    row["naptr"] = "tls,tcp,udp"
    row["messages_from"] = "none"
    assert carillon.got("domain", "list") == [row]
    assert carillon.got("domain", "show", "EXAMPLE.org.") == row


def test_a_running_system_serves_a_new_domain_at_once(carillon: Terminal, worker: DirectoryReader) -> None:
    assert list(worker.domains()) == ["example.org"]
    assert carillon.done("domain", "add", "b.org", "--digest", "md5").out == "Domain b.org added.\nIn force now.\n"
    assert worker.domains()["b.org"].digest == "md5"
    carillon.done("domain", "set", "b.org", "--digest", "sha256")
    assert worker.domains()["b.org"].digest == "sha256"
    carillon.done("domain", "remove", "b.org")
    assert list(worker.domains()) == ["example.org"]


def test_a_domains_session_timer(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("domain", "set", "example.org", "--session-timer", "600")
    assert worker.domains()["example.org"].session_timer_s == 600
    assert carillon.got("domain", "show", "example.org")["session_timer_s"] == 600
    assert carillon.refused("domain", "set", "example.org", "--session-timer", "89").startswith("session_timer: 89")


def test_a_domain_with_users_stays(carillon: Terminal) -> None:
    carillon.done("domain", "add", "b.org")
    carillon.done("user", "add", "101@b.org", "--name", "Alice")
    assert carillon.refused("domain", "remove", "b.org").startswith("domain: b.org still has 1 user")
    carillon.done("user", "remove", "101@b.org")
    carillon.done("domain", "remove", "b.org")


def test_the_default_domain_stays(carillon: Terminal) -> None:
    assert "is the default domain" in carillon.refused("domain", "remove", "example.org")


@pytest.mark.parametrize("name", ["", "a b", "a-.org", "a..org", "x" * 254, "a_b.org", "é.org", "[::1]"])
def test_a_bad_name_is_refused(carillon: Terminal, name: str) -> None:
    assert carillon.refused("domain", "add", name).startswith("domain: ")


def test_what_is_there_and_what_is_not_are_refused(carillon: Terminal) -> None:
    assert carillon.refused("domain", "add", "Example.org").startswith("domain: example.org is there already")
    assert carillon.refused("domain", "show", "b.org").startswith("domain: b.org isn't served")
    assert carillon.refused("domain", "set", "example.org", "--digest", "sha1").startswith("digest: ")


def test_whether_busy_people_s_callers_are_told_of_call_back(carillon: Terminal) -> None:
    carillon.done("domain", "set", "example.org", "--callback-hint", "no")
    assert carillon.got("domain", "show", "example.org")["callback_hint"] is False
    carillon.done("domain", "set", "example.org", "--callback-hint", "yes")
    assert carillon.got("domain", "show", "example.org")["callback_hint"] is True


def test_a_domain_takes_messages_from_others(carillon: Terminal, worker: DirectoryReader) -> None:
    for name in ("b.org", "c.org"):
        carillon.done("domain", "add", name)
    assert not worker.domains()["example.org"].takes_messages_from("b.org")
    carillon.done("domain", "set", "example.org", "--messages-from", "C.org., b.org")
    assert carillon.got("domain", "show", "example.org")["messages_from"] == "b.org,c.org"
    assert worker.domains()["example.org"].takes_messages_from("b.org")
    assert not worker.domains()["b.org"].takes_messages_from("example.org")
    carillon.done("domain", "set", "example.org", "--messages-from", "all")
    assert carillon.got("domain", "show", "example.org")["messages_from"] == "all"
    assert worker.domains()["example.org"].takes_messages_from("c.org")
    carillon.done("domain", "set", "example.org", "--messages-from", "none")
    assert not worker.domains()["example.org"].takes_messages_from("b.org")


def test_who_has_the_name_of_a_removed_domain_one_day_may_not_write(
    carillon: Terminal, worker: DirectoryReader
) -> None:
    for name in ("b.org", "bb.org"):
        carillon.done("domain", "add", name)
    carillon.done("domain", "set", "example.org", "--messages-from", "b.org,bb.org")
    carillon.done("domain", "remove", "b.org")
    carillon.done("domain", "add", "b.org")
    assert carillon.got("domain", "show", "example.org")["messages_from"] == "bb.org"
    assert not worker.domains()["example.org"].takes_messages_from("b.org")
    told = [one for one in carillon.got("change", "list") if (one["noun"], one["key"]) == ("domain", "example.org")]
    assert told[-1]["after"]["messages_from"] == "bb.org"


@pytest.mark.parametrize(
    ("typed", "why"),
    [("d.org", "d.org isn't served"), ("all,b.org", "all isn't served"), ("a b_c", "'b_c' is no domain name"),
     ("example.org", "people of example.org write to each other anyhow")],
)  # fmt: skip
def test_domains_that_can_not_be_let_in(carillon: Terminal, typed: str, why: str) -> None:
    carillon.done("domain", "add", "b.org")
    refused = carillon.refused("domain", "set", "example.org", "--messages-from", typed)
    assert refused.startswith(f"messages_from: {why}"), refused
