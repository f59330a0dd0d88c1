"""Flows that fail (RFC 5626) and the way back by Path (RFC 3327): what is decided, without an engine."""

from __future__ import annotations

import pytest

from carillon.routing import failures
from carillon.routing.decision import Reply
from carillon.routing.facts import FailureFacts
from carillon.routing.memo import Leg, Memo
from carillon.sip.path import first_hop
from carillon.sip.uri import SipUri

MEMO = Memo(Leg.OUTBOUND, "leg", "102@example.org", "Bob Dupont")


@pytest.mark.parametrize(
    ("code", "heard", "failed"),
    [(430, True, True), (408, False, True), (408, True, False), (486, True, False), (603, True, False)],
)
def test_another_flow_is_tried_when_this_one_has_failed(code: int, heard: bool, failed: bool) -> None:
    assert failures.flow_failed(code, heard) is failed


def test_a_phone_whose_flows_have_all_failed_cannot_be_reached() -> None:
    outcome = failures.decide(MEMO, FailureFacts(430, "Flow Failed")).outcome
    assert isinstance(outcome, Reply)
    assert outcome.code == 480
    assert "cannot be reached" in outcome.headers[0][1]


def test_what_another_phone_said_counts_more_than_a_failed_flow() -> None:
    outcome = failures.decide(MEMO, FailureFacts(430, "Flow Failed", refusal=(486, "Busy Here"))).outcome
    assert isinstance(outcome, Reply)
    assert outcome.code == 486


@pytest.mark.parametrize(
    ("path", "hop"),
    [
        ("<sip:10.0.0.9;lr>", SipUri("", "10.0.0.9")),
        ("<sip:10.0.0.9:5070;lr=on>,<sip:10.0.0.8;lr>", SipUri("", "10.0.0.9", 5070)),
        ("<sip:token@[2001:db8::1];transport=tcp;lr;ob>", SipUri("token", "[2001:db8::1]")),
        ("<sip:10.0.0.9>", None),
        ("<sip:10.0.0.9;lrx>", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_the_proxy_next_to_us(path: str, hop: SipUri | None) -> None:
    assert first_hop(path) == hop
