"""What is remembered of requests in a dialog is what the rules say."""

from __future__ import annotations

import pytest

from carillon.routing import indialog
from carillon.routing.chain import decide_by
from carillon.routing.facts import Facts, Gateway, NodeProfile
from carillon.routing.request import Request, Source
from carillon.sip.uri import SipUri

NODE = NodeProfile("example.org", (Gateway("127.0.0.1", 5080),), gateways6=(Gateway("::1", 5080),))
ME = SipUri("101", "example.org")


@pytest.mark.parametrize("method", sorted(indialog.REMEMBERED))
@pytest.mark.parametrize("source", [Source.GATEWAY, Source.OUTSIDE, Source.TRUNK])
@pytest.mark.parametrize("uri", ["sip:127.0.0.1:5080", "sip:[::1]:5080", "sip:127.0.0.1", "sip:102@10.0.0.9:5070"])
@pytest.mark.parametrize("hops", [0, 1, 70])
def test_each_remembered_decision_is_that_of_the_rules(method: str, source: Source, uri: str, hops: int) -> None:
    target = SipUri.parse(uri)
    assert target is not None
    request = Request(method, target, ME, ME, "call-1", source, from_tag="f", to_tag="t", max_forwards=hops)
    facts = Facts(1_700_000_000.0, NODE)
    said = decide_by(indialog.RULES, request, facts)
    assert indialog.decide(request, facts) == said
    assert indialog.decide(request, facts) == said
