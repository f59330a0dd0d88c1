"""Phones and their passwords."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from tests.truth.conftest import on_sqlite
from tests.truth.terminal import Terminal

from carillon.provisioning.changes import listing
from carillon.stores.directory import DirectoryReader


@pytest.fixture(autouse=True)
def people(carillon: Terminal) -> None:
    """Alice and Bob."""
    carillon.done("user", "add", "101", "--name", "Alice")
    carillon.done("user", "add", "102", "--name", "Bob")


def test_a_password_is_made_shown_once_and_registers(carillon: Terminal, worker: DirectoryReader) -> None:
    password = carillon.got("device", "add", "alice-desk", "--user", "101")["password"]
    assert len(password) == 20
    secret = f"alice-desk:example.org:{password}".encode()
    account = worker.account("example.org", "alice-desk")
    assert account is not None
    assert account.ha1_md5 == hashlib.md5(secret).hexdigest()
    assert account.ha1_sha256 == hashlib.sha256(secret).hexdigest()
    assert (account.party.extension, account.party.name) == ("101", "Alice")
    for again in (["device", "show", "alice-desk"], ["device", "list"], ["user", "show", "101"]):
        assert password not in carillon.done(*again).out


def test_a_made_password_is_shown_to_a_person(carillon: Terminal) -> None:
    assert "Password (shown once): " in carillon.done("device", "add", "alice-desk", "--user", "101").out


def test_two_made_passwords_differ(carillon: Terminal) -> None:
    made = {carillon.got("device", "add", f"desk{n}", "--user", "101")["password"] for n in range(3)}
    assert len(made) == 3


@pytest.mark.parametrize("typed", ["s3cret\n", "s3cret", "s3cret\r\nsecond line\n"])
def test_a_password_is_read_from_standard_input(carillon: Terminal, worker: DirectoryReader, typed: str) -> None:
    answer = carillon.done("device", "add", "desk", "--user", "101", "--password", "-", stdin=typed)
    assert "s3cret" not in answer.out
    account = worker.account("example.org", "desk")
    assert account is not None
    assert account.ha1_md5 == hashlib.md5(b"desk:example.org:s3cret").hexdigest()


def test_a_password_changes(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("device", "add", "desk", "--user", "101")
    carillon.done("device", "set", "desk", "--password", "-", stdin="new\n")
    typed = worker.account("example.org", "desk")
    assert typed is not None
    assert typed.ha1_md5 == hashlib.md5(b"desk:example.org:new").hexdigest()
    made = carillon.done("device", "set", "desk", "--generate", "--json").json["password"]
    account = worker.account("example.org", "desk")
    assert account is not None
    assert account.ha1_md5 == hashlib.md5(f"desk:example.org:{made}".encode()).hexdigest()


def test_a_device_is_handed_to_somebody_else(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("device", "add", "desk", "--user", "101")
    carillon.done("device", "set", "desk", "--user", "102")
    account = worker.account("example.org", "desk")
    assert account is not None
    assert account.party.name == "Bob"
    assert [device["name"] for device in carillon.got("device", "list", "--user", "102")] == ["desk"]
    assert carillon.got("device", "list", "--user", "101") == []


def test_a_removed_device_is_gone(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("device", "add", "desk", "--user", "101")
    carillon.done("device", "remove", "desk")
    assert worker.account("example.org", "desk") is None
    assert "there is no device desk" in carillon.refused("device", "show", "desk")


def test_a_device_lives_in_the_domain_of_its_user(carillon: Terminal) -> None:
    carillon.done("domain", "add", "branch.example.org")
    carillon.done("user", "add", "201@branch.example.org", "--name", "Carol")
    added = carillon.got("device", "add", "carol", "--user", "201@branch.example.org")
    assert added["domain"] == "branch.example.org"
    assert carillon.refused("device", "add", "carol@example.org", "--user", "201@branch.example.org")[:5] == "name:"
    assert carillon.refused("device", "set", "carol@branch.example.org", "--user", "101@example.org")[:5] == "user:"


@on_sqlite
def test_no_password_and_no_ha1_is_anywhere_but_in_its_column(carillon: Terminal, truth: object) -> None:
    password = carillon.got("device", "add", "desk", "--user", "101")["password"]
    carillon.done("device", "add", "soft", "--user", "101", "--password", "-", stdin="clear-as-day\n")
    carillon.done("device", "set", "soft", "--password", "-", stdin="clear-as-night\n")
    kept = b"".join(file.read_bytes() for file in carillon.paths.directory.rglob("*") if file.is_file())
    for secret in (password, "clear-as-day", "clear-as-night"):
        assert secret.encode() not in kept
    ha1 = hashlib.md5(b"soft:example.org:clear-as-night").hexdigest()
    assert ha1.encode() in kept
    assert ha1 not in repr(listing(truth))  # type: ignore[arg-type]
    assert ha1 not in carillon.done("device", "list", "--json").out


@pytest.mark.parametrize("name", ["", "a b", "a:b", "x" * 65, "é", "a\n"])
def test_a_bad_name_is_refused(carillon: Terminal, name: str) -> None:
    assert carillon.refused("device", "add", name, "--user", "101").startswith("name: ")


@pytest.mark.parametrize("password", ["", "\n", "a\tb\n", "x" * 129])
def test_a_bad_password_is_refused_and_not_repeated(carillon: Terminal, password: str) -> None:
    sentence = carillon.refused("device", "add", "desk", "--user", "101", "--password", "-", stdin=password)
    assert sentence.startswith("password: ")
    assert password.strip("\n") == "" or password not in sentence


def test_a_name_in_use_and_a_user_who_is_not_there_are_refused(carillon: Terminal) -> None:
    carillon.done("device", "add", "desk", "--user", "101")
    assert carillon.refused("device", "add", "desk", "--user", "102").startswith("name: desk is a device of")
    assert carillon.refused("device", "add", "soft", "--user", "109").startswith("user: there is no user 109")


def test_names_that_differ_by_case_are_two_devices(carillon: Terminal) -> None:
    carillon.done("device", "add", "desk", "--user", "101")
    carillon.done("device", "add", "Desk", "--user", "102")
    assert len(carillon.got("device", "list")) == 2


def test_encryption_is_off_unless_it_is_asked_for(carillon: Terminal, worker: DirectoryReader) -> None:
    assert carillon.got("device", "add", "plain", "--user", "101")["encryption"] is False
    assert carillon.got("device", "add", "safe", "--user", "101", "--encryption", "on")["encryption"] is True
    wanted = {name: worker.account("example.org", name) for name in ("plain", "safe")}
    assert {name: account.encryption for name, account in wanted.items() if account} == {"plain": False, "safe": True}


def test_encryption_is_switched_and_nothing_else_changes(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("device", "add", "desk", "--user", "101")
    before = worker.account("example.org", "desk")
    assert carillon.got("device", "set", "desk", "--encryption", "on")["encryption"] is True
    after = worker.account("example.org", "desk")
    assert before is not None
    assert after == replace(before, encryption=True)
    carillon.done("device", "set", "desk", "--generate")
    assert carillon.got("device", "show", "desk")["encryption"] is True
    carillon.done("device", "set", "desk", "--encryption", "off")
    assert carillon.got("device", "show", "desk")["encryption"] is False


def test_encryption_is_on_or_off(carillon: Terminal) -> None:
    carillon.done("device", "add", "desk", "--user", "101")
    assert carillon.types("device", "set", "desk", "--encryption", "perhaps").status == 2


@pytest.fixture
def branch(carillon: Terminal) -> dict[str, str]:
    """A site with two people, who have three devices; their passwords."""
    carillon.done("site", "add", "liege")
    carillon.done("user", "add", "201", "--name", "Carol", "--site", "liege")
    carillon.done("user", "add", "202", "--name", "Dave", "--site", "liege")
    carillon.done("device", "add", "alice", "--user", "101", "--password", "alices")
    of = {"carol": "201", "dave": "202", "dave-soft": "202"}
    return {name: carillon.got("device", "add", name, "--user", user)["password"] for name, user in of.items()}


def test_all_devices_of_a_site_get_new_passwords(
    carillon: Terminal, worker: DirectoryReader, branch: dict[str, str]
) -> None:
    carillon.done("device", "set", "dave-soft", "--encryption", "on", "--priority", "0.5")
    alice = worker.account("example.org", "alice")
    rows = carillon.got("device", "renew", "--site", "liege", "--yes")["devices"]
    assert [(row["name"], row["user"]) for row in rows] == [("carol", "201"), ("dave", "202"), ("dave-soft", "202")]
    for row in rows:
        assert row["password"] not in branch.values()
        account = worker.account("example.org", row["name"])
        assert account is not None
        assert account.ha1_md5 == hashlib.md5(f"{row['name']}:example.org:{row['password']}".encode()).hexdigest()
    assert worker.account("example.org", "alice") == alice
    soft = carillon.got("device", "show", "dave-soft")
    assert (soft["encryption"], soft["priority"]) == (True, 0.5)


def test_new_passwords_are_shown_to_a_person_and_kept_nowhere(carillon: Terminal, branch: dict[str, str]) -> None:
    shown = carillon.done("device", "renew", "--site", "liege", "--yes").out
    assert "3 devices at liege have new passwords (shown once)." in shown
    journal = carillon.done("change", "list", "--noun", "device").out
    assert journal.count("password") >= 3
    assert not [word for word in shown.split() if len(word) == 20 and word in journal]


def test_a_site_without_devices_has_nothing_to_renew(carillon: Terminal) -> None:
    carillon.done("site", "add", "namur")
    assert carillon.refused("device", "renew", "--site", "namur", "--yes") == "site: nobody at namur has a device.\n"
    assert carillon.refused("device", "renew", "--site", "nowhere", "--yes").startswith(
        "name: there is no site 'nowhere'"
    )
