"""Voicemail and the mail server on the command line."""

from __future__ import annotations

import asyncio
import io
import os
import socket
from contextlib import closing
from typing import Any

import pytest
from tests.truth.conftest import on_sqlite
from tests.truth.terminal import Terminal

from carillon.asterisk.office import Office, open_office
from carillon.provisioning import changes, mailservers, pins, voicemails
from carillon.provisioning.trunkkey import TrunkKey
from carillon.stores.mailboxes import Mail, Mailboxes
from carillon.system import paths as places
from carillon.system.paths import SystemPaths


@pytest.fixture(autouse=True)
def bob(carillon: Terminal, paths: SystemPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bob; and messages lie where a test may write."""
    monkeypatch.setattr(places, "LASTING_ROOT", paths.directory / "lasting")
    carillon.done("user", "add", "102", "--name", "Bob", "--email", "bob@example.org")


@on_sqlite
def test_a_pin_is_hashed_and_never_shown(carillon: Terminal, paths: SystemPaths) -> None:
    assert carillon.refused("voicemail", "set", "102", "--pin", "-").startswith("pin: ")
    said = carillon.done("voicemail", "set", "102", "--pin", "-", stdin="4729\n")
    assert carillon.got("voicemail", "show", "102")["pin"] is True
    from carillon.provisioning.system import open_truth

    truth = open_truth(paths)
    assert voicemails.pin_is_right(truth, "a phone", "102", "4729")
    assert not voicemails.pin_is_right(truth, "a phone", "102", "4728")
    assert not voicemails.pin_is_right(truth, "a phone", "109", "4729")
    change = changes.listing(truth, noun="voicemail")[-1]
    assert change.after is not None
    assert change.after["pin"] == "changed"
    assert "4729" not in said.out + str(change)
    assert b"4729" not in paths.truth.read_bytes()


@pytest.mark.parametrize("pin", ["123", "1234567890123", "12a4", "1111", "1234", "9876"])
def test_a_pin_that_is_none_or_too_easy(carillon: Terminal, pin: str) -> None:
    refused = carillon.refused("voicemail", "set", "102", "--pin", pin)
    assert refused.startswith("pin: ")
    assert pin not in refused


def test_nobody_gets_in_without_a_pin(carillon: Terminal) -> None:
    assert not pins.matches("", None)
    assert carillon.refused("voicemail", "set", "102", "--ask-pin", "yes").startswith("ask-pin: ")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("longest", ["set", "102", "--longest", "5"]),
        ("most", ["set", "102", "--most", "0"]),
        ("extension", ["set", "109", "--mail", "no"]),
        ("id", ["remove", "102", "20260101000000-abcdef"]),
    ],
)
def test_what_cannot_be_is_refused(carillon: Terminal, field: str, words: list[str]) -> None:
    assert carillon.refused("voicemail", *words).startswith(f"{field}: ")


def test_messages_are_listed_and_removed_and_go_with_their_owner(carillon: Terminal, paths: SystemPaths) -> None:
    store = Mailboxes(paths.voicemail)
    for caller in ("101", "+32475123456"):
        draft = store.begin("example.org", "102", caller, "")
        store.draft_sound(draft).write_bytes(_second_of_silence())
        assert store.deliver(draft, Mail(), 0.5) is not None
    first, second = carillon.got("voicemail", "list", "102")
    assert (first["from"], second["from"], second["seconds"]) == ("101", "+32475123456", 1)
    assert "1 message removed" in carillon.done("voicemail", "remove", "102", first["id"]).out
    assert [one["id"] for one in carillon.got("voicemail", "list")] == [second["id"]]
    assert "1 voice message" in carillon.done("user", "remove", "102").out
    assert carillon.got("voicemail", "list") == []


def test_what_is_too_short_is_no_message_and_leaves_nothing(paths: SystemPaths) -> None:
    store = Mailboxes(paths.voicemail)
    draft = store.begin("example.org", "102", "101", "")
    store.draft_sound(draft).write_bytes(_second_of_silence()[:2000])
    assert store.deliver(draft, Mail(), 0.5) is None
    assert [*store.drafts(), *store.everything()] == []


@on_sqlite
def test_the_mail_server(carillon: Terminal, paths: SystemPaths) -> None:
    from carillon.provisioning.system import open_truth

    assert carillon.refused("mail", "set", "--from", "phones@example.org").startswith("server: ")
    carillon.done("mail", "set", "--server", "mail.example.org", "--user", "phones", "--password", "s3cret")
    shown = carillon.got("mail", "show")
    assert shown == {
        "server": "mail.example.org:587", "from": "voicemail@example.org", "user": "phones", "security": "auto",
    }  # fmt: skip
    truth = open_truth(paths)
    told = mailservers.settings(truth, "the services", TrunkKey.of(paths))
    assert told is not None
    assert told["password"] == "s3cret"
    assert "s3cret" not in str(changes.listing(truth))
    assert b"s3cret" not in paths.truth.read_bytes()
    carillon.done("mail", "set", "--from", "bells@example.org")
    assert carillon.got("mail", "show")["user"] == "phones"
    carillon.done("mail", "remove")
    assert carillon.got("mail", "show") == {"server": None}


def test_the_services_can_log_in_there_wherever_the_truth_is(carillon: Terminal, paths: SystemPaths) -> None:
    """The key lies in the system's directory, also of a truth that nodes share."""
    carillon.done("mail", "set", "--server", "mail.example.org", "--user", "phones", "--password", "s3cret")
    with closing(open_office(paths.directory)) as connection:
        told: Any = asyncio.run(_asks(connection))
    os.wait()
    assert told["password"] == "s3cret"


async def _asks(connection: socket.socket) -> object:
    return await Office(connection).asks("mail settings", "the services")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("server", ["--server", "mail example"]),
        ("server", ["--server", "mail.example.org:99999"]),
        ("from", ["--server", "mail.example.org", "--from", "nobody"]),
        ("password", ["--server", "mail.example.org", "--user", "phones"]),
        ("security", ["--server", "m.example.org", "--user", "p", "--password", "x", "--security", "none"]),
    ],
)
def test_what_cannot_be_a_mail_server_is_refused(carillon: Terminal, field: str, words: list[str]) -> None:
    assert carillon.refused("mail", "set", *words).startswith(f"{field}: ")


def _second_of_silence() -> bytes:
    import wave

    with io.BytesIO() as made:
        with wave.open(made, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(8000)
            sound.writeframes(bytes(16000))
        return made.getvalue()
