"""An administrator takes registrations back: in force at once, and after a crash too."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest
from tests.live.company import Company, bindings, registers
from tests.live.talking import calls, final
from tests.worlds.building import NODE, carillon

pytestmark = pytest.mark.engines

DESK, HOME = "sip:101@10.77.0.11:5070", "sip:101@10.77.0.12:5070"


def command(company: Company, *arguments: str) -> list[dict[str, Any]]:
    """What a `carillon registration` command answers."""
    office = ("--dir", str(company.building.directory), "registration")
    return list(json.loads(carillon(company.building.network, *office, *arguments, "--json")))


def test_a_person_whose_registrations_are_removed_is_offline(company: Company) -> None:
    alice, bob = company.raw("101"), company.registered("102")
    removed = command(company, "remove", f"102@{company.domain}")
    assert [row["contact"] for row in removed] == [bob.contact]
    assert command(company, "list", f"102@{company.domain}") == []
    assert final(alice, calls(alice, company.uri("102"))).code == 480


def test_one_contact_is_removed_and_stays_so_after_a_crash(company: Company) -> None:
    alice, mine = company.raw("101"), f"sip:101-{company.domain}@10.77.0.11:5070"
    registers(alice, [f"<{mine}>;q=0.7", f"<{HOME}>;q=0.5"], 600)
    command(company, "remove", mine)
    old = company.pid("kamailio")
    os.kill(old, signal.SIGKILL)
    company.building.awaits_restart("kamailio", old)
    [row] = command(company, "list", f"101@{company.domain}")
    assert (row["contact"], row["q"]) == (HOME, 0.5)
    assert set(bindings(registers(alice))) == {HOME}


def test_nothing_is_removed_when_one_of_them_is_not_there(company: Company) -> None:
    registers(company.raw("101"), [f"<{DESK}>"], 600)
    argv = ["bin/carillon", "--dir", str(company.building.directory), "registration", "remove"]
    with company.building.network.run(NODE, [*argv, f"101@{company.domain}", "sip:nobody@192.0.2.1"]) as process:
        assert process.wait(30) == 1
    assert [row["contact"] for row in command(company, "list", f"101@{company.domain}")] == [DESK]


def test_a_registration_of_a_stopped_system_is_removed_too(company: Company) -> None:
    company.registered("102")
    network, office = company.building.network, ("--dir", str(company.building.directory))
    carillon(network, *office, "down")
    try:
        assert len(command(company, "remove", f"102@{company.domain}")) == 1
    finally:
        carillon(network, *office, "up")
    assert command(company, "list", f"102@{company.domain}") == []
