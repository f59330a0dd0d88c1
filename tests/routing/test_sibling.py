"""A call that a sibling has decided about: its phone rings here and nowhere else, and nothing is decided again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carillon.routing.decision import (
    AddHeader,
    Decision,
    Drop,
    EndWatch,
    Follow,
    GoDirect,
    LetGo,
    Pass,
    RecordRoute,
    Relay,
    Reply,
    RingFlow,
    SaveCopy,
    StripPrivate,
)
from carillon.routing.entrance import FROM_SIBLING, IN_DIALOG, SIBLING, TRANSFER, route_of
from carillon.routing.facts import AwayFacts, Facts, Flow, Gateway, NodeProfile, Sibling
from carillon.routing.memo import Leg, Memo
from carillon.routing.request import Request, Source
from carillon.routing.sibling import decide, decide_branch
from carillon.sip.dialogproof import proof
from carillon.sip.legid import make_leg_id
from carillon.sip.private import HOME, PrivateHeader
from carillon.sip.seal import Secrets
from carillon.sip.uri import SipUri

SECRETS = Secrets(b"s" * 32)
OWN = Gateway("127.0.0.1", 5080)
NODE = NodeProfile(
    "example.org", (OWN,), secrets=SECRETS, siblings=(Sibling("n2", ("10.77.0.2",), 5069),), cluster_port=5069
)
BOB, PHONE = "102@example.org", SipUri("102", "192.0.2.7", 5062)
FLOW = Flow("sip:102@192.0.2.7:5062", "sip:198.51.100.9:1024", "", "udp:10.77.0.1:5060")
CALL = Request(
    *("INVITE", PHONE, SipUri("101", "example.org"), SipUri("102", "example.org"), "c", Source.SIBLING),
    from_tag="f",
    sibling="n2",
    home=BOB,
    written=FLOW.contact,
    private={PrivateHeader.LEG: make_leg_id(SECRETS, "1a")},
)


def decided(request: Request, flow: Flow | None = FLOW) -> Decision:
    assert route_of(request, NODE) is SIBLING
    return decide(request, Facts(0.0, NODE, flow=flow))


def test_the_phone_rings_by_its_own_way() -> None:
    decision = decided(CALL)
    assert decision.outcome == RingFlow(FLOW)
    assert StripPrivate() in decision.effects
    assert RecordRoute(proof(SECRETS, "c", "f")) in decision.effects


def test_a_phone_that_has_gone_is_said_to_be_gone_at_once() -> None:
    outcome = decided(CALL, None).outcome
    assert isinstance(outcome, Reply)
    assert outcome.code == 430


@pytest.mark.parametrize(
    "request_",
    [
        replace(CALL, method="MESSAGE", home=""),
        replace(CALL, private={}),
        replace(CALL, private={PrivateHeader.LEG: "1a-forged"}),
    ],
    ids=["for nobody", "of no call", "of a call that is not ours"],
)
def test_what_is_no_call_of_ours_is_refused(request_: Request) -> None:
    outcome = decided(request_).outcome
    assert isinstance(outcome, Reply)
    assert outcome.code == 403


def test_a_call_of_a_sibling_whose_asterisk_is_down_goes_to_ours() -> None:
    call = replace(CALL, home="", uri=SipUri("102", "example.org"))
    assert route_of(call, NODE) is FROM_SIBLING
    decision = FROM_SIBLING.decide(call, Facts(0.0, NODE))
    assert decision.outcome == Relay(OWN, BOB)
    assert decision.memo == Memo(Leg.INBOUND, call.private[PrivateHeader.LEG], BOB)
    forged = replace(call, private={PrivateHeader.LEG: "1a-forged"})
    assert isinstance(FROM_SIBLING.decide(forged, Facts(0.0, NODE)).outcome, Reply)


def test_a_message_needs_no_call() -> None:
    decision = decided(replace(CALL, method="MESSAGE", private={}))
    assert decision.outcome == RingFlow(FLOW)
    assert not any(isinstance(effect, RecordRoute) for effect in decision.effects)


def test_a_copy_of_a_registration_is_believed_from_the_own_daemon_only() -> None:
    register = replace(CALL, method="REGISTER", sibling="")
    for source, is_copy in ((Source.FEED, True), (Source.SIBLING, False), (Source.OUTSIDE, False)):
        asked = replace(register, source=source)
        route = route_of(asked, NODE)
        assert (route.name == "registered away") is is_copy
    copy = replace(register, source=Source.FEED)
    assert route_of(copy, NODE).decide(copy, Facts(0.0, NODE)).outcome == SaveCopy(BOB)


def test_a_connection_is_closed_for_the_own_daemon_only() -> None:
    asked = replace(CALL, method="OPTIONS", sibling="")
    for source, closes in ((Source.FEED, True), (Source.SIBLING, False), (Source.OUTSIDE, False)):
        assert (route_of(replace(asked, source=source), NODE).name == "let go") is closes
    told = replace(asked, source=Source.FEED)
    assert route_of(told, NODE).decide(told, Facts(0.0, NODE)).outcome == LetGo()


def test_a_subscription_of_another_node_is_ended_by_the_own_daemon_only() -> None:
    """What it says of the way to the phone reaches no phone."""
    notify = replace(CALL, method="NOTIFY", sibling="", to_tag="theirs")
    for source, ends in ((Source.FEED, True), (Source.SIBLING, False), (Source.OUTSIDE, False)):
        assert (route_of(replace(notify, source=source), NODE).name == "watch ends") is ends
    told = replace(notify, source=Source.FEED)
    decision = route_of(told, NODE).decide(told, Facts(0.0, NODE))
    assert (decision.outcome, decision.effects) == (EndWatch(), (StripPrivate(),))


MEMO = Memo(Leg.OUTBOUND, "1a-2b", BOB)


def test_a_branch_to_a_sibling_names_whose_phone_it_is_for() -> None:
    decision = decide_branch(BOB, MEMO, AwayFacts("n2", True, True))
    assert decision.outcome == Pass()
    assert decision.effects == (AddHeader(HOME, BOB), AddHeader(PrivateHeader.LEG, "1a-2b"))
    assert decision.trace[0].verdict == "sibling n2"


def test_a_home_of_which_nothing_is_known_is_tried() -> None:
    assert decide_branch(BOB, MEMO, AwayFacts("n2", None, False)).outcome == Pass()


def test_a_home_that_is_down_is_left_out() -> None:
    assert decide_branch(BOB, MEMO, AwayFacts("n2", False, False)).outcome == Drop()
    direct = decide_branch(BOB, None, AwayFacts("n2", False, True))
    assert (direct.outcome, direct.effects) == (Pass(), (GoDirect(),))


def in_dialog(method: str, source: Source, uri: SipUri, sibling: str) -> Request:
    mark = proof(SECRETS, "c", "f")
    me = SipUri("102", "example.org")
    return Request(method, uri, me, me, "c", source, from_tag="f", to_tag="t", dialog_proof=mark, sibling=sibling)


@pytest.mark.parametrize("method", ["ACK", "BYE", "INVITE", "REFER"])
def test_what_a_phone_says_in_a_call_goes_to_the_node_that_has_it(method: str) -> None:
    """Its own Asterisk has the same address on loopback, perhaps: the route decides."""
    request = in_dialog(method, Source.OUTSIDE, SipUri("", "127.0.0.1", 5080), "n2")
    assert route_of(request, NODE) is IN_DIALOG
    assert IN_DIALOG.decide(request, Facts(0.0, NODE)).outcome == Follow(None)


@pytest.mark.parametrize("method", ["ACK", "BYE", "INVITE"])
def test_what_a_sibling_brings_of_a_phone_ends_at_our_asterisk(method: str) -> None:
    request = in_dialog(method, Source.SIBLING, SipUri("", "127.0.0.1", 5080), "n2")
    assert route_of(request, NODE).decide(request, Facts(0.0, NODE)).outcome == Follow(OWN)


def test_a_transfer_is_decided_where_the_call_is() -> None:
    request = in_dialog("REFER", Source.SIBLING, SipUri("", "127.0.0.1", 5080), "n2")
    assert route_of(request, NODE) is TRANSFER


def test_what_a_sibling_brings_for_a_phone_reaches_it() -> None:
    request = in_dialog("BYE", Source.SIBLING, PHONE, "n2")
    assert route_of(request, NODE).decide(request, Facts(0.0, NODE)).outcome == Follow(None)


def test_a_phone_leads_nobody_elsewhere() -> None:
    request = in_dialog("BYE", Source.OUTSIDE, SipUri("", "203.0.113.5", 5080), "")
    outcome = route_of(request, NODE).decide(request, Facts(0.0, NODE)).outcome
    assert isinstance(outcome, Reply)
    assert outcome.code == 403
