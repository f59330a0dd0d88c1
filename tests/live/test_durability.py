"""A phone that heard 200 is registered, whatever dies in the next moment."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from contextlib import closing
from functools import partial

import psutil
import pytest
from tests.live.company import Company, bindings, registers
from tests.live.talking import a_call_works, calls, final, heard
from tests.live.waiting import await_that
from tests.phones.raw import RawAgent
from tests.worlds.building import carillon

from carillon.stores.registrations import julian, registrations
from carillon.supervision.supervisor import supervisor_pid

pytestmark = [pytest.mark.engines, pytest.mark.timeout(180)]

PHONES, CONTACTS = 100, 10
CROWD, CALLS = 60_000, 100


def everything_is_killed(company: Company) -> None:
    """Kill -9 of every process of the system, at once."""
    supervisor = psutil.Process(supervisor_pid(company.building.paths.supervisor_socket) or 0)
    supervisor.suspend()  # it starts nothing again meanwhile, and its end tells nobody to end well
    family = [*supervisor.children(recursive=True), supervisor]
    for process in family:
        process.kill()
    psutil.wait_procs(family)


def is_started_again(company: Company) -> None:
    """`carillon up`."""
    carillon(company.building.network, "--dir", str(company.building.directory), "up")


def staff(company: Company) -> list[RawAgent]:
    """A hundred more people."""
    extensions = [str(200 + n) for n in range(PHONES)]
    for extension in extensions:
        company.building.hires(company.domain, extension, f"Person {extension}")
        company.gives_device(extension, extension)
    return [company.raw(extension) for extension in extensions]


def test_a_thousand_registrations_survive_the_death_of_everything(company: Company) -> None:
    agents = staff(company)
    places = {agent: [f"sip:{agent.user}@10.77.0.11:{6000 + n}" for n in range(CONTACTS)] for agent in agents}
    codes = [registers(agent, [f"<{places[agent][n]}>"], 600).code for n in range(CONTACTS) for agent in agents]
    gone = places[agents[0]].pop(), places[agents[1]].pop()
    codes += [registers(agents[n], [f"<{gone[n]}>;expires=0"]).code for n in (0, 1)]
    places[agents[2]] = []
    codes += [registers(agents[2], ["*"], 0).code]
    everything_is_killed(company)
    assert codes == [200] * (PHONES * CONTACTS + 3)
    is_started_again(company)
    assert {agent.user: sorted(bindings(registers(agent))) for agent in agents} == {
        agent.user: sorted(left) for agent, left in places.items()
    }


def test_a_phone_is_called_after_the_death_of_everything(company: Company) -> None:
    alice, bob = company.raw("101"), company.registered("102")
    everything_is_killed(company)
    is_started_again(company)
    invite = calls(alice, company.uri("102"))
    bob.respond(bob.expect("INVITE"), 486)
    assert final(alice, invite).code == 486
    a_call_works(alice, bob)


def crowds(company: Company, like: str) -> None:
    """Write down many more registrations, for two minutes, as if they were of before."""
    file = company.building.paths.state / "location.db"
    await_that(lambda: len(registrations(file, (like, company.domain))) == 1, "the registration is in the file")
    with closing(sqlite3.connect(file, timeout=20)) as opened, opened:
        opened.row_factory = sqlite3.Row
        (found,) = opened.execute("SELECT * FROM location WHERE username = ? AND domain = ?", (like, company.domain))
        one = {name: found[name] for name in found.keys() if name != "id"}  # noqa: SIM118 -- a Row is no dict
        ends = julian(time.time() + 120)
        many = [one | {"username": f"crowd{n}", "ruid": f"crowd-{n}", "expires": ends} for n in range(CROWD)]
        names = ", ".join(one)
        opened.executemany(f"INSERT INTO location ({names}) VALUES (:{', :'.join(one)})", many)  # noqa: S608


def test_nobody_is_missing_while_kamailio_reads_many_registrations(company: Company) -> None:
    """It serves from its first moment, and whom it hasn't read yet isn't offline."""
    alice, bob = company.registered("101"), company.registered("102")
    crowds(company, "102")
    asked = [alice.invite(company.uri("102")) for _ in range(CALLS)]
    proved = [alice.with_credentials(invite, alice.exchange(invite)) for invite in asked]
    old = company.pid("kamailio")
    os.kill(old, signal.SIGKILL)
    for invite in proved:
        alice.send(invite)
        while received := heard(bob, lambda each: each.method == "INVITE"):
            bob.respond(received, 486)
    company.building.awaits_restart("kamailio", old)
    answers = list(iter(partial(heard, alice, lambda each: (each.code or 0) >= 200), None))
    assert 486 in [each.code for each in answers]
    assert [each.text for each in answers if "has no phone registered" in (each.header("Warning") or "")] == []
    alice.forget()
    a_call_works(alice, bob)


def test_the_last_registration_survives_a_crash_of_the_registrar_alone(company: Company) -> None:
    stays, goes = "sip:101@10.77.0.11:5070", "sip:101@10.77.0.12:5070"
    alice = company.raw("101")
    registers(alice, [f"<{goes}>;q=0.5", f"<{stays}>;q=0.3"], 600)
    assert registers(alice, [f"<{goes}>;expires=0"]).code == 200
    old = company.pid("kamailio")
    os.kill(old, signal.SIGKILL)
    company.building.awaits_restart("kamailio", old)
    answer = registers(alice)
    assert set(bindings(answer)) == {stays}
    assert ";q=0.3" in (answer.header("Contact") or "")
