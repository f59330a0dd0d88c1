"""The trunk daemon's view of trunks, with a Kamailio that says what the test wants."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from carillon.stores.ports import Target, TrunkProfile
from carillon.supervision.rpc import RpcFailed
from carillon.trunks import states
from carillon.trunks.lookups import Known
from carillon.trunks.probes import NONE_AT_ALL
from carillon.trunks.registrations import chosen
from carillon.trunks.states import Health
from carillon.trunks.targets import Rows, find
from carillon.trunks.watch import NOBODY, TABLE, Watch

DOMAIN = "example.org"
FIRST = TrunkProfile("first", DOMAIN, "192.0.2.1", 5060)
SECOND = TrunkProfile("second", DOMAIN, "2001:db8::2", 5061, "tls", registered_user="us")
URI, URI6 = "sip:192.0.2.1:5060", "sip:[2001:db8::2]:5061;transport=tls"
ONLINE, ONGOING = 4, 2


def place(trunk: TrunkProfile) -> tuple[Target, ...]:
    """That of a trunk with an address."""
    return find(trunk, lambda name, type: Rows()).targets


@dataclass
class Kamailio:
    """Its destinations with their flags, its registrations, its shared memory, and what it was asked."""

    flags: dict[str, str] = field(default_factory=dict)
    registration: int | None = None
    memory: dict[tuple[str, str], str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)

    def __call__(self, method: str, *parameters: Any) -> Any:
        self.asked.append(method)
        match method, parameters:
            case "dispatcher.list", ():
                if not self.flags:
                    raise RpcFailed(f"dispatcher.list: {NONE_AT_ALL}")
                targets = [{"DEST": {"URI": uri, "FLAGS": flags}} for uri, flags in self.flags.items()]
                return {"RECORDS": [{"SET": {"ID": 1, "TARGETS": targets}}]}
            case "dispatcher.add", (1, uri, _) if uri not in self.refuses:
                self.flags[uri] = "TP"
            case "dispatcher.remove", (1, uri):
                del self.flags[uri]
            case "uac.reg_info", _:
                if self.registration is None:
                    raise RpcFailed("uac.reg_info: no record")
                return {"flags": self.registration}
            case "htable.sets", (table, key, value):
                self.memory[table, key] = value
        return None


@dataclass
class Bench:
    """A watch, and the Kamailio that it speaks to."""

    file: Path
    kamailio: Kamailio = field(default_factory=Kamailio)
    now: float = 1000.0
    targets: dict[str, tuple[Target, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.watch = Watch(self.kamailio, self.file)

    def looks(self, *trunks: TrunkProfile, nowhere: tuple[str, ...] = ()) -> dict[str, Health]:
        """One look, half a second after the last; the health of each trunk by name, as the file says it."""
        self.now += 0.5
        found = {
            (each.domain, each.name): Known(() if each.name in nowhere else self.targets.get(each.name, place(each)))
            for each in trunks
        }
        self.watch.look({(each.domain, each.name): each for each in trunks}, found, self.now, self.now)
        return {name: state.health for (_, name), state in states.read(self.file).items()}

    def told(self) -> str:
        return self.kamailio.memory[TABLE, DOMAIN]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "states.json")


def test_a_trunk_is_asked_and_its_silence_is_told(bench: Bench) -> None:
    assert bench.looks(FIRST, SECOND) == {"first": Health.UNKNOWN, "second": Health.UNKNOWN}
    assert set(bench.kamailio.flags) == {URI, URI6}
    assert bench.told() == NOBODY
    bench.kamailio.flags = {URI: "IP", URI6: "AP"}
    assert bench.looks(FIRST, SECOND) == {"first": Health.DOWN, "second": Health.UP}
    assert bench.told() == "first"
    bench.kamailio.flags[URI] = "AP"
    assert bench.looks(FIRST, SECOND)["first"] is Health.UP
    assert bench.told() == NOBODY


def test_one_missed_question_changes_nothing(bench: Bench) -> None:
    bench.looks(FIRST)
    bench.kamailio.flags[URI] = "AP"
    bench.looks(FIRST)
    since = states.read(bench.file)[DOMAIN, "first"].since
    bench.kamailio.flags[URI] = "TP"
    assert bench.looks(FIRST) == {"first": Health.UP}
    assert states.read(bench.file)[DOMAIN, "first"].since == since


def test_a_trunk_that_is_not_to_be_asked(bench: Bench) -> None:
    assert bench.looks(replace(FIRST, probe=False)) == {"first": Health.NOT_PROBED}
    assert bench.kamailio.flags == {}
    bench.looks(FIRST)
    assert bench.looks(replace(FIRST, probe=False)) == {"first": Health.NOT_PROBED}
    assert bench.kamailio.flags == {}


def test_a_trunk_that_is_switched_off_is_not_asked_and_has_no_state(bench: Bench) -> None:
    bench.looks(FIRST)
    assert bench.looks(replace(FIRST, enabled=False)) == {}
    assert bench.kamailio.flags == {}


def test_a_name_without_an_address_is_down_and_what_kamailio_refuses_is_offered_now_and_then(bench: Bench) -> None:
    assert bench.looks(FIRST, nowhere=("first",)) == {"first": Health.DOWN}
    assert bench.kamailio.asked.count("dispatcher.add") == 0
    bench.kamailio.refuses.add(URI)
    for _ in range(10):
        bench.looks(FIRST)
    assert bench.kamailio.asked.count("dispatcher.add") == 1
    bench.now += 30
    bench.looks(FIRST)
    assert bench.kamailio.asked.count("dispatcher.add") == 2


def test_a_restarted_kamailio_is_told_everything_again(bench: Bench) -> None:
    bench.looks(FIRST)
    bench.kamailio.flags[URI] = "IP"
    bench.looks(FIRST)
    bench.kamailio.flags, bench.kamailio.memory = {}, {}
    bench.watch.forget()
    assert bench.looks(FIRST) == {"first": Health.DOWN}
    assert bench.told() == "first"
    assert bench.kamailio.flags == {URI: "TP"}


def test_what_kamailio_forgets_it_is_told_again_in_time(bench: Bench) -> None:
    bench.looks(FIRST)
    told = bench.kamailio.asked.count("htable.sets")
    for _ in range(4):
        bench.looks(FIRST)
    assert bench.kamailio.asked.count("htable.sets") == told
    bench.looks(FIRST), bench.looks(FIRST)
    assert bench.kamailio.asked.count("htable.sets") == told + 1


def test_a_registration_that_is_refreshed_is_still_there(bench: Bench) -> None:
    bench.looks(SECOND)
    assert states.read(bench.file)[DOMAIN, "second"].registered is False
    bench.kamailio.registration = ONLINE
    bench.looks(SECOND)
    held = states.read(bench.file)[DOMAIN, "second"]
    assert held.registered is True
    bench.kamailio.registration = ONGOING
    bench.looks(SECOND)
    assert states.read(bench.file)[DOMAIN, "second"] == held
    bench.kamailio.registration = 0
    bench.looks(SECOND)
    lost = states.read(bench.file)[DOMAIN, "second"]
    assert (lost.registered, lost.registered_since > held.registered_since) == (False, True)


NAMED = TrunkProfile("named", DOMAIN, "sip.example.net", 0)
ONE, TWO = Target("sip:192.0.2.1:5060", 0, 1), Target("sip:192.0.2.2:5060", 1, 1)


def test_a_trunk_of_several_targets_works_while_one_of_them_does(bench: Bench) -> None:
    bench.targets["named"] = (ONE, TWO)
    bench.looks(NAMED)
    assert set(bench.kamailio.flags) == {ONE.uri, TWO.uri}
    bench.kamailio.flags = {ONE.uri: "IP", TWO.uri: "AP"}
    assert bench.looks(NAMED) == {"named": Health.UP}
    assert bench.told() == ONE.uri
    bench.kamailio.flags[TWO.uri] = "IP"
    assert bench.looks(NAMED) == {"named": Health.DOWN}
    assert bench.told() == f"named {ONE.uri} {TWO.uri}"
    bench.targets["named"] = (TWO,)
    bench.looks(NAMED)
    assert set(bench.kamailio.flags) == {TWO.uri}


def test_a_registration_moves_when_its_target_is_down_and_stays_where_it_works() -> None:
    key = (DOMAIN, "named")
    known = {key: Known((TWO, ONE))}
    first = chosen(known, {}, {})
    assert first == {key: ONE.uri}
    moved = chosen(known, {ONE.uri: Health.DOWN, TWO.uri: Health.UP}, first)
    assert moved == {key: TWO.uri}
    assert chosen(known, {ONE.uri: Health.UP, TWO.uri: Health.UP}, moved) == {key: TWO.uri}
    assert chosen(known, {ONE.uri: Health.DOWN, TWO.uri: Health.DOWN}, moved) == {key: TWO.uri}
    assert chosen({key: Known(())}, {}, moved) == {}


def test_nobody_to_ask_costs_no_questions(bench: Bench) -> None:
    bench.looks(replace(FIRST, probe=False))
    bench.kamailio.asked = []
    bench.looks(replace(FIRST, probe=False))
    assert "dispatcher.list" not in bench.kamailio.asked
