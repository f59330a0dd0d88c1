"""What only the simulated office can show in no time: the ringing time passes, and further gateways."""

from __future__ import annotations

from tests.worlds.simulated import DOMAIN, SimulatedOffice

from carillon.routing.facts import Gateway, NodeProfile
from carillon.sip.seal import Secrets


def test_nobody_answers_within_the_ringing_time() -> None:
    office = SimulatedOffice()
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.engine.rings_out(call.inbound)
    call.failed(480)
    call.was_told("Warning", "Bob Dupont did not answer")


def _two_gateways() -> SimulatedOffice:
    office = SimulatedOffice()
    gateways = (Gateway("127.0.0.1", 5080), Gateway("127.0.0.2", 5080))
    office.engine.node = NodeProfile(DOMAIN, gateways, secrets=Secrets(b"s" * 32))
    return office


def test_a_silent_gateway_is_followed_by_the_next() -> None:
    office = _two_gateways()
    office.gateway.dies()
    office.alice.calls(office.bob).rings(office.bob)


def test_all_gateways_silent() -> None:
    office = _two_gateways()
    office.engine.dead |= {"127.0.0.1:5080", "127.0.0.2:5080"}
    office.alice.calls(office.bob).failed(503)


def test_a_far_ends_failure_is_never_taken_for_a_broken_gateway() -> None:
    office = _two_gateways()
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 500)
    call.failed(500)
    assert not call.inbound.ringing, "the second gateway was tried: Bob's phone would ring twice"
