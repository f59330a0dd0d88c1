"""On the real engines: what an administrator sees of calls, and that a dead collector is nobody's problem."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.supervision.installation import until
from tests.worlds.building import ADDRESS, NODE, Building, carillon

if TYPE_CHECKING:
    from tests.worlds.live import LiveCall, LiveOffice

pytestmark = pytest.mark.engines


@pytest.fixture
def office(building: Building) -> Iterator[LiveOffice]:
    """Alice, Bob and Carol at real phones."""
    from tests.worlds.live import LiveOffice  # its phones need what `make check` does not install

    with LiveOffice.open(building) as office:
        yield office


class Console:
    """What an administrator types on the node."""

    def __init__(self, building: Building) -> None:
        self._building = building

    def says(self, *words: str) -> str:
        return carillon(self._building.network, "--dir", str(self._building.directory), *words)

    def json(self, *words: str) -> Any:
        return json.loads(self.says(*words, "--json"))

    def traced(self, office: LiveOffice, last: str) -> Any:
        """The newest trace of Alice's, as soon as its last message is `last`: rows are written after the reply."""
        seen: dict[str, Any] = {}

        def ends_so() -> bool:
            seen.update(self.json("trace", "--last", f"101@{office.domain}"))
            return bool(seen["ladder"][-1]["message"] == last)

        until(ends_so, f"the trace ends with {last}")
        return seen

    def calls_of(self, office: LiveOffice) -> list[dict[str, Any]]:
        return [each for each in self.json("call", "list") if each["from"].endswith(f"@{office.domain}")]


@pytest.fixture
def console(building: Building) -> Console:
    return Console(building)


def _up(office: LiveOffice) -> LiveCall:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.answers(call)
    call.is_up()
    return call


def test_a_trace_shows_both_legs_and_the_rules(office: LiveOffice, console: Console) -> None:
    call = _up(office)
    office.alice.hangs_up(call)
    call.is_over()
    seen = console.traced(office, "BYE")
    assert seen["from"] == f"101@{office.domain}"
    assert seen["to"] == f"102@{office.domain}"
    messages = [(each["leg"], each["from"], each["to"], each["message"]) for each in seen["ladder"]]
    alice, bob = seen["from"], seen["to"]
    expected = [
        ("inbound", alice, "kamailio", "INVITE"),
        ("inbound", "kamailio", "asterisk", "INVITE"),
        ("outbound", "asterisk", "kamailio", "INVITE"),
        ("outbound", "kamailio", bob, "INVITE"),
        ("outbound", bob, "kamailio", "200 OK"),
        ("inbound", "kamailio", alice, "200 OK"),
        ("inbound", alice, "kamailio", "BYE"),
        ("outbound", "kamailio", bob, "BYE"),
    ]
    remaining = iter(messages)
    assert all(step in remaining for step in expected), messages
    rules = {(each["leg"], each["rule"]) for each in seen["trace"]}
    assert {("inbound", "number exists"), ("outbound", "caller shown")} <= rules


def test_every_name_of_a_call_finds_it(office: LiveOffice, console: Console) -> None:
    _up(office)
    (listed,) = console.calls_of(office)
    names = [listed["id"], listed["id"].upper(), *listed["call_ids"]]
    assert len({json.dumps(console.json("trace", name)["call_ids"]) for name in names}) == 1
    assert console.json("trace", listed["id"])["call_ids"] == listed["call_ids"]
    text = console.says("trace", listed["id"])
    assert f"Call {listed['id']}: 101@{office.domain} → 102@{office.domain}" in text
    assert "number exists: passed (102 is Bob Dupont" in text


def test_a_refused_call_is_traced_too(office: LiveOffice, console: Console) -> None:
    office.alice.calls("999").failed(404)
    seen = console.traced(office, "404 Not Found")
    assert seen["trace"][-1]["fact"] == f"nobody has 999 in {office.domain}"


@pytest.mark.parametrize("name", ["zzzzzz", "-hzzzzzzzz"], ids=["short id", "a Call-ID like an option"])
def test_a_call_of_nobody_knows_what(console: Console, name: str) -> None:
    with pytest.raises(AssertionError, match="id: no such call is known"):
        console.says("trace", name)
    with pytest.raises(AssertionError, match=f"id: no call {name} is up"):
        console.says("call", "hangup", name)


