"""A provider that is given by name: the DNS says where it is (SRV), and calls find another place when one fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from tests.lab.nameserver import NameServer
from tests.live.company import Company
from tests.live.provider import Provider
from tests.supervision.installation import until
from tests.worlds.building import ADDRESS, NAMES, PROVIDERS, Building

from carillon.provisioning.trunks import TrunkFields

pytestmark = pytest.mark.engines

ZONE = "provider.test"
FIRST, SECOND = PROVIDERS
HOSTS = tuple(f"{host} IN A {address}" for host, address in PROVIDERS.items())
SRV = "_sip._udp IN SRV {} 10 5060 {}"
BOTH = (*HOSTS, SRV.format(10, FIRST), SRV.format(20, SECOND))


@pytest.fixture
def names(building: Building) -> Iterator[NameServer]:
    """The provider's name server: two places, one after the other."""
    with NameServer(building.network, NAMES, ZONE, *BOTH) as names:
        yield names


@pytest.fixture
def places(building: Building, company: Company, names: NameServer) -> Iterator[tuple[Provider, Provider]]:
    """Both places of the provider, and our trunk to its name."""
    with ExitStack() as left:
        both = []
        for host in PROVIDERS:
            place = Provider.at(building, host, domain=ZONE)
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


def test_a_call_goes_where_the_dns_says(places: tuple[Provider, Provider], company: Company) -> None:
    first, second = places
    assert company.phone("101").dial("025551234").wait_ended().code == 486
    assert (len(first.invites), len(second.invites)) == (1, 0)
    assert first.invites[0].uri == f"sip:+3225551234@{ZONE}"


@pytest.mark.parametrize("trouble", [None, 503])
def test_a_place_in_trouble_is_followed_by_the_next(
    places: tuple[Provider, Provider], company: Company, trouble: int | None
) -> None:
    first, second = places
    first.invite = trouble
    assert company.phone("101").dial("025551234").wait_ended().code == 486
    assert len(second.invites) == 1
    assert first.invites[0].header("Call-ID") == second.invites[0].header("Call-ID")


def test_a_place_that_rang_is_the_only_one(places: tuple[Provider, Provider], company: Company) -> None:
    first, second = places
    first.invite = 180
    call = company.phone("101").dial("025551234")
    call.wait_ringing()
    first.agent.respond(first.invites[0], 503)
    assert call.wait_ended().code == 500
    assert second.invites == []


def test_a_place_that_is_down_is_passed_over(places: tuple[Provider, Provider], company: Company) -> None:
    first, second = places
    awaits(company, "both are up", lambda trunk: trunk["targets"] == targets("up", "up"))
    first.options = None
    awaits(company, "one is down", lambda trunk: trunk["targets"] == targets("down", "up"))
    assert company.building.trunk(company.domain, "line")["state"] == "up"
    assert company.phone("101").dial("025551234").wait_ended().code == 486
    assert (len(first.invites), len(second.invites)) == (0, 1)


def test_calls_come_in_from_every_place(places: tuple[Provider, Provider], company: Company) -> None:
    company.building.numbers(company.domain, "+3225550102", "102")
    bob = company.phone("102")
    for place in places:
        place.agent.send(place.agent.invite(f"sip:+3225550102@{ADDRESS}"))
        assert "+32475123456" in (bob.incoming().invite.header("From") or "")


def test_a_change_of_the_dns_is_followed(
    places: tuple[Provider, Provider], company: Company, names: NameServer
) -> None:
    names.says(*HOSTS, SRV.format(10, SECOND))
    only = [f"sip:{PROVIDERS[SECOND]}:5060"]
    awaits(company, "it is known", lambda trunk: [str(one).split()[0] for one in _listed(trunk)] == only)
    assert company.phone("101").dial("025551234").wait_ended().code == 486
    assert [len(place.invites) for place in places] == [0, 1]


def test_while_the_dns_is_dead_the_last_answer_is_used(
    places: tuple[Provider, Provider], company: Company, names: NameServer
) -> None:
    names.dies()
    awaits(company, "it is said", lambda trunk: "the last known answer is used" in str(trunk["dns"]))
    said = next(row for row in company.building.status()["trunks"] if row["domain"] == company.domain)
    assert said["dns"].startswith("no name server answers since ")
    assert company.phone("101").dial("025551234").wait_ended().code == 486
    assert len(places[0].invites) == 1
    names.returns()
    awaits(company, "all is well", lambda trunk: trunk["dns"] == "")


def test_a_registration_moves_with_its_place(places: tuple[Provider, Provider], company: Company) -> None:
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
