"""A component dies: it is said, it is mended, and people can call again without help."""

from __future__ import annotations

import os
import signal
import sqlite3
import time

import pytest
from tests.live.company import Company, bindings, registers
from tests.live.talking import a_call_works, calls, final
from tests.live.waiting import await_new, await_that

pytestmark = pytest.mark.engines


def kills(company: Company, component: str) -> None:
    """Kill -9, and wait until it is up again by itself."""
    old = company.pid(component)
    os.kill(old, signal.SIGKILL)

    await_new(company, component, old)


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
    assert (answer.code, answer.header("Warning")) == (486, f'399 {company.domain} "busy"')


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


def await_written(company: Company, *contacts: str) -> None:
    """Wait until these contacts are in the file that a restart reads."""
    path = company.building.paths.state / "location.db"

    def is_there() -> bool:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as file:
            written = {row[0] for row in file.execute("select contact from location")}
        file.close()
        return set(contacts) <= written

    await_that(is_there, "the contacts are written")
