"""Trunks, their passwords, and what goes out by them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.truth.terminal import Terminal

from carillon.model.refused import Refused
from carillon.provisioning.trunkkey import TrunkKey
from carillon.provisioning.trunks import passwords
from carillon.stores import trunklogins
from carillon.stores.directory import DirectoryReader

SECRET = "swordfish-of-the-provider"
REGISTERED = ("trunk", "add", "provider", "--address", "sip.example.net", "--register-as", "acc1", "--password", "-")


def test_a_trunk_is_in_force_at_once(carillon: Terminal, worker: DirectoryReader) -> None:
    assert worker.trunks() == {}
    carillon.done("trunk", "add", "provider", "--address", "[2001:DB8::1]:5070", "--main-number", "02 555 00 00")
    found = worker.trunks()["example.org", "provider"]
    assert (found.host, found.port, found.transport, found.main_number) == ("2001:db8::1", 5070, "udp", "+3225550000")
    assert (found.country, found.enabled, found.trusted, found.national_format) == ("BE", True, False, False)
    assert carillon.got("trunk", "show", "provider")["address"] == "[2001:db8::1]:5070"
    words = ["--enabled", "no", "--trusted", "yes", "--from-format", "national", "--address", "192.0.2.1"]
    carillon.done("trunk", "set", "provider", "--transport", "tls", *words)
    found = worker.trunks()["example.org", "provider"]
    assert (found.host, found.port, found.transport) == ("192.0.2.1", 5061, "tls")
    assert (found.enabled, found.trusted, found.national_format) == (False, True, True)
    carillon.done("trunk", "remove", "provider")
    assert worker.trunks() == {}


def test_a_password_is_told_to_nobody_but_who_registers(
    carillon: Terminal, truth: Engine, worker: DirectoryReader
) -> None:
    carillon.done(*REGISTERED, stdin=f"{SECRET}\n")
    key = TrunkKey.of(carillon.paths)
    assert passwords(truth, key) == {("example.org", "provider"): SECRET}
    assert key.path.stat().st_mode & 0o777 == 0o600
    shown = [carillon.done("trunk", *words, "--json").out for words in (["list"], ["show", "provider"])]
    shown.append(carillon.done("change", "list", "--json").out)
    assert SECRET not in "".join(shown)
    assert json.loads(shown[1])["has_password"] is True
    for place in (carillon.paths.directory, carillon.paths.run):
        for file in place.rglob("*"):
            assert not file.is_file() or SECRET.encode() not in file.read_bytes()
    assert trunklogins.read(carillon.paths.trunk_logins) == {("example.org", "provider"): ("acc1", SECRET)}
    for file in (carillon.paths.trunk_logins, carillon.paths.run / "trunk.key"):
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_made_password_is_shown_once(carillon: Terminal, truth: Engine) -> None:
    added = carillon.got("trunk", "add", "exchange", "--address", "192.0.2.1", "--register-as", "us")
    assert passwords(truth, TrunkKey.of(carillon.paths)) == {("example.org", "exchange"): added["password"]}


def test_a_password_changes_and_goes(carillon: Terminal, truth: Engine) -> None:
    key = TrunkKey.of(carillon.paths)
    carillon.done(*REGISTERED, stdin=f"{SECRET}\n")
    carillon.done("trunk", "set", "provider", "--password", "-", stdin="another\n")
    assert passwords(truth, key) == {("example.org", "provider"): "another"}
    assert carillon.got("change", "list", "--newest", "1")[0]["after"]["password"] == "changed"
    carillon.done("trunk", "set", "provider", "--register-as", "")
    assert passwords(truth, key) == {}
    assert carillon.refused("trunk", "set", "provider", "--register-as", "acc2").startswith("password: is missing")


def test_a_lost_key_is_said(carillon: Terminal, truth: Engine) -> None:
    carillon.done(*REGISTERED, stdin=f"{SECRET}\n")
    key = TrunkKey.of(carillon.paths)
    key.path.unlink()
    with pytest.raises(Refused, match=r"^password: can't be read with .*trunk.key; restore that file"):
        passwords(truth, key)


def test_who_makes_the_key_first_makes_it_for_all(tmp_path: Path) -> None:
    one, other = TrunkKey(tmp_path / "trunk.key"), TrunkKey(tmp_path / "trunk.key")
    assert other.open(one.seal("a")) == one.open(other.seal("a")) == "a"
    assert [file.name for file in tmp_path.iterdir()] == ["trunk.key"]


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("address", ["x", "--address", ""]),
        ("address", ["x", "--address", "a b"]),
        ("address", ["x", "--address", "2001:db8::1"]),
        ("address", ["x", "--address", "[2001:db8::g]:5060"]),
        ("address", ["x", "--address", "192.0.2.256"]),
        ("address", ["x", "--address", "192.0.2.1:0"]),
        ("address", ["x", "--address", "192.0.2.1:65536"]),
        ("address", ["x", "--address", "0.0.0.0:5060"]),
        ("address", ["x", "--address", "127.0.0.1:5060"]),
        ("name", ["a b", "--address", "192.0.2.1"]),
        ("name", ["there", "--address", "192.0.2.1"]),
        ("address", ["x", "--address", "192.0.2.9:5060"]),
        ("main_number", ["x", "--address", "192.0.2.1", "--main-number", "12"]),
        ("register_as", ["x", "--address", "192.0.2.1", "--register-as", "a b"]),
        ("realm", ["x", "--address", "192.0.2.1", "--realm", "a b"]),
        ("priority", ["x", "--address", "192.0.2.1", "--priority", "0"]),
        ("country", ["x", "--address", "192.0.2.1", "--country", "XX"]),
        ("password", ["x", "--address", "192.0.2.1", "--password", "of no use"]),
        ("password", ["x", "--address", "192.0.2.1", "--register-as", "a", "--password", "a\tb"]),
    ],
)
def test_what_cannot_be_a_trunk_is_refused(carillon: Terminal, field: str, words: list[str]) -> None:
    carillon.done("trunk", "add", "there", "--address", "192.0.2.9")
    assert carillon.refused("trunk", "add", *words).startswith(f"{field}: ")


def test_several_accounts_at_one_provider(carillon: Terminal, truth: Engine) -> None:
    for number in range(3):
        words = ["--address", "192.0.2.9", "--register-as", f"acc{number}", "--password", f"secret{number}"]
        carillon.done("trunk", "add", f"line{number}", *words)
    assert len(passwords(truth, TrunkKey.of(carillon.paths))) == 3


def test_longer_prefixes_come_first_then_ones_own_site_then_position_and_priority(
    carillon: Terminal, worker: DirectoryReader
) -> None:
    carillon.done("site", "add", "liege")
    for priority, name in enumerate(("spare", "main", "local"), start=1):
        address = f"192.0.2.{priority}"
        carillon.done("trunk", "add", name, "--address", address, "--priority", str(10 - priority))
    for words in (
        ["", "--trunk", "spare"],
        ["+", "--trunk", "main"],
        ["+32", "--trunk", "main", "--position", "2"],
        ["+32", "--trunk", "spare", "--position", "1"],
        ["", "--trunk", "local", "--site", "liege", "--position", "9"],
    ):
        carillon.done("outbound", "add", *words)
    expected = [
        ("+32", "spare", None),
        ("+32", "main", None),
        ("", "local", "liege"),
        ("", "main", None),
        ("", "spare", None),
    ]
    assert [(one.prefix, one.trunk, one.site) for one in worker.outbound("example.org")] == expected
    assert [(one["prefix"], one["trunk"], one["site"]) for one in carillon.got("outbound", "list")] == expected
    assert worker.outbound("b.org") == ()
    assert carillon.got("site", "show", "liege")["trunks"] == ["local"]
    assert carillon.refused("site", "remove", "liege").startswith("name: liege has outbound routes by local")


def test_a_route_is_chosen_among_several_and_removed(carillon: Terminal, worker: DirectoryReader) -> None:
    for host, name in (("192.0.2.1", "one"), ("192.0.2.2", "two")):
        carillon.done("trunk", "add", name, "--address", host)
        carillon.done("outbound", "add", "+32", "--trunk", name)
    assert carillon.refused("outbound", "remove", "+32").startswith("prefix: +32 has several routes")
    assert carillon.refused("trunk", "remove", "one").startswith("name: one carries +32")
    assert carillon.got("outbound", "set", "+32", "--trunk", "one", "--position", "3")["position"] == 3
    carillon.done("outbound", "remove", "+32", "--trunk", "one")
    assert [one.trunk for one in worker.outbound("example.org")] == ["two"]
    assert carillon.got("outbound", "show", "+32")["trunk"] == "two"
    carillon.done("trunk", "remove", "one")


def test_routes_of_two_domains_are_apart(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("domain", "add", "b.org")
    carillon.done("trunk", "add", "provider@b.org", "--address", "192.0.2.1")
    assert carillon.refused("outbound", "add", "+32", "--trunk", "provider").startswith("trunk: ")
    carillon.done("outbound", "add", "+32@b.org", "--trunk", "provider")
    assert [one.trunk for one in worker.outbound("b.org")] == ["provider"]
    assert worker.outbound("example.org") == ()
    assert carillon.got("outbound", "show", "+32@b.org")["domain"] == "b.org"
    assert "b.org still has the trunk provider" in carillon.refused("domain", "remove", "b.org")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("prefix", ["32", "--trunk", "provider"]),
        ("prefix", ["+0", "--trunk", "provider"]),
        ("prefix", ["+32", "--trunk", "provider"]),
        ("trunk", ["+33", "--trunk", "nowhere"]),
        ("site", ["+33", "--trunk", "provider", "--site", "nowhere"]),
        ("position", ["+33", "--trunk", "provider", "--position", "0"]),
    ],
)
def test_what_cannot_be_a_route_is_refused(carillon: Terminal, field: str, words: list[str]) -> None:
    carillon.done("trunk", "add", "provider", "--address", "192.0.2.1")
    carillon.done("outbound", "add", "+32", "--trunk", "provider")
    assert carillon.refused("outbound", "add", *words).startswith(f"{field}: ")
