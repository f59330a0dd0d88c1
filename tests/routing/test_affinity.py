"""A node with two Asterisks: a call goes to the one that has a call of caller or called already."""

from __future__ import annotations

import pytest
from tests.worlds.simulated import DOMAIN, SimulatedCall, SimulatedOffice, SimulatedPerson

from carillon.routing.facts import Gateway, NodeProfile
from carillon.sip.seal import Secrets

FIRST, SECOND = Gateway("127.0.0.1", 5080), Gateway("127.0.0.2", 5080)
BOTH = (FIRST, SECOND)


@pytest.fixture
def office() -> SimulatedOffice:
    """Two Asterisks; the first one is tried first."""
    office = SimulatedOffice()
    office.engine.node = NodeProfile(DOMAIN, BOTH, secrets=Secrets(b"s" * 32))
    return office


def up(office: SimulatedOffice, caller: SimulatedPerson, callee: SimulatedPerson) -> SimulatedCall:
    """A call that was answered."""
    call = caller.calls(callee)
    call.rings(callee)
    callee.answers(call)
    return call


def up_at_the_second(office: SimulatedOffice) -> SimulatedCall:
    """Alice and Bob talk there, as the first one was away then."""
    office.engine.dead = {str(FIRST)}
    call = up(office, office.alice, office.bob)
    assert call.inbound.gateway == str(SECOND)
    office.engine.dead = set()
    return call


def test_nobody_has_a_call(office: SimulatedOffice) -> None:
    assert up(office, office.alice, office.bob).inbound.gateway == str(FIRST)
    assert "nobody has a call elsewhere" in office.ladder()


@pytest.mark.parametrize("who", ["caller", "called"])
def test_who_has_a_call_gets_the_next_at_the_same_asterisk(office: SimulatedOffice, who: str) -> None:
    up_at_the_second(office)
    pair = (office.alice, office.carol) if who == "caller" else (office.carol, office.alice)
    assert up(office, *pair).inbound.gateway == str(SECOND)
    assert "gateway 127.0.0.2:5080, which has a call of 101@carillon.test" in office.ladder()


def test_a_call_from_outside_too(office: SimulatedOffice) -> None:
    up_at_the_second(office)
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    call = provider.calls_in("+3225550102", as_number="+32475123456")
    call.rings(office.bob)
    assert call.inbound.gateway == str(SECOND)


def test_the_callers_own_call_counts_first(office: SimulatedOffice) -> None:
    up_at_the_second(office)
    dora = office.hires("Dora Maes", "104")
    assert up(office, office.carol, dora).inbound.gateway == str(FIRST)
    assert up(office, office.carol, office.alice).inbound.gateway == str(FIRST)


def test_a_call_is_picked_up_where_it_rings(office: SimulatedOffice) -> None:
    office.groups("sales", office.bob, office.carol)
    office.engine.dead = {str(FIRST)}
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.engine.dead = set()
    taken = office.carol.picks_up(office.bob)
    taken.takes(call)
    assert taken.inbound.gateway == str(SECOND)


def test_once_the_call_has_ended_the_next_goes_anywhere(office: SimulatedOffice) -> None:
    office.alice.hangs_up(up_at_the_second(office))
    assert up(office, office.alice, office.carol).inbound.gateway == str(FIRST)


def test_the_asterisk_of_the_earlier_call_is_dead(office: SimulatedOffice) -> None:
    """The other one is tried, whichever is the first of the node."""
    up_at_the_second(office)
    office.engine.dead = {str(SECOND)}
    call = office.alice.calls(office.carol)
    call.rings(office.carol)
    assert call.inbound.gateway == str(FIRST)


def test_all_are_dead(office: SimulatedOffice) -> None:
    up_at_the_second(office)
    office.engine.dead = {str(FIRST), str(SECOND)}
    office.alice.calls(office.carol).failed(503)


def test_an_asterisk_that_is_no_longer_ours_is_forgotten(office: SimulatedOffice) -> None:
    up_at_the_second(office)
    office.engine.counts.gateways["101@carillon.test"] = "192.0.2.1:5080"
    assert up(office, office.alice, office.carol).inbound.gateway == str(FIRST)


def test_without_redis_it_is_the_first(office: SimulatedOffice) -> None:
    up_at_the_second(office)
    office.engine.counts.down = True
    call = office.alice.calls(office.carol)
    call.rings(office.carol)
    assert call.inbound.gateway == str(FIRST)
    assert "unknown who has calls where" in office.ladder()