def test_a_running_call_is_listed(office: LiveOffice, console: Console) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    (ringing,) = console.calls_of(office)
    assert ringing["state"] == "ringing"
    office.bob.answers(call)
    call.is_up()
    (listed,) = console.calls_of(office)
    assert listed == {**ringing, "state": "up"}
    assert (listed["from"], listed["to"]) == (f"101@{office.domain}", f"102@{office.domain}")
    assert listed["dialled"] == "102"
    assert all(listed["call_ids"])
    office.alice.hangs_up(call)
    call.is_over()
    until(lambda: console.calls_of(office) == [], "the call is gone from the list")


@pytest.mark.parametrize("side", ["caller", "called"])
def test_a_transferred_call_is_listed_and_traced(office: LiveOffice, console: Console, side: str) -> None:
    call = _up(office)
    mine, stays = (call.mine, office.bob) if side == "caller" else (call.at[office.bob], office.alice)
    mine.transfer(f"sip:103@{office.domain}")
    office.carol.phone.incoming().answer()
    assert mine.wait_transferred() == 200
    mine.hangup()
    (listed,) = console.calls_of(office)
    talking = (f"{stays.extension}@{office.domain}", f"103@{office.domain}")
    assert (listed["from"], listed["to"], listed["dialled"], listed["state"]) == (*talking, "103", "up")
    seen = console.json("trace", listed["id"])
    rules = {(each["rule"], each["verdict"]) for each in seen["trace"]}
    assert {("target named", "passed"), ("of our call", "passed")} <= rules
    assert ("REFER", "asterisk") in [(each["message"], each["to"]) for each in seen["ladder"]]
    console.says("call", "hangup", listed["id"])
    until(lambda: console.calls_of(office) == [], "the call is gone from the list")


def test_hangup_ends_a_call_for_both(office: LiveOffice, console: Console) -> None:
    call = _up(office)
    console.says("call", "hangup", console.calls_of(office)[0]["id"])
    call.is_over()
    assert console.calls_of(office) == []


def test_hangup_of_a_ringing_call_stops_the_phone_and_tells_the_caller(office: LiveOffice, console: Console) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    console.says("call", "hangup", console.calls_of(office)[0]["call_ids"][0])
    call.failed(480)
    call.is_over()


def test_calls_go_on_without_the_collector_which_comes_back(
    office: LiveOffice, console: Console, building: Building
) -> None:
    running = _up(office)
    died = _collector(building)["pid"]
    os.kill(died, signal.SIGKILL)
    second = office.carol.calls(office.alice)
    second.rings(office.alice)
    office.carol.cancels(second)
    running.is_up()
    until(lambda: _collector(building)["pid"] not in (None, died), "the collector is started again")
    until(lambda: bool(_collector(building)["healthy"]), "the collector is healthy")
    assert "restarted" in _collector(building)["problem"]
    (listed,) = console.calls_of(office)
    assert listed["state"] == "up"
    office.alice.hangs_up(running)
    running.is_over()


def test_a_hung_collector_is_told_of_and_slows_nothing(
    office: LiveOffice, console: Console, building: Building
) -> None:
    hung = _collector(building)["pid"]
    os.kill(hung, signal.SIGSTOP)
    call = _up(office)
    (listed,) = console.calls_of(office)
    console.says("call", "hangup", listed["id"])
    call.is_over()
    until(lambda: _collector(building)["pid"] not in (None, hung), "the watchdog ends it, and it is started again")
    until(lambda: "it hung" in _collector(building)["problem"], "the watchdog says so afterwards")
    until(lambda: bool(_collector(building)["healthy"]), "the collector works again")


def test_metrics_count_calls_and_failures(office: LiveOffice, building: Building) -> None:
    names = (
        "carillon_calls_total",
        'carillon_call_failures_total{code="404"}',
        'carillon_requests_total{outcome="Ring",route="outbound"}',
    )
    before = _metrics(building)
    office.alice.calls("999").failed(404)
    call = _up(office)
    office.alice.hangs_up(call)
    call.is_over()

    def have_grown() -> bool:
        now = _metrics(building)
        return all(now.get(name, 0) > before.get(name, 0) for name in names)

    until(have_grown, "the calls are counted")
    assert _metrics(building)[names[1]] == before.get(names[1], 0) + 1


def _collector(building: Building) -> dict[str, Any]:
    return next(one for one in building.status()["components"] if one["name"] == "collector")


def _metrics(building: Building) -> dict[str, float]:
    from carillon.confgen.collector import metrics_port
    from carillon.provisioning.system import load_node

    node = load_node(building.paths)
    assert node.address == ADDRESS
    where = f"http://{node.gateway_address}:{metrics_port(node)}/metrics"
    with building.network.run(NODE, ["curl", "-s", where], stdout=-1, text=True) as process:
        output, _ = process.communicate(timeout=10)
    lines = (line.rpartition(" ") for line in output.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}
