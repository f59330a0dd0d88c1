"""A system with as many phones as one is made for, started again."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest
from tests.supervision.installation import Installation

from carillon.confgen.kamailio.memory import memory
from carillon.stores.registrations import julian
from carillon.supervision.location import ensure_location
from carillon.supervision.registered import registered

PHONES = 100_000
AGENT = "Yealink SIP-T46S 66.86.0.15"


@pytest.mark.engines
def test_a_hundred_thousand_phones_are_still_registered_after_a_restart(office: Installation) -> None:
    ensure_location(office.paths.state)
    register(office)
    office.up()
    status = office.status()
    assert [one for one in status["components"] if not one["healthy"]] == []
    for extension in ("100000", "199999"):
        [found] = registered(office.paths, (extension, "carillon.test"))
        assert found.contact == f"sip:{extension}@192.0.2.7:5060"


def register(office: Installation) -> None:
    """Write what Kamailio would have written of them before it was stopped."""
    now = time.time()
    socket = f"udp:{office.address}:5060"
    rows = [
        (f"u-{n}", str(n), "carillon.test", f"sip:{n}@192.0.2.7:5060", julian(now + 3600), f"call-{n}", AGENT, socket)
        for n in range(PHONES, 2 * PHONES)
    ]
    columns = "ruid, username, domain, contact, expires, callid, user_agent, socket"
    with closing(sqlite3.connect(office.paths.state / "location.db")) as location, location:
        location.executemany(f"INSERT INTO location ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608


def test_kamailio_may_use_more_on_a_larger_machine() -> None:
    """And never more in one piece than the machine has, which the kernel would refuse."""
    assert memory(512) == ("-m", "128", "-M", "64", "-x", "tlsf")
    assert memory(4096) == ("-m", "1024", "-M", "512", "-x", "tlsf")
    assert memory(1 << 20) == ("-m", "2048", "-M", "1024", "-x", "tlsf")
