"""Requests of a dialog that passes a node without Asterisk twice."""

from __future__ import annotations

import pytest

from carillon.routing import entrance, indialog
from carillon.routing.decision import Follow, Reply
from carillon.routing.facts import Facts, Gateway, NodeProfile
from carillon.routing.request import Request, Source
from carillon.sip.dialogproof import proof
from carillon.sip.seal import Secrets
from carillon.sip.uri import SipUri

SECRETS = Secrets(b"s" * 32)
SPIRAL = Gateway("127.59.0.2", 5060)
NODE = NodeProfile("lab.test", (), secrets=SECRETS, branch="liege", spiral=SPIRAL)
PHONE = SipUri("202", "10.78.0.14", 5070)


def request(method: str, source: Source = Source.OUTSIDE, *, spirals: bool = False, inward: bool = False) -> Request:
    """In a dialog of ours."""
    return Request(
        *(method, PHONE, SipUri("201", "lab.test"), SipUri("202", "lab.test"), "call-1"),
        source=source, from_tag="f", to_tag="t", dialog_proof=proof(SECRETS, "call-1", "f"), spirals=spirals,
        inward=inward,
    )  # fmt: skip


@pytest.mark.parametrize("method", ["ACK", "BYE", "INVITE", "UPDATE", "INFO", "REFER", "NOTIFY"])
@pytest.mark.parametrize("source", [Source.OUTSIDE, Source.SIBLING])
def test_it_goes_to_ourselves_first_and_then_where_its_sender_says(method: str, source: Source) -> None:
    first, second = request(method, source, spirals=True), request(method, Source.GATEWAY)
    assert entrance.route_of(first, NODE) is entrance.IN_DIALOG
    assert indialog.decide(first, Facts(0.0, NODE)).outcome == Follow(SPIRAL)
    assert indialog.decide(second, Facts(0.0, NODE)).outcome == Follow(None)


@pytest.mark.parametrize("method", ["ACK", "BYE", "NOTIFY", "INVITE"])
def test_it_leads_to_no_part_of_the_node(method: str) -> None:
    outcome = indialog.decide(request(method, Source.GATEWAY, inward=True), Facts(0.0, NODE)).outcome
    assert isinstance(outcome, Reply)
    assert outcome.code == 403


def test_a_dialog_that_passes_us_once_ends_at_no_phone() -> None:
    outcome = indialog.decide(request("BYE"), Facts(0.0, NODE)).outcome
    assert isinstance(outcome, Reply)
    assert outcome.code == 403


def test_nobody_outside_sends_a_phone_of_ours_anywhere() -> None:
    outcome = indialog.decide(request("REFER", Source.TRUNK, spirals=True), Facts(0.0, NODE)).outcome
    assert isinstance(outcome, Reply)
    assert outcome.code == 403
