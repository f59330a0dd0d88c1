"""Lamps that are made wrong on purpose: what was lost is found out, put right, and counted."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from tests.live.company import Company
from tests.live.talking import hangs_up, talk
from tests.live.test_lamps import states
from tests.live.test_refresh import asterisk
from tests.live.waiting import PATIENCE_S, await_that
from tests.live.watching import Watch, dialogs

from carillon.confgen.asterisk.manager import LISTENER_USER
from carillon.presence.picture import DialogState, Line
from carillon.states.news import calls_told
from carillon.stores import repairs

pytestmark = pytest.mark.engines


def repaired(company: Company, by: str) -> int:
    """How many lamps a daemon has put right."""
    return repairs.read(company.building.paths.lamps_repaired_by(by)).count


@contextmanager
def deaf(company: Company) -> Iterator[int]:
    """The calls daemon hears nothing meanwhile, and loses what is said: its connection is cut.

    With the process id of the watchdog, which a new one replaces afterwards.
    """
    watchdog, calls = company.pid("watchdog"), company.pid("calls")
    os.killpg(watchdog, signal.SIGSTOP)
    os.killpg(calls, signal.SIGSTOP)
    try:
        connected = asterisk(company, "manager show connected")
        (line,) = (line for line in connected.splitlines() if line.split()[:1] == [LISTENER_USER])
        asterisk(company, f"manager kick session {_descriptor(connected, line)}")
        yield watchdog
    finally:
        os.killpg(calls, signal.SIGCONT)
        os.killpg(watchdog, signal.SIGKILL)


def _descriptor(table: str, line: str) -> str:
    """The column FileDes of a line."""
    head = next(each for each in table.splitlines() if "FileDes" in each)
    numbers = re.finditer(r"\S+", line)
    return next(each[0] for each in numbers if each.start() <= head.index("FileDes") < each.end() + 3)


def test_a_call_that_ends_while_nobody_hears_leaves_no_ghost(company: Company) -> None:
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    watch = Watch(carol, company.uri("102"), "dialog")
    mine, theirs = talk(alice, bob)
    watch.until(lambda told: states(told) == ["confirmed"])
    before = repaired(company, "calls")
    with deaf(company) as watchdog:
        hangs_up(mine, theirs)
    watch.until(lambda told: not dialogs(told))
    company.building.awaits_restart("watchdog", watchdog)
    await_that(lambda: repaired(company, "calls") == before + 2, "the lamps of both are counted")
    assert "put right" in company.component("calls")["problem"]
    assert company.building.metric('carillon_lamps_repaired_total{by="calls"}') == before + 2


def test_a_ghost_in_what_is_told_of_calls_is_gone_when_all_is_told_again(company: Company) -> None:
    watch = Watch(company.registered("103"), company.uri("102"), "dialog")
    before, ghosts = repaired(company, "states"), 0
    ghost = Line("ghost1", DialogState.CONFIRMED, False, f"101@{company.domain}")
    while states(watch.told[-1]) != ["confirmed"]:  # all may be told again right after it: then nobody ever sees it
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as telling:
            telling.sendto(calls_told({f"102@{company.domain}": (ghost,)}), str(company.building.paths.states_socket))
        ghosts += 1
        with suppress(TimeoutError):
            watch.until(lambda told: states(told) == ["confirmed"], timeout=5)
    watch.until(lambda told: not dialogs(told))
    assert before < repaired(company, "states") <= before + ghosts


def test_a_call_that_goes_on_is_shown_while_the_daemon_of_states_is_started_anew(company: Company) -> None:
    """The new one tells everybody what it knows: the first word after the kill is its own."""
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    lamp = Watch(carol, company.uri("102"), "dialog")
    mine, theirs = talk(alice, bob)
    lamp.until(lambda told: states(told) == ["confirmed"])
    shown = len(lamp.told)
    os.kill(company.pid("states"), signal.SIGKILL)
    lamp.next(PATIENCE_S)
    hangs_up(mine, theirs)
    lamp.until(lambda told: not dialogs(told))
    assert [states(told) for told in lamp.told[shown:-1]] == [["confirmed"]] * (len(lamp.told) - shown - 1)
