"""Phones on TCP and TLS: who has hung up the line to us is offline at once, and back as soon as it registers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from typing import Any

import pytest
from tests.live.company import Company, bindings, registers
from tests.live.talking import a_call_works, calls, final
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport
from tests.worlds.building import ADDRESS, NODE, carillon

pytestmark = pytest.mark.engines

AT_ONCE_S = 3.0
"""A phone that is tried and silent takes five seconds."""


def listed(company: Company, extension: str) -> list[dict[str, Any]]:
    """What `registration list` says of a person."""
    office = ("--dir", str(company.building.directory))
    who = f"{extension}@{company.domain}"
    return list(json.loads(carillon(company.building.network, *office, "registration", "list", who, "--json")))


def is_offline(caller: RawAgent, callee: str) -> None:
    """A call is refused at once: nobody has a phone there."""
    answer = final(caller, calls(caller, callee), AT_ONCE_S)
    assert answer.code == 480
    assert "has no phone registered" in (answer.header("Warning") or "")


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_a_phone_whose_connection_is_gone_is_offline_at_once(company: Company, transport: Transport) -> None:
    alice, bob = company.raw("101"), company.registered("102", transport=transport)
    assert [row["connected"] for row in listed(company, "102")] == [True]
    bob.close()
    is_offline(alice, company.uri("102"))
    assert listed(company, "102") == []


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_a_phone_that_comes_back_is_reached_at_once(company: Company, transport: Transport) -> None:
    alice = company.raw("101")
    company.registered("102", transport=transport).close()
    a_call_works(alice, company.registered("102", transport=transport))


def test_the_next_phone_rings_when_the_first_has_gone(company: Company) -> None:
    company.gives_device("102", "bob-mobile")
    alice, desk = company.raw("101"), company.registered("102", transport="tcp")
    mobile = company.registered("102", device="bob-mobile")
    desk.close()
    invite = calls(alice, company.uri("102"))
    mobile.respond(mobile.expect("INVITE", AT_ONCE_S), 486)
    assert final(alice, invite, AT_ONCE_S).code == 486


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_after_a_restart_a_phone_is_offline_until_it_connects_again(company: Company, transport: Transport) -> None:
    alice, bob = company.raw("101"), company.registered("102", transport=transport)
    old = company.pid("kamailio")
    os.kill(old, signal.SIGKILL)
    company.building.awaits_restart("kamailio", old)
    assert [(row["contact"], row["connected"]) for row in listed(company, "102")] == [(bob.contact, False)]
    is_offline(alice, company.uri("102"))
    again = company.registered("102", transport=transport)
    a_call_works(alice, again)


def test_a_connection_whose_far_end_has_vanished_is_asked_after_half_a_minute(company: Company) -> None:
    bob = company.registered("102", transport="tcp")
    deadline = time.monotonic() + 10
    while not (timers := keep_alive_timers(company)):
        assert time.monotonic() < deadline, "nobody will ask"
    assert max(timers) <= 30
    assert set(bindings(registers(bob))) == {bob.contact}


def keep_alive_timers(company: Company) -> list[float]:
    """Seconds until the kernel asks whether the far end of a phone's connection is still there."""
    argv = ["ss", "--no-header", "--tcp", "--numeric", "--options", "src", f"{ADDRESS}:5060"]
    with company.building.network.run(NODE, argv, stdout=subprocess.PIPE, text=True) as process:
        sockets = process.communicate(timeout=10)[0]
    return [float(each) for each in re.findall(r"timer:\(keepalive,([0-9.]+)sec", sockets)]
