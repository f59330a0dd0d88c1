"""What each route costs: directory reads are pinned, so that a rule that reads more is seen."""

from __future__ import annotations

import pytest
from tests.routing.referring import refers, rung_after
from tests.worlds.simulated import DOMAIN, SimulatedOffice

from carillon.routing.decision import Challenge, Follow
from carillon.routing.facts import Gateway, NodeProfile
from carillon.routing.request import Request
from carillon.sip.dialogproof import proof
from carillon.sip.seal import Secrets
from carillon.sip.uri import SipUri


def office_with_a_call() -> SimulatedOffice:
    """Alice rings Bob's phone."""
    office = SimulatedOffice()
    office.alice.calls(office.bob).rings(office.bob)
    return office


@pytest.mark.parametrize(("route", "reads"), [("register", 1), ("inbound", 2), ("outbound", 1)])
def test_reads_of_a_route(route: str, reads: int) -> None:
    assert office_with_a_call().engine.reads[route] == reads


@pytest.mark.parametrize("method", ["REGISTER", "INVITE", "OPTIONS", "MESSAGE", "SUBSCRIBE", "PUBLISH"])
def test_a_stranger_costs_no_read(method: str) -> None:
    engine = SimulatedOffice().engine
    before = engine.directory.reads
    uri = SipUri("102", DOMAIN)
    assert isinstance(engine.route(Request(method, uri, uri, uri, "c", from_tag="f")).outcome, Challenge)
    assert engine.directory.reads == before


@pytest.mark.parametrize("method", ["INVITE", "ACK", "BYE", "INFO", "UPDATE"])
def test_a_request_of_a_call_costs_no_read(method: str) -> None:
    engine = SimulatedOffice().engine
    before = engine.directory.reads
    me, gateway = SipUri("101", DOMAIN), SipUri("", "127.0.0.1", 5080)
    mark = proof(engine.node.secrets, "c", "f")
    request = Request(method, gateway, me, me, "c", from_tag="f", to_tag="t", dialog_proof=mark)
    assert engine.route(request).outcome == Follow(engine.node.gateways[0])
    assert engine.directory.reads == before


def test_reads_of_a_transfer_and_of_the_leg_that_it_makes() -> None:
    """As a call: who asks and who is called. The outbound leg reads who is transferred besides."""
    office = SimulatedOffice()
    decision = refers(office, office.alice, "<sip:103@carillon.test>")
    assert office.engine.reads["transfer"] == 2
    rung_after(office, decision, office.bob)
    assert office.engine.reads["outbound"] == 2
    refers(office, office.alice, "<sip:103@carillon.test?Replaces=c%3Bto-tag%3D1%3Bfrom-tag%3D2>")
    assert office.engine.reads["transfer"] == 1


def test_a_call_with_somebody_outside_reads_one_row_more_for_his_name() -> None:
    office = SimulatedOffice()
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    provider.calls_in("+3225550102", as_number="+32475123456").rings(office.bob)
    assert office.engine.reads["from trunk"] == 1
    assert office.engine.reads["outbound"] == 2
    office.allows(office.alice, "mobile")
    office.alice.calls("0475 12 34 56").rings(provider)
    assert office.engine.reads["outbound"] == 2


def test_a_caller_who_withholds_his_number_is_not_looked_up() -> None:
    office = SimulatedOffice()
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    leg = office.engine.comes_by_trunk(
        provider.phone, "+3225550102", SipUri("+32475123456", "provider.test"), withheld=True
    )
    assert office.bob.phone in leg.ringing
    assert office.engine.reads["outbound"] == 1


@pytest.mark.parametrize("who", ["stranger", "impostor"])
def test_a_wrong_password_and_an_unknown_user_cost_the_same(who: str) -> None:
    office = SimulatedOffice()
    person = office.stranger() if who == "stranger" else office.impostor(office.alice)
    person.plugs_in()
    assert office.engine.reads["register"] == 1
    person.calls("102").failed(407)
    assert office.engine.reads["inbound"] == 2


@pytest.mark.parametrize(("gateways", "limited", "trips"), [(1, False, 0), (1, True, 1), (2, False, 1), (2, True, 1)])
def test_trips_to_redis_of_a_call(gateways: int, limited: bool, trips: int) -> None:
    """Where somebody has a call is asked only on a node with several Asterisks, and together with limits."""
    office = SimulatedOffice()
    ours = tuple(Gateway(f"127.0.0.{number}", 5080) for number in range(1, gateways + 1))
    office.engine.node = NodeProfile(DOMAIN, ours, secrets=Secrets(b"s" * 32))
    if limited:
        office.limits(office.alice, 5)
    office.alice.calls(office.bob).rings(office.bob)
    assert office.engine.counts.trips == trips
    assert office.engine.reads["inbound"] == 2
