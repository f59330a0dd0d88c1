"""A provider that is given by name: the DNS says where it is (SRV), and calls find another place when one fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from tests.lab.nameserver import NameServer
from tests.live.company import Company
from tests.phones.message import Message
from tests.phones.raw import RawAgent
from tests.supervision.installation import until
from tests.worlds.building import ADDRESS, NAMES, PORT, PROVIDERS, Building

from carillon.provisioning.trunks import TrunkFields

pytestmark = pytest.mark.engines

ZONE = "provider.test"
FIRST, SECOND = PROVIDERS
HOSTS = tuple(f"{host} IN A {address}" for host, address in PROVIDERS.items())
SRV = "_sip._udp IN SRV {} 10 5060 {}"
BOTH = (*HOSTS, SRV.format(10, FIRST), SRV.format(20, SECOND))


@dataclass
class Place:
    """One place of the provider. It answers OPTIONS and INVITE with the codes of the day; None is silence."""

    agent: RawAgent
    options: int | None = 200
    invite: int | None = 486
    invites: list[Message] = field(default_factory=list)
    registers: list[Message] = field(default_factory=list)
    _ends: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._ends.set()
        self._thread.join()
        self.agent.close()

    def _serve(self) -> None:
        while not self._ends.is_set():
            try:
                request = self.agent.receive(0.2)
            except TimeoutError:
                continue
            match request.method:
                case "OPTIONS" if self.options:
                    self.agent.respond(request, self.options)
                case "INVITE":
                    self.invites.append(request)
                    if self.invite:
                        self.agent.respond(request, self.invite)
                case "REGISTER" if self.options:
                    self.registers.append(request)
                    contact = f"{request.header('Contact')};expires=300"
                    self.agent.respond(request, 200, headers=[("Contact", contact)])


@pytest.fixture
def names(building: Building) -> Iterator[NameServer]:
    """The provider's name server: two places, one after the other."""
    with NameServer(building.network, NAMES, ZONE, *BOTH) as names:
        yield names


@pytest.fixture
def places(building: Building, company: Company, names: NameServer) -> Iterator[tuple[Place, Place]]:
    """Both places of the provider, and our trunk to its name."""
    with ExitStack() as left:
        both = []
        for host, address in PROVIDERS.items():
            where = {"namespace": building.network.namespace(host), "address": address, "port": PORT}
            place = Place(RawAgent("+32475123456", ZONE, proxy=f"{ADDRESS}:{PORT}", **where))
            left.callback(place.close)
            both.append(place)
        building.adds_trunk(company.domain, "line", ZONE, 1, by_name=PROVIDERS[FIRST])
        left.callback(building.removes_trunk, company.domain, "line")
        building.allows(company.domain, "101", ("national",))
        yield both[0], both[1]


def awaits(company: Company, what: str, holds: Callable[[dict[str, object]], bool], patience_s: float = 45) -> None:
    """Wait until `carillon trunk show` says so."""
    until(lambda: holds(company.building.trunk(company.domain, "line")), what, patience_s)


def targets(*healths: str) -> list[str]:
    return [f"sip:{address}:5060 {health}" for address, health in zip(PROVIDERS.values(), healths, strict=True)]


def test_a_call_goes_where_the_dns_says(places: tuple[Place, Place], company: Company) -> None:
    first, second = places
    assert company.phone("101").dial("025551234").wait_ended().code == 486
    assert (len(first.invites), len(second.invites)) == (1, 0)
    assert first.invites[0].uri == f"sip:+3225551234@{ZONE}"


@pytest.mark.parametrize("trouble", [None, 503])
def test_a_place_in_trouble_is_followed_by_the_next(
    places: tuple[Place, Place], company: Company, trouble: int | None
) -> None:
    first, second = places
    first.invite = trouble
    assert company.phone("101").dial("025551234").wait_ended().code == 486
    assert len(second.invites) == 1
    assert first.invites[0].header("Call-ID") == second.invites[0].header("Call-ID")


def test_a_place_that_rang_is_the_only_one(places: tuple[Place, Place], company: Company) -> None:
    first, second = places
    first.invite = 180
    call = company.phone("101").dial("025551234")
    call.wait_ringing()
    first.agent.respond(first.invites[0], 503)
    assert call.wait_ended().code == 500
    assert second.invites == []


def test_a_place_that_is_down_is_passed_over(places: tuple[Place, Place], company: Company) -> None:
    first, second = places
    awaits(company, "both are up", lambda trunk: trunk["targets"] == targets("up", "up"))
    first.options = None
    awaits(company, "one is down", lambda trunk: trunk["targets"] == targets("down", "up"))
    assert company.building.trunk(company.domain, "line")["state"] == "up"
    assert company.phone("101").dial("025551234").wait_ended().code == 486
    assert (len(first.invites), len(second.invites)) == (0, 1)


def test_calls_come_in_from_every_place(places: tuple[Place, Place], company: Company) -> None:
    company.building.numbers(company.domain, "+3225550102", "102")
    bob = company.phone("102")
    for place in places:
        place.agent.send(place.agent.invite(f"sip:+3225550102@{ADDRESS}"))
        assert "+32475123456" in (bob.incoming().invite.header("From") or "")


def test_a_change_of_the_dns_is_followed(places: tuple[Place, Place], company: Company, names: NameServer) -> None:
    names.says(*HOSTS, SRV.format(10, SECOND))
    only = [f"sip:{PROVIDERS[SECOND]}:5060"]
    awaits(company, "it is known", lambda trunk: [str(one).split()[0] for one in _listed(trunk)] == only)
    assert company.phone("101").dial("025551234").wait_ended().code == 486
    assert [len(place.invites) for place in places] == [0, 1]


def test_while_the_dns_is_dead_the_last_answer_is_used(
    places: tuple[Place, Place], company: Company, names: NameServer
) -> None:
    names.dies()
    awaits(company, "it is said", lambda trunk: "the last known answer is used" in str(trunk["dns"]))
    said = next(row for row in company.building.status()["trunks"] if row["domain"] == company.domain)
    assert said["dns"].startswith("no name server answers since ")
    assert company.phone("101").dial("025551234").wait_ended().code == 486
    assert len(places[0].invites) == 1
    names.returns()
    awaits(company, "all is well", lambda trunk: trunk["dns"] == "")


def test_a_registration_moves_with_its_place(places: tuple[Place, Place], company: Company) -> None:
    first, second = places
    registering = TrunkFields(register_as="line-1")
    company.building.sets_trunk(company.domain, "line", registering, "secret")
    until(lambda: bool(first.registers), "we register at the first place")
    first.options = None
    until(lambda: bool(second.registers), "we register at the second place", 60)
    assert f"sip:{ZONE}" in second.registers[0].uri
    awaits(company, "it is registered", lambda trunk: trunk["registration"] == "registered")


def _listed(trunk: dict[str, object]) -> list[object]:
    found = trunk["targets"]
    assert isinstance(found, list)
    return found
