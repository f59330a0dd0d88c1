"""A CANCEL that belongs to no transaction: where it goes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carillon.routing.decision import Cancel, Decision, Reply
from carillon.routing.dialogs import LiveDialog
from carillon.routing.entrance import route_of
from carillon.routing.facts import UNKNOWN, Facts, Gateway, NodeProfile
from carillon.routing.request import Request, Source
from carillon.sip.uri import SipUri
from carillon.stores.ports import Place

HOME = "example.org"
GATEWAY, GATEWAY6 = Gateway("127.0.0.1", 5080), Gateway("::1", 5080)
NODE = NodeProfile(HOME, (GATEWAY,), gateways6=(GATEWAY6,))
BOB = SipUri("102", HOME)
GIVES_UP = Request("CANCEL", BOB, SipUri("101", HOME), BOB, "c1", source_address="192.0.2.7")


def decided(request: Request, dialog: LiveDialog | None = None) -> Decision:
    """What becomes of it."""
    return route_of(request, NODE).decide(request, Facts(1000.0, NODE, dialog=dialog))


@pytest.mark.parametrize("source", [Source.OUTSIDE, Source.TRUNK])
def test_of_a_phone_or_a_trunk_to_asterisk(source: Source) -> None:
    request = replace(GIVES_UP, source=source)
    assert decided(request).outcome == Cancel(GATEWAY)
    assert decided(replace(request, source_address="2001:db8::7")).outcome == Cancel(GATEWAY6)
    assert route_of(request, NODE).ask(request, NODE).directory_reads == 0


def test_of_asterisk_to_the_phones_that_ring() -> None:
    request = replace(GIVES_UP, source=Source.GATEWAY)
    assert route_of(request, NODE).ask(request, NODE).dialog == "c1"
    assert decided(request).outcome == Cancel(aor=f"102@{HOME}")
    forwarded = LiveDialog("c1", f"104@{HOME}", "ours")
    assert decided(request, forwarded).outcome == Cancel(aor=f"104@{HOME}")


def test_of_asterisk_to_the_trunk_that_rings_and_those_before() -> None:
    """Each of them knows it by its place."""
    request, node = replace(GIVES_UP, source=Source.GATEWAY), NODE
    assert route_of(request, node).ask(request, node).left_by == "c1"
    places = Place("sip:+32475000001@192.0.2.9"), Place("sip:+32475000001@provider.test", "sip:192.0.2.10")
    decide = route_of(request, node).decide
    assert decide(request, Facts(1000.0, node, left_by=places)).outcome == Cancel(places=places)
    assert decide(request, Facts(1000.0, node, left_by=UNKNOWN)).outcome == Cancel(aor=f"102@{HOME}")


def test_one_that_went_in_circles_ends() -> None:
    outcome = decided(replace(GIVES_UP, max_forwards=0)).outcome
    assert isinstance(outcome, Reply)
    assert outcome.code == 483
