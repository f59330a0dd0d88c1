"""A provider is asked by OPTIONS whether it works; calls avoid one that does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.live.company import Company
from tests.live.provider import Provider
from tests.phones.settings import Transport
from tests.supervision.installation import until
from tests.worlds.building import PROVIDERS, Building

from carillon.model.trunk import Transport as TrunkTransport

pytestmark = pytest.mark.engines


@pytest.fixture
def providers(building: Building, company: Company) -> Iterator[tuple[Provider, Provider]]:
    """Two providers; the first is tried first."""
    with ExitStack() as left:
        both = []
        for position, host in enumerate(PROVIDERS, 1):
            provider = Provider.at(building, host)
            left.callback(provider.close)
            both.append(provider)
            building.adds_trunk(company.domain, f"line{position}", PROVIDERS[host], position)
            left.callback(building.removes_trunk, company.domain, f"line{position}")
        company.building.allows(company.domain, "101", ("national",))
        yield both[0], both[1]


def awaits(building: Building, company: Company, name: str, state: str) -> None:
    """Two questions, ten seconds apart, must have been missed before a trunk is down."""
    until(lambda: building.trunk(company.domain, name)["state"] == state, f"{name} is {state}", 45)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_a_provider_is_asked_by_the_transport_of_its_trunk(
    building: Building, company: Company, transport: Transport
) -> None:
    provider = Provider.at(building, "prov1", transport)
    building.adds_trunk(company.domain, "line", PROVIDERS["prov1"], 1, transport=TrunkTransport(transport))
    try:
        awaits(building, company, "line", "up")
    finally:
        building.removes_trunk(company.domain, "line")
        provider.close()


def test_a_provider_that_is_overloaded_is_passed_over_until_it_answers(
    building: Building, company: Company, providers: tuple[Provider, Provider]
) -> None:
    first, second = providers
    awaits(building, company, "line1", "up")
    awaits(building, company, "line2", "up")
    alice = company.phone("101")
    assert alice.dial("025551234").wait_ended().code == 486
    assert (len(first.invites), len(second.invites)) == (1, 0)
    first.options = 503
    awaits(building, company, "line1", "down")
    assert building.status()["healthy"] is True
    assert {row["name"]: row["state"] for row in building.status()["trunks"] if row["domain"] == company.domain} == {
        "line1": "down",
        "line2": "up",
    }
    until(lambda: "tried last: line1" in building.explains(company.domain, "101", "025551234"), "it is in force")
    assert alice.dial("025551234").wait_ended().code == 486
    assert (len(first.invites), len(second.invites)) == (1, 1)
    first.options = 404
    awaits(building, company, "line1", "up")
    assert alice.dial("025551234").wait_ended().code == 486
    assert (len(first.invites), len(second.invites)) == (2, 1)
