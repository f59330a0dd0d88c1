"""Changes of the truth from a phone."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from carillon.asterisk.keys import Keys
from carillon.asterisk.office import Office, open_office
from carillon.model.refused import Refused
from carillon.provisioning import changes, users
from carillon.provisioning.system import create_system, open_truth
from carillon.system.paths import SystemPaths

Ask = Callable[[Callable[[Office], Awaitable[object]]], object]


@pytest.fixture
def system(tmp_path: Path) -> SystemPaths:
    """A system with Alice, which doesn't run."""
    paths = SystemPaths(tmp_path / "office", tmp_path / "run")
    create_system(paths.directory, "example.org", "127.0.0.1")
    users.add(open_truth(paths), "the test", "101", "Alice")
    return paths


@pytest.fixture
def ask(system: SystemPaths) -> Iterator[Ask]:
    """Ask the office of the system something."""
    with closing(open_office(system.directory)) as connection:
        yield lambda question: asyncio.run(_asked(Office(connection), question))
    os.wait()


async def _asked(office: Office, question: Callable[[Office], Awaitable[object]]) -> object:
    return await question(office)


def test_a_change_is_made_in_the_name_of_who_called(system: SystemPaths, ask: Ask) -> None:
    ask(lambda office: office.asks("presence set", "phone 101@example.org", "101@example.org", "dnd"))
    change = changes.listing(open_truth(system))[-1]
    assert change.who == "phone 101@example.org"
    assert change.after is not None
    assert change.after["state"] == "dnd"


def test_a_refusal_comes_back(ask: Ask) -> None:
    with pytest.raises(Refused, match="107"):
        ask(lambda office: office.asks("presence set", "a phone", "107@example.org", "dnd"))


def test_nothing_else_can_be_changed(ask: Ask) -> None:
    with pytest.raises(Refused, match="could not be done"):
        ask(lambda office: office.asks("user remove", "a phone", "101@example.org"))


def test_a_key_changes_what_keys_are_for_and_nothing_else(system: SystemPaths, ask: Ask, tmp_path: Path) -> None:
    """Whatever it is told, it goes on."""
    alice, before = "101@example.org", len(changes.listing(open_truth(system)))
    told: list[object] = [
        ["presence set", alice, "dnd"],
        ["voicemail pin set", alice, "1234"],
        ["forwarding set", alice, "always", "199"],
        ["presence set"],
        "nonsense",
        ["dnd end", alice],
    ]

    async def sets(office: Office) -> None:
        with closing(Keys(tmp_path / "keys.sock", office)) as keys:
            for each in told:
                await keys.sets(json.dumps(each).encode())

    ask(sets)
    done = [(each.who, str(each.subject.noun)) for each in changes.listing(open_truth(system))[before:]]
    assert done == [(f"phone {alice}", "presence")] * 2
