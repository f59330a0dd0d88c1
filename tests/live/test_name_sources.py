"""Other systems that are asked for names and misbehave: calls never wait for them, and it is said."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from tests.names.sources import Source
from tests.supervision.installation import until
from tests.worlds.building import Building
from tests.worlds.live import LiveOffice, LivePerson

pytestmark = pytest.mark.engines

JAN, OURS = "+32475123456", "+3225550102"


@pytest.fixture
def office(building: Building) -> Iterator[LiveOffice]:
    """People at real phones."""
    with LiveOffice.open(building) as office:
        yield office


def calls_bob(office: LiveOffice, provider: LivePerson, name: str | None) -> None:
    """A call from outside rings at once, and shows this name, if one is given."""
    call = provider.calls_in(OURS, as_number=JAN, headers=[("P-Asserted-Identity", f'"FROM TRUNK" <sip:{JAN}@p.test>')])
    call.rings(office.bob)
    if name is not None:
        call.shows(office.bob, name, JAN)
    office.bob.answers(call)
    call.is_up()
    provider.hangs_up(call)
    call.is_over()


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("hangs", "no answer within 3 s"),
        ("500", "it answers 500"),
        ("html", "it answers no JSON"),
        ("50 MB", "its answer is longer than 64 kB"),
    ],
)
def test_a_source_in_trouble_delays_no_call_and_the_next_one_works(office: LiveOffice, trouble: str, said: str) -> None:
    provider, source = office.provider(), office.source()
    office.numbers(office.bob, OURS)
    _misbehaves(source, trouble)
    calls_bob(office, provider, "FROM TRUNK")
    until(lambda: office.source_state().problem == said, f"{office.source_state()} instead of: {said}")
    told = office.building.book(office.domain, "crm")
    assert told["problem"] == said
    assert any(row["problem"] == said for row in office.building.status()["sources"])
    source.knows({JAN: "Jan of the shop"})
    calls_bob(office, provider, None)  # the answer may be there in time, or not
    until(lambda: office.source_state().found == 1, "the source is not asked again")
    calls_bob(office, provider, "Jan of the shop")
    assert office.source_state().problem == ""


def test_what_was_said_outlives_the_daemon_and_kamailio(office: LiveOffice) -> None:
    """The source is asked once, and need not be there again."""
    provider, source = office.provider(), office.source()
    office.numbers(office.bob, OURS)
    source.knows({JAN: "Jan of the shop"})
    calls_bob(office, provider, None)
    until(lambda: office.source_state().found == 1, "the source is asked")
    building = office.building
    old = {name: _pid(building, name) for name in ("names", "kamailio")}
    for pid in old.values():
        os.kill(pid, signal.SIGKILL)
    until(lambda: all(_pid(building, name) not in (0, pid) for name, pid in old.items()), "both are up again")
    until(lambda: building.status()["healthy"], "all is well again")
    source.hangs()
    calls_bob(office, provider, None)  # the workers ask the daemon, which knows
    calls_bob(office, provider, "Jan of the shop")


def _pid(building: Building, name: str) -> int:
    component = next(one for one in building.status()["components"] if one["name"] == name)
    return int(component["pid"] or 0)


def _misbehaves(source: Source, trouble: str) -> None:
    if trouble == "hangs":
        source.hangs()
    elif trouble == "500":
        source.says(b"oh", 500)
    elif trouble == "html":
        source.says(b"<html>Welcome</html>")
    else:
        source.says(b" " * 50_000_000)
