"""Of several nodes one registers at providers; what the others tell their Kamailio, and when."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import OutboundRoute
from carillon.stores.trunklogins import LoginReader
from carillon.trunks import daemon
from carillon.trunks.daemon import Follower
from carillon.trunks.lookups import Lookups
from carillon.trunks.places import place_of
from carillon.trunks.registrations import Account
from carillon.trunks.targets import Found
from carillon.trunks.watch import Watch

WANTED = {"provider.example.org": Account("provider.example.org", "acc", "example.org", "sip.net", "secret")}


class Node:
    """A trunk daemon whose Kamailio writes down what it is told of registrations."""

    def __init__(self, home: Path, lease: Path | None) -> None:
        self.told: list[str] = []
        nowhere = home / "nothing"
        watch = Watch(lambda method, *parameters: None, nowhere)
        lookups = Lookups(lambda trunk: Found((), 60.0), nowhere)
        self.follower = Follower(DirectoryReader(nowhere), nowhere, LoginReader(nowhere), watch, lookups, lease=lease)

    def call(self, rpc: Path, method: str, *parameters: object) -> None:
        self.told.append(method.removeprefix("uac."))

    def looks(self, now: float) -> list[str]:
        """What is told in this look."""
        self.told.clear()
        self.follower._may_register(now, WANTED)
        return list(self.told)


@pytest.fixture
def lease(tmp_path: Path) -> Path:
    return tmp_path / "lease.json"


def node(tmp_path: Path, lease: Path | None, monkeypatch: pytest.MonkeyPatch) -> Node:
    made = Node(tmp_path, lease)
    monkeypatch.setattr(daemon, "call", made.call)
    return made


def test_a_node_alone_registers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = node(tmp_path, None, monkeypatch)
    assert alone.looks(1.0) == ["reg_add"]
    assert alone.looks(2.0) == []


def test_only_the_holder_registers_and_only_until_its_time_is_over(
    tmp_path: Path, lease: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = node(tmp_path, lease, monkeypatch)
    assert one.looks(1.0) == []
    lease.write_text(json.dumps({"until": 10.0, "given": False}))
    assert one.looks(2.0) == ["reg_add"]
    assert one.looks(9.9) == []
    assert one.looks(10.0) == ["reg_remove"]
    assert one.looks(11.0) == []


def test_a_holder_that_is_drained_says_goodbye(tmp_path: Path, lease: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = node(tmp_path, lease, monkeypatch)
    lease.write_text(json.dumps({"until": 10.0, "given": False}))
    one.looks(2.0)
    lease.write_text(json.dumps({"until": 0.0, "given": True}))
    assert one.looks(3.0) == ["reg_unregister"]
    assert one.looks(3.0 + daemon.GOODBYE_S + 1) == ["reg_remove"]


def routes(*sites: str | None) -> list[OutboundRoute]:
    return [OutboundRoute("", "line", site) for site in sites] + [OutboundRoute("", "provider", None)]


@pytest.mark.parametrize(
    ("sites", "place"),
    [
        (("liege",), "liege"),
        (("liege", "main"), "liege"),
        (("liege", None), ""),
        (("liege", "namur"), ""),
        (("main",), ""),
        ((None,), ""),
        ((), ""),
    ],
)
def test_the_line_of_a_branch_is_registered_by_its_satellite(sites: tuple[str | None, ...], place: str) -> None:
    """Also where people of headquarters may use it; not one for everybody, or of two branches."""
    assert place_of("line", routes(*sites), {"liege", "namur"}) == place
    assert place_of("provider", routes(*sites), {"liege", "namur"}) == ""
