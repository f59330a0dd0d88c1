"""The demo's way outside: made once, and then the administrator's."""

from __future__ import annotations

from pathlib import Path

import pytest

from carillon.provisioning import devices, outbounds, trunks, users
from carillon.provisioning.system import create_system, open_truth
from carillon.supervision.demo import ADDRESS, DOMAIN, credentials, ensure_demo
from carillon.system.paths import SystemPaths

NUMBERS = [f"+32255501{n:02}" for n in range(1, 5)]


@pytest.fixture
def paths(tmp_path: Path) -> SystemPaths:
    return SystemPaths.of(tmp_path / "demo")


def test_a_new_demo_has_a_provider_and_numbers(paths: SystemPaths) -> None:
    ensure_demo(paths)
    expected = {"name": "provider", "address": "127.0.0.1:5090", "numbers": NUMBERS}
    assert credentials(paths)["trunk"] == expected
    alice = users.show(open_truth(paths), "101").user
    assert (alice.caller_number, "national" in alice.rights) == ("+3225550101", True)


def test_a_demo_of_an_older_version_gets_them(paths: SystemPaths) -> None:
    create_system(paths.directory, DOMAIN, ADDRESS)
    users.add(open_truth(paths), "me", "101", "Alice Martin")
    devices.add(open_truth(paths), "me", "101", "101", "secret")
    ensure_demo(paths)
    assert credentials(paths)["trunk"] == {"name": "provider", "address": "127.0.0.1:5090", "numbers": NUMBERS[:1]}


def test_what_an_administrator_took_away_stays_away(paths: SystemPaths) -> None:
    ensure_demo(paths)
    truth = open_truth(paths)
    for extension in ("101", "102", "103", "104"):
        users.set(truth, "me", extension, caller_number="")
    outbounds.remove(truth, "me", "", "provider")
    trunks.remove(truth, "me", "provider")
    ensure_demo(paths)
    assert "trunk" not in credentials(paths)
