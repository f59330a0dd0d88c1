"""A component dies or hangs: it is said, it is mended, and people can call again without help."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable

import pytest
from tests.live.company import Company, bindings, registers
from tests.live.talking import a_call_works, calls, final

pytestmark = pytest.mark.engines

PATIENCE_S = 20.0


def await_that(happened: Callable[[], bool], what: str) -> None:
    """Ask again until it has happened; each of these questions takes its time by itself."""
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, f"in vain for {PATIENCE_S:g} s: {what}"


def kills(company: Company, component: str) -> None:
    """Kill -9, and wait until it is up again by itself."""
    old = company.pid(component)
    os.kill(old, signal.SIGKILL)

    def is_back() -> bool:
        now = company.component(component)
        return bool(now["healthy"] and now["pid"] not in (None, old))

    await_that(is_back, f"{component} is up again: {company.component(component)}")


@pytest.mark.parametrize("component", ["kamailio", "asterisk", "redis"])
def test_a_component_that_crashes_is_started_again_and_calls_work(company: Company, component: str) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    a_call_works(alice, bob)
    await_written(company, alice.contact, bob.contact)
    kills(company, component)
    assert "restarted" in company.component(component)["problem"]
    assert company.building.status()["healthy"]
    a_call_works(alice, bob)
    invite = calls(alice, company.uri("102"))
    bob.respond(bob.expect("INVITE"), 486, headers=[("Warning", '399 bob "busy"')])
    answer = final(alice, invite)
    assert (answer.code, answer.header("Warning")) == (486, '399 bob "busy"')


def test_registrations_survive_a_crash_of_the_registrar(company: Company) -> None:
    desk, removed = "sip:101@10.77.0.11:5070", "sip:101@10.77.0.12:5070"
    alice, bob = company.raw("101"), company.registered("102")
    registers(alice, [f"<{desk}>", f"<{removed}>"], 600)
    registers(alice, [f"<{removed}>;expires=0"])
    registered_at = time.monotonic()
    await_written(company, desk, bob.contact)
    assert time.monotonic() - registered_at < 2, "a registration of 2 s ago would have been lost"
    kills(company, "kamailio")
    left = bindings(registers(alice))
    assert set(left) == {desk}
    assert 540 < left[desk] <= 600
    invite = calls(alice, company.uri("102"))
    bob.respond(bob.expect("INVITE"), 486)
    assert final(alice, invite).code == 486


def test_a_gateway_that_hangs_is_told_within_four_seconds(company: Company) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    a_call_works(alice, bob)
    asterisk = company.pid("asterisk")
    os.kill(asterisk, signal.SIGSTOP)
    try:
        began = time.monotonic()
        answer = final(alice, calls(alice, company.uri("102")))
        assert (answer.code, answer.header("Retry-After")) == (503, "5")
        assert time.monotonic() - began < 4
        assert not company.component("asterisk")["healthy"]
        assert registers(bob, [f"<{bob.contact}>"], 3600).code == 200
    finally:
        os.kill(asterisk, signal.SIGCONT)
    await_that(lambda: company.building.status()["healthy"], "Asterisk goes on")
    gone = [each for each in bob.seen if each.method == "INVITE" and each.code is None]
    a_call_works(alice, company.registered("103"))
    assert len([each for each in bob.seen if each.method == "INVITE" and each.code is None]) == len(gone)


def await_written(company: Company, *contacts: str) -> None:
    """Wait until these contacts are in the file that a restart reads."""
    path = company.building.paths.state / "location.db"

    def is_there() -> bool:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as file:
            written = {row[0] for row in file.execute("select contact from location")}
        file.close()
        return set(contacts) <= written

    await_that(is_there, "the contacts are written")
