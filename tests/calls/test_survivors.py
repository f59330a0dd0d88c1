"""Calls of a branch without Asterisk that Kamailio forgets when it dies."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from carillon.calls import survivors
from carillon.calls.channels import State
from carillon.calls.spirals import Spiral
from carillon.calls.survivors import FRESH_S, LONGEST_S, Survivors

FIRST, SECOND = "since noon", "since one o'clock"
NOW = 1_800_000_000.0
TALK = Spiral(1, 2, "call-1", "4", State.UP, int(NOW) - 60, {"leg": "a-b", "caller": "201@lab.test"})
RINGS = replace(TALK, id=3, call_id="call-2", state=State.RINGING)


class Clock:
    """What time it is, and which calls have ended."""

    def __init__(self) -> None:
        self.now, self.over = NOW, set[str]()

    def __call__(self) -> float:
        return self.now

    def ended(self, asked: Collection[str]) -> Collection[str]:
        return self.over & set(asked)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rpc(tmp_path: Path) -> Path:
    return tmp_path / "rpc.sock"


@pytest.fixture
def calls(rpc: Path, clock: Clock) -> Survivors:
    """Who has seen a call that is up and one that rings."""
    found = Survivors(rpc, clock.ended, clock)
    assert found.among([TALK, RINGS], FIRST) == [TALK, RINGS]
    return found


def read(rpc: Path, clock: Clock, after_s: float = 0.0) -> list[Spiral]:
    """What lists show, if it was written now."""
    if rpc.with_name(survivors.FILE).exists():
        os.utime(rpc.with_name(survivors.FILE), (clock.now, clock.now))
    return survivors.read(rpc, clock.now + after_s)


def test_what_ends_while_the_engine_runs_is_over(calls: Survivors, rpc: Path, clock: Clock) -> None:
    assert calls.among([], FIRST) == []
    assert calls.among([], SECOND) == []
    assert read(rpc, clock) == []


def test_a_call_that_was_up_goes_on_after_a_death_until_its_bye(calls: Survivors, rpc: Path, clock: Clock) -> None:
    new = replace(TALK, id=9, call_id="call-3", began=TALK.began + 90)
    assert calls.among([], SECOND) == [TALK]
    assert calls.among([new], SECOND) == [TALK, new]
    assert read(rpc, clock) == [TALK]
    clock.over.add("call-1")
    assert calls.among([new], SECOND) == [new]
    assert read(rpc, clock) == []


def test_it_outlives_another_death(calls: Survivors) -> None:
    calls.among([], SECOND)
    assert calls.among([], "since two o'clock") == [TALK]


def test_one_whose_bye_passed_in_the_last_moment_does_not_come_back(calls: Survivors, clock: Clock) -> None:
    clock.over.add("call-1")
    assert calls.among([], SECOND) == []


def test_one_of_which_nobody_hears_the_end_is_over_at_last(calls: Survivors, clock: Clock) -> None:
    calls.among([], SECOND)
    clock.now += LONGEST_S
    assert calls.among([], SECOND) == []


def test_the_next_daemon_knows_of_it_unless_that_was_long_ago(calls: Survivors, rpc: Path, clock: Clock) -> None:
    calls.among([], SECOND)
    assert read(rpc, clock) == [TALK]
    assert Survivors(rpc, clock.ended, clock).among([], SECOND) == [TALK]
    assert read(rpc, clock, FRESH_S + 1) == []


def test_a_file_that_nobody_can_read_says_nothing(rpc: Path, clock: Clock) -> None:
    rpc.with_name(survivors.FILE).write_text('[{"entry": 1}]')
    assert read(rpc, clock) == []
