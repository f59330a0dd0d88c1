"""Trunks by TCP and TLS: calls go out and come in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.live.company import SIP_PORT, TLS_PORT, Company
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport
from tests.worlds.building import ADDRESS, PORT, PROVIDERS, Building

from carillon.model.trunk import Transport as TrunkTransport

pytestmark = pytest.mark.engines
HOST = "prov1"


@pytest.fixture(params=["tcp", "tls"])
def provider(request: pytest.FixtureRequest, building: Building, company: Company) -> Iterator[RawAgent]:
    """A provider that is reached by this transport only."""
    transport: Transport = request.param
    proxy = f"{ADDRESS}:{TLS_PORT if transport == 'tls' else SIP_PORT}"
    where = {"namespace": building.network.namespace(HOST), "address": PROVIDERS[HOST], "port": PORT}
    with RawAgent("+32475123456", "provider.test", transport=transport, proxy=proxy, **where) as agent:
        building.adds_trunk(company.domain, "line", PROVIDERS[HOST], 1, transport=TrunkTransport(transport))
        yield agent
        building.removes_trunk(company.domain, "line")


def test_a_call_goes_out(provider: RawAgent, company: Company) -> None:
    company.building.allows(company.domain, "101", ("national",))
    call = company.phone("101").dial("025551234")
    invite = provider.expect("INVITE", 10)
    assert invite.uri.startswith("sip:+3225551234@")
    provider.respond(invite, 180)
    call.wait_ringing()
    provider.respond(invite, 486)
    assert call.wait_ended().code == 486


def test_a_call_comes_in(provider: RawAgent, company: Company) -> None:
    company.building.numbers(company.domain, "+3225550102", "102")
    bob = company.phone("102")
    invite = provider.invite(f"sip:+3225550102@{ADDRESS}")
    provider.send(invite)
    assert "+32475123456" in (bob.incoming().invite.header("From") or "")
