"""Who waits for whom: asked, claimed once, tried not for ever, gone with people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.truth.terminal import Terminal

from carillon.model.callback import LONGEST_CLAIM_S, MOST_TRIES
from carillon.provisioning import callbacks
from carillon.stores.directory import DirectoryReader
from carillon.stores.waiting import waiting
from carillon.system.paths import SystemPaths

WHO = "the tests"


@pytest.fixture(autouse=True)
def people(carillon: Terminal) -> None:
    """Alice, Bob, Carol; Bob has a further number."""
    for extension, name in (("101", "Alice"), ("102", "Bob"), ("103", "Carol")):
        carillon.done("user", "add", extension, "--name", name)
    carillon.done("number", "add", "150", "--to", "102")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets time pass, in seconds."""
    now = [1_800_000_000.0]
    monkeypatch.setattr(callbacks.time, "time", lambda: now[0])

    def passes(seconds: float) -> None:
        now[0] += seconds

    return passes


def rows(carillon: Terminal) -> list[tuple[str, str]]:
    """Who waits for whom."""
    found: list[dict[str, Any]] = carillon.got("callback", "list")
    return [(one["extension"], one["waits_for"]) for one in found]


def test_who_asks_waits_and_is_listed_and_removed(carillon: Terminal) -> None:
    assert "101 waits for 102 (Bob)" in carillon.done("callback", "add", "101", "--for", "150").out
    carillon.done("callback", "add", "103", "--for", "102")
    assert rows(carillon) == [("101", "102"), ("103", "102")]
    first = carillon.got("callback", "list")[0]["id"]
    carillon.done("callback", "remove", str(first))
    assert rows(carillon) == [("103", "102")]
    assert carillon.refused("callback", "remove", str(first)).startswith("id: ")


def test_asked_again_he_keeps_his_place(truth: Engine, clock: Callable[[float], None]) -> None:
    for who in ("101", "103", "101"):
        callbacks.add(truth, WHO, who, "102")
        clock(60)
    first, second = callbacks.listing(truth)
    assert (first.extension, second.extension) == ("101", "103")
    assert first.expires_at > second.expires_at


@pytest.mark.parametrize("target", ["199", "101", "+3225550000", "102@b.org", ""])
def test_for_whom_nobody_can_wait(carillon: Terminal, target: str) -> None:
    assert carillon.refused("callback", "add", "101", "--for", target).startswith("target: ")


def test_a_callback_is_claimed_once(truth: Engine, clock: Callable[[float], None]) -> None:
    id = callbacks.add(truth, WHO, "101", "102")["id"]
    told = callbacks.claim(truth, WHO, id)
    assert told is not None
    assert (told["extension"], told["target_name"]) == ("101", "Bob")
    assert callbacks.claim(truth, WHO, id) is None
    clock(LONGEST_CLAIM_S + 1)  # whoever had it has died
    assert callbacks.claim(truth, WHO, id) is not None
    assert callbacks.taken(truth, WHO, id) is not None
    assert callbacks.taken(truth, WHO, id) is None
    assert callbacks.claim(truth, WHO, id) is None


def test_a_claim_of_a_node_whose_clock_is_ahead_keeps_nobody_waiting(
    truth: Engine, clock: Callable[[float], None]
) -> None:
    id = callbacks.add(truth, WHO, "101", "102")["id"]
    clock(120)
    assert callbacks.claim(truth, WHO, id) is not None
    clock(-120)  # the next one by a clock that is right
    assert callbacks.claim(truth, WHO, id) is not None


def test_who_does_not_answer_is_tried_again_but_not_for_ever(truth: Engine, clock: Callable[[float], None]) -> None:
    id = callbacks.add(truth, WHO, "101", "102")["id"]
    for _ in range(MOST_TRIES - 1):
        assert callbacks.claim(truth, WHO, id) is not None
        assert callbacks.missed(truth, WHO, id, rang=True)
        assert callbacks.claim(truth, WHO, id) is None
        clock(callbacks.PAUSE_S + 1)
    assert callbacks.missed(truth, WHO, id, rang=False)  # no phone was there: that is not counted
    assert not callbacks.missed(truth, WHO, id, rang=True)
    assert callbacks.listing(truth) == []
    assert not callbacks.missed(truth, WHO, id, rang=True)


def test_whoever_finds_him_busy_again_keeps_his_place(truth: Engine, clock: Callable[[float], None]) -> None:
    id = callbacks.add(truth, WHO, "101", "102")["id"]
    clock(1)
    callbacks.add(truth, WHO, "103", "102")
    told = callbacks.taken(truth, WHO, id)
    assert told is not None
    assert callbacks.again(truth, WHO, told)
    assert [one.extension for one in callbacks.listing(truth)] == ["101", "103"]
    assert not callbacks.again(truth, WHO, told)


def test_time_runs_out(carillon: Terminal, truth: Engine, clock: Callable[[float], None]) -> None:
    carillon.done("domain", "set", "example.org", "--callback", "5")
    id = callbacks.add(truth, WHO, "101", "102")["id"]
    clock(301)
    assert callbacks.listing(truth) == []
    assert callbacks.claim(truth, WHO, id) is None
    carillon.done("domain", "set", "example.org", "--callback", "0")
    assert carillon.refused("callback", "add", "101", "--for", "102").startswith("target: ")
    assert carillon.refused("domain", "set", "example.org", "--callback", "1441").startswith("callback: ")


def test_who_goes_waits_no_more_and_nobody_for_him(carillon: Terminal) -> None:
    carillon.done("callback", "add", "101", "--for", "102")
    carillon.done("callback", "add", "103", "--for", "101")
    carillon.done("callback", "add", "103", "--for", "102")
    carillon.done("user", "remove", "101")
    assert rows(carillon) == [("103", "102")]


def test_they_are_cancelled_from_a_phone(truth: Engine) -> None:
    callbacks.add(truth, WHO, "101", "102")
    callbacks.add(truth, WHO, "101", "103")
    assert callbacks.waits_for(truth, WHO, "101") == ["102", "103"]
    assert callbacks.cancel(truth, WHO, "101", "150") == ["102"]
    assert callbacks.cancel(truth, WHO, "101") == ["103"]
    assert callbacks.cancel(truth, WHO, "101") == []


def test_nobody_waits_for_everybody(truth: Engine, carillon: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "MOST_WAITING", 1)
    callbacks.add(truth, WHO, "101", "102")
    assert carillon.refused("callback", "add", "101", "--for", "103").startswith("target: ")


def test_the_daemon_sees_them_at_once(carillon: Terminal, worker: DirectoryReader, paths: SystemPaths) -> None:
    assert waiting(paths.run_directory) == []
    carillon.done("callback", "add", "101", "--for", "102")
    (row,) = waiting(paths.run_directory)
    assert (row.caller, row.called) == ("101@example.org", "102@example.org")
