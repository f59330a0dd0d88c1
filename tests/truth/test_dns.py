"""The DNS as an administrator sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.truth.terminal import Terminal

from carillon.provisioning import nameservice
from carillon.stores import nameservice as told
from carillon.stores.directory import DirectoryReader


def srv(carillon: Terminal, domain: str = "example.org") -> list[str]:
    rows = carillon.got("dns", "show", domain)
    return [row["data"] for row in rows if row["name"] == f"_sip._udp.{domain}"]


def test_records_to_paste(carillon: Terminal) -> None:
    out = carillon.done("dns", "show").out
    assert '\nexample.org. 60 IN NAPTR 10 50 "s" "SIPS+D2T" "" _sips._tcp.example.org.\n' in out
    assert "\n_sip._udp.example.org. 60 IN SRV 1 1 5060 node1.example.org.\n" in out
    assert "\nnode1.example.org. 60 IN A 127.0.0.1\n" in out
    assert "zone above" not in out
    assert carillon.refused("dns", "show", "c.org").startswith("domain: c.org isn't served here")


def test_how_a_node_stands(carillon: Terminal) -> None:
    carillon.done("domain", "add", "b.org")
    carillon.done("dns", "set", "node1", "--priority", "10", "--weight", "60")
    assert srv(carillon) == ["10 60 5060 node1.example.org."]
    assert srv(carillon, "b.org") == ["10 60 5060 node1.b.org."]
    row = {"node": "node1", "priority": 10, "weight": 60, "name_server": [], "port": None}
    assert carillon.got("dns", "list") == [row]
    assert carillon.refused("dns", "set", "node1", "--weight", "65536").startswith("weight: 65536 isn't possible")
    assert carillon.refused("dns", "set", "node9", "--weight", "1") == "node: there is no node node9; choose node1.\n"


def test_naptr_can_be_switched_off(carillon: Terminal) -> None:
    carillon.done("domain", "set", "example.org", "--naptr", "off")
    assert carillon.got("domain", "show", "example.org")["naptr"] == "off"
    assert "NAPTR" not in {row["type"] for row in carillon.got("dns", "show")}
    assert carillon.refused("domain", "set", "example.org", "--naptr", "ws").startswith("naptr: 'ws' isn't possible")


def test_a_name_server_answers_for_all_domains_and_is_told_of_new_ones(
    carillon: Terminal, worker: DirectoryReader, truth: Engine
) -> None:
    nameservice.serve(truth, "us", "node1", ["127.0.0.1", "::1"], 5353)
    carillon.done("domain", "add", "b.org")
    service = told.read(carillon.paths.name_service)
    assert (service.listen, service.port) == (("127.0.0.1", "::1"), 5353)
    assert [zone.domain for zone in service.zones] == ["b.org", "example.org"]
    assert service == nameservice.service(truth, "node1")
    assert (
        "only this, in the zone above it\nexample.org. 60 IN NS node1.example.org.\n"
        in carillon.done("dns", "show").out
    )


def test_the_serial_grows_with_what_zones_say_and_with_nothing_else(carillon: Terminal, truth: Engine) -> None:
    first = nameservice.zones(truth)[0].serial
    carillon.done("user", "add", "101", "--name", "Alice")
    assert nameservice.zones(truth)[0].serial == first
    carillon.done("dns", "set", "node1", "--priority", "3")
    assert nameservice.zones(truth)[0].serial > first


def test_what_is_told_stays_as_it_is_when_nothing_changed(tmp_path: Path, truth: Engine) -> None:
    """NSD reads its zones again when they have changed, not at every change of the system."""
    import os

    nameservice.serve(truth, "us", "node1", ["127.0.0.1"])
    file = tmp_path / "told.json"
    told.write(file, nameservice.service(truth, "node1"), os.geteuid())
    before = file.stat().st_ino, file.stat().st_mtime_ns
    told.write(file, nameservice.service(truth, "node1"), os.geteuid())
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == before


@pytest.mark.parametrize("command", [("dns", "set", "node1"), ("dns",)])
def test_wrong_usage(carillon: Terminal, command: tuple[str, ...]) -> None:
    assert carillon.types(*command).status == 2
