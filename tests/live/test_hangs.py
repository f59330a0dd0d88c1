"""A component hangs, one process of it or all: it is said, it is ended, and people can call again without help."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.live.company import Company
from tests.live.talking import a_call_rings, a_call_works, calls, final, hangs_up, talk
from tests.live.waiting import await_new, await_that, measured
from tests.worlds.building import carillon

from carillon.supervision.rpc import call

pytestmark = pytest.mark.engines

CALLS_GO_ON = [
    *("redis", "rtpengine", "collector", "recordings", "trunks", "names", "calendars", "calls", "watchdog"),
    *("services", "presence", "states", "kamailio"),
]
KINDS = [
    "udp receiver",
    "tcp receiver",
    "tcp main process",
    "timer",
    "slow timer",
    "secondary timer",
    "TIMER UAC REG",
    "JSONRPCS DATAGRAM",
    "USRLOC Timer",
]


def said(company: Company, *words: str) -> Any:
    """What a command answers."""
    return json.loads(carillon(company.building.network, "--dir", str(company.building.directory), *words, "--json"))


def sends(company: Company, component: str, how: signal.Signals) -> int:
    """Kill the main process of a component, or stop all of its processes; gives its number."""
    pid = company.pid(component)
    (os.killpg if how is signal.SIGSTOP else os.kill)(pid, how)
    return pid


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
@pytest.mark.parametrize("component", CALLS_GO_ON)
def test_the_call_that_is_up_goes_on_and_new_ones_work(company: Company, component: str, how: signal.Signals) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    mine, theirs = talk(alice, bob)
    with measured(f"{component} | {how.name} | new calls"):
        old = sends(company, component, how)
        await_that(lambda: a_call_rings(alice, bob), "a new call rings")
    with measured(f"{component} | {how.name} | restarted"):
        await_new(company, component, old)
    assert "restarted" in company.component(component)["problem"]
    hangs_up(mine, theirs)
    a_call_works(bob, alice)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
def test_without_a_gateway_callers_are_told_so_and_it_is_started_again(company: Company, how: signal.Signals) -> None:
    """Who calls meanwhile gets 503 with Retry-After, or no answer yet."""
    alice, bob = company.registered("101"), company.registered("102")
    a_call_works(alice, bob)
    heard = len(alice.seen)
    with measured(f"asterisk | {how.name} | new calls"):
        old = sends(company, "asterisk", how)
        await_that(lambda: a_call_rings(alice, bob), "a new call rings")
    refused = [each for each in alice.seen[heard:] if (each.code or 0) >= 400 and each.code not in (407, 486)]
    assert all((each.code, each.header("Retry-After")) == (503, "5") for each in refused), refused
    await_new(company, "asterisk", old)
    assert "restarted" in company.component("asterisk")["problem"]
    a_call_works(alice, bob)


def test_status_says_since_when_a_component_hangs_and_why(company: Company) -> None:
    old = sends(company, "asterisk", signal.SIGSTOP)
    await_new(company, "asterisk", old)
    words = re.compile(rf"it hung at 20\S+ \(process {old} is stopped\)")
    await_that(
        lambda: bool(words.search(company.component("asterisk")["problem"])), "status says when it hung, and why"
    )


@contextmanager
def away(company: Company, component: str, how: signal.Signals) -> Iterator[None]:
    """A component is dead or hangs, and nobody mends it."""
    if how is signal.SIGKILL:
        company.building.stops(component)
        yield
        company.building.starts(component)
        return
    company.building.stops("watchdog")
    pid = sends(company, component, how)
    try:
        yield
    finally:
        os.killpg(pid, signal.SIGCONT)
        company.building.starts("watchdog")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["dead", "hung"])
def test_explain_and_trace_say_what_calls_go_without_while_redis_is_away(company: Company, how: signal.Signals) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    explains = ("explain", "call", "--from", f"101@{company.domain}", "--to", "102")
    with away(company, "redis", how):
        told = said(company, *explains)
        assert told["outcome"] == f"rings 102@{company.domain} for 60 s"
        assert told["missing"].startswith("Redis does not answer")
        invite = calls(alice, company.uri("102"))
        bob.respond(bob.expect("INVITE"), 486, headers=[("Warning", '399 bob "in a meeting"')])
        assert final(alice, invite).code == 486
        call_id = invite.header("Call-ID") or ""
        await_that(lambda: "Redis did not answer" in str(said(company, "trace", call_id)), "the trace says so")
    assert said(company, *explains)["missing"] == ""


@pytest.mark.parametrize("kind", KINDS)
def test_one_hung_process_among_kamailios_many_is_found(company: Company, kind: str) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    mine, theirs = talk(alice, bob)
    old = company.pid("kamailio")
    rows = call(company.building.paths.kamailio_rpc, "core.psx")
    children = [row["PID"] for row in rows if row["DSC"].startswith(kind)]
    with measured(f"kamailio, {kind} | SIGSTOP | restarted"):
        os.kill(children[0], signal.SIGSTOP)
        await_new(company, "kamailio", old)
    assert a_call_rings(alice, bob)
    hangs_up(mine, theirs)
