"""Names of trunks are asked for in the background, and the last answer is used while the DNS is dead."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from carillon.stores.ports import Target, TrunkProfile
from carillon.trunks.lookups import NOWHERE, Known, Lookups
from carillon.trunks.targets import Found, Unanswered

LINE = TrunkProfile("line", "example.org", "provider.example", 0)
ONE, TWO = (Target("sip:192.0.2.1:5060"),), (Target("sip:192.0.2.2:5060"),)
SILENT = "no name server answers"


@dataclass
class Dns:
    """What it says, and how often it was asked."""

    says: Found | None = None
    asked: int = 0

    def __call__(self, trunk: TrunkProfile) -> Found:
        self.asked += 1
        if self.says is None:
            raise Unanswered(SILENT)
        return self.says


@dataclass
class Later:
    """A pool whose work is done when the test says so."""

    work: list[tuple[Future[Any], Callable[[], Any]]] = field(default_factory=list)

    def submit(self, function: Callable[[TrunkProfile], Found], trunk: TrunkProfile) -> Future[Any]:
        self.work.append((Future(), lambda: function(trunk)))
        return self.work[-1][0]

    def works(self) -> None:
        for future, function in self.work:
            try:
                future.set_result(function())
            except Unanswered as silent:
                future.set_exception(silent)
        self.work = []


@dataclass
class Desk:
    """Lookups with a clock, a DNS and a pool of the test's."""

    file: Path
    dns: Dns = field(default_factory=Dns)
    pool: Later = field(default_factory=Later)
    now: float = 100.0

    def __post_init__(self) -> None:
        self.lookups = Lookups(self.dns, self.file, cast(Any, self.pool))

    def looks(self, after_s: float = 0.0) -> Known:
        """What is known once everything that is due has been asked and answered."""
        self.now += after_s
        self.lookups.look([LINE], self.now, 1_800_000_000 + self.now)
        self.pool.works()
        self.lookups.look([LINE], self.now, 1_800_000_000 + self.now)
        return self.lookups.of(LINE)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "answers.json")


def test_nobody_waits_for_an_answer(desk: Desk) -> None:
    desk.dns.says = Found(ONE, 60)
    desk.lookups.look([LINE], desk.now, 0)
    assert desk.lookups.of(LINE) == Known(None)
    assert desk.dns.asked == 0, "it is asked elsewhere"
    assert desk.looks() == Known(ONE)


def test_an_answer_is_used_as_long_as_it_holds(desk: Desk) -> None:
    desk.dns.says = Found(ONE, 60)
    desk.looks()
    desk.dns.says = Found(TWO, 60)
    assert desk.looks(59) == Known(ONE)
    assert desk.looks(1) == Known(TWO)
    assert desk.dns.asked == 2


def test_the_last_answer_is_used_while_the_dns_is_dead_and_it_is_said(desk: Desk) -> None:
    desk.dns.says = Found(ONE, 60)
    desk.looks()
    desk.dns.says = None
    since = int(1_800_000_000 + desk.now + 60)
    assert desk.looks(60) == Known(ONE, SILENT, since)
    assert desk.looks(3600) == Known(ONE, SILENT, since)
    desk.dns.says = Found(TWO, 60)
    assert desk.looks(10) == Known(TWO)


def test_also_after_a_restart(desk: Desk) -> None:
    desk.dns.says = Found(ONE, 60)
    desk.looks()
    again = Desk(desk.file)
    known = again.looks()
    assert (known.targets, known.trouble) == (ONE, SILENT)


def test_a_name_that_was_never_known_leads_nowhere(desk: Desk) -> None:
    known = desk.looks()
    assert (known.targets, known.trouble) == ((), SILENT)


def test_a_name_that_is_gone_leads_nowhere_any_more(desk: Desk) -> None:
    desk.dns.says = Found(ONE, 60)
    desk.looks()
    desk.dns.says = Found((), 30)
    known = desk.looks(60)
    assert (known.targets, known.trouble) == ((), NOWHERE)


def test_a_trunk_that_is_gone_is_asked_for_no_more(desk: Desk) -> None:
    desk.dns.says = Found(ONE, 60)
    desk.looks()
    desk.lookups.look([], desk.now + 100, 0)
    assert desk.lookups.of(LINE) == Known(None)
    assert desk.pool.work == []


def test_answers_of_no_time_are_asked_for_again_with_patience(desk: Desk) -> None:
    desk.dns.says = Found(ONE, 0)
    desk.looks()
    desk.looks(4)
    assert desk.dns.asked == 1
    desk.looks(1)
    assert desk.dns.asked == 2
