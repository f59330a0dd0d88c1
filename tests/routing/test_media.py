"""When sound goes through the media relay, and what is said when the relay does not answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds.simulated import DOMAIN, SimulatedOffice

from carillon.routing import failures, fromtrunk, indialog, media, outbound, replies
from carillon.routing.anchor import Anchor, Reason, Side, branch_anchor, caller_anchor
from carillon.routing.decision import (
    AnchorMedia,
    Decision,
    Drop,
    ExpectAnswer,
    Follow,
    Journal,
    MarkRoute,
    Pass,
    RecordRoute,
    Relay,
    ReleaseMedia,
    Reply,
)
from carillon.routing.facts import BranchFacts, Facts, FailureFacts, Gateway, NodeProfile, ReplyFacts
from carillon.routing.memo import Leg, Memo
from carillon.routing.request import Request, Source
from carillon.sip.legid import make_leg_id
from carillon.sip.private import PrivateHeader
from carillon.sip.seal import Secrets
from carillon.sip.uri import SipUri
from carillon.stores.ports import Party, TrunkProfile

NODE = NodeProfile(DOMAIN, (Gateway("127.0.0.1", 5080),), secrets=Secrets(b"s" * 32))
LEG = make_leg_id(NODE.secrets, "c0ffee")
BOB = Party("102", DOMAIN, "Bob Dupont")
ANCHOR = caller_anchor(NODE.secrets, LEG)
MEDIA = (AnchorMedia, ReleaseMedia, ExpectAnswer, MarkRoute)
TRUNK = TrunkProfile("provider", DOMAIN, "provider.test", 5060)


def from_provider(*, encrypted: bool = True, transport: str = "tls", relay: bool = True) -> Decision:
    """An INVITE as it comes in: every new inbound leg passes the same rule."""
    target = SipUri("102", DOMAIN)
    request = Request(
        *("INVITE", target, SipUri("+3225550199", "provider.test"), target, "call-1"),
        source=Source.TRUNK, trunk=TRUNK, from_tag="f", encrypted=encrypted, transport=transport,
    )  # fmt: skip
    return fromtrunk.decide(request, Facts(0, NODE, callee=BOB, fresh_id="c0ffee", relay=relay))


def to_bob(*, relay: bool = True) -> Decision:
    """The same call on its way to Bob."""
    target = SipUri("102", DOMAIN)
    request = Request(
        *("INVITE", target, SipUri("asterisk", "127.0.0.1"), target, "call-2"),
        source=Source.GATEWAY, from_tag="g", private={PrivateHeader.LEG: LEG},
    )  # fmt: skip
    return outbound.decide(request, Facts(0, NODE, callee=BOB, registered=True, relay=relay))


def in_dialog(method: str, source: Source, *, described: bool = True, relay: bool = True) -> Decision:
    """A request of a dialog whose sound the relay carries."""
    target = SipUri("", "127.0.0.1", 5080)
    request = Request(
        *(method, target, target, target, "call-1"),
        source=source, from_tag="f", to_tag="t", anchor=ANCHOR, described=described,
    )  # fmt: skip
    return indialog.decide(request, Facts(0, NODE, relay=relay))


def of_media(decision: Decision) -> list[object]:
    """What a decision asks of the relay."""
    return [effect for effect in decision.effects if isinstance(effect, MEDIA)]


def test_plain_calls_never_ask_the_relay() -> None:
    """On no leg, and nothing in their dialogs says that later requests should."""
    office = SimulatedOffice()
    seen: list[Decision] = []
    sound = office.engine.route
    office.engine.route = lambda request: seen.append(sound(request)) or seen[-1]  # type: ignore[func-returns-value,method-assign]
    call = office.alice.calls(office.bob)
    office.bob.answers(call)
    call.is_up()
    decisions = [*seen, from_provider(encrypted=False), to_bob()]
    assert not [each for decision in decisions for each in of_media(decision)]
    marks = [each for decision in decisions for each in decision.effects if isinstance(each, RecordRoute)]
    assert len(marks) == 4
    assert not [mark for mark in marks if mark.anchor]


def test_encrypted_sound_is_met_by_the_relay() -> None:
    decision = from_provider()
    assert of_media(decision) == [AnchorMedia(ANCHOR, Side.GATEWAY)]
    assert [each.anchor for each in decision.effects if isinstance(each, RecordRoute)] == [ANCHOR]
    assert decision.memo is not None
    assert Memo.parse(str(decision.memo)).anchor == ANCHOR


@pytest.mark.parametrize(("transport", "told"), [("udp", True), ("tcp", True), ("tls", False)])
def test_keys_in_clear_are_taken_and_the_log_says_so(transport: str, told: bool) -> None:
    decision = from_provider(transport=transport)
    assert isinstance(decision.outcome, Relay)
    assert any(isinstance(effect, Journal) for effect in decision.effects) == told


def test_without_the_relay_the_caller_is_told_to_come_back() -> None:
    outcome = from_provider(relay=False).outcome
    assert isinstance(outcome, Reply)
    assert outcome.code == 503
    assert {"Retry-After", "Warning"} == {name for name, _ in outcome.headers}
    assert isinstance(from_provider(relay=False, encrypted=False).outcome, Relay)


def test_each_phone_has_a_session_of_its_own() -> None:
    memo = Memo(Leg.OUTBOUND, LEG, "102@example.org")
    plain = media.decide_branch(memo, BranchFacts(0, encrypted=False), NODE)
    assert (plain.outcome, plain.effects) == (Pass(), ())
    sessions = set()
    for index in (1, 2):
        decision = media.decide_branch(memo, BranchFacts(index, encrypted=True), NODE)
        anchor = branch_anchor(NODE.secrets, LEG, "102@example.org", index)
        assert decision.effects == (AnchorMedia(anchor, Side.PHONE), MarkRoute(anchor))
        sessions.add(anchor.session)
    assert len(sessions | {ANCHOR.session}) == 3


def test_a_phone_that_cannot_be_offered_what_it_wants_is_left_out() -> None:
    decision = media.decide_branch(Memo(Leg.OUTBOUND, LEG), BranchFacts(0, encrypted=True, relay=False), NODE)
    assert (decision.outcome, decision.effects) == (Drop(), ())
    outcome = to_bob(relay=False).outcome
    assert isinstance(outcome, Reply)
    assert outcome.code == 488
    assert "Bob Dupont" in dict(outcome.headers)["Warning"]


@pytest.mark.parametrize(("leg", "side"), [(Leg.INBOUND, Side.PHONE), (Leg.OUTBOUND, Side.GATEWAY)])
def test_answers_go_back_through_the_relay(leg: Leg, side: Side) -> None:
    memo = Memo(leg, LEG)
    answer = replies.decide(memo, ReplyFacts(200, "OK", anchor=ANCHOR, described=True))
    assert of_media(answer) == [AnchorMedia(ANCHOR, side, answer=True)]
    assert of_media(replies.decide(memo, ReplyFacts(200, "OK", anchor=ANCHOR))) == []
    assert of_media(replies.decide(memo, ReplyFacts(200, "OK", described=True))) == []


def test_a_phone_that_refuses_frees_its_session() -> None:
    refusal = ReplyFacts(486, "Busy Here", anchor=ANCHOR)
    assert of_media(replies.decide(Memo(Leg.OUTBOUND, LEG), refusal)) == [ReleaseMedia(ANCHOR)]
    assert of_media(replies.decide(Memo(Leg.INBOUND, LEG), refusal)) == []


def test_the_callers_session_outlives_a_gateway_that_is_silent() -> None:
    """The next gateway gets the description that the first one got."""
    memo = Memo(Leg.INBOUND, LEG, gateways_left=("127.0.0.2:5080",), anchor=ANCHOR)
    retry = failures.decide(memo, FailureFacts(408, timed_out=True))
    assert of_media(retry) == []
    assert retry.memo is not None
    assert retry.memo.anchor == ANCHOR
    over = failures.decide(retry.memo, FailureFacts(486, far_end_code=486))
    assert of_media(over) == [ReleaseMedia(ANCHOR)]


@pytest.mark.parametrize(("source", "to"), [(Source.OUTSIDE, Side.GATEWAY), (Source.GATEWAY, Side.PHONE)])
def test_offers_inside_a_dialog(source: Source, to: Side) -> None:
    for method in ("INVITE", "UPDATE"):
        assert of_media(in_dialog(method, source)) == [AnchorMedia(ANCHOR, to), ExpectAnswer(ANCHOR, to.other)]
    late = [ExpectAnswer(ANCHOR, to.other, answer=False)]
    assert of_media(in_dialog("INVITE", source, described=False)) == late
    assert of_media(in_dialog("ACK", source)) == [AnchorMedia(ANCHOR, to, answer=True)]
    assert of_media(in_dialog("ACK", source, described=False)) == []
    assert of_media(in_dialog("INFO", source)) == []
    assert of_media(in_dialog("BYE", source, described=False)) == [ReleaseMedia(ANCHOR)]


def test_without_the_relay_a_call_goes_on_and_can_be_ended() -> None:
    refused = in_dialog("INVITE", Source.OUTSIDE, relay=False).outcome
    assert isinstance(refused, Reply)
    assert refused.code == 503
    for method in ("ACK", "BYE", "INFO"):
        assert isinstance(in_dialog(method, Source.OUTSIDE, relay=False).outcome, Follow)


def test_replies_inside_a_dialog() -> None:
    expected = ExpectAnswer(ANCHOR, Side.PHONE, answer=False)
    assert ExpectAnswer.parse(str(expected)) == expected
    done = media.decide_reply(expected, ReplyFacts(200, described=True))
    assert of_media(done) == [AnchorMedia(ANCHOR, Side.PHONE, answer=False)]
    for reply in (ReplyFacts(200), ReplyFacts(488, described=True)):
        assert media.decide_reply(expected, reply) == Decision(Pass())


def test_an_anchor_is_read_as_it_was_written() -> None:
    for anchor in (ANCHOR, replace(ANCHOR, session=f"{ANCHOR.session}-12")):
        assert Anchor.parse(str(anchor)) == anchor


@given(st.text())
def test_what_a_phone_makes_of_an_anchor_is_none_or_harmless(text: str) -> None:
    """It reaches the relay as a word of a command."""
    for written in (text, f"c0ffee.{text}", f"{text}.encryption"):
        anchor = Anchor.parse(written)
        if anchor is not None:
            assert set(anchor.session) <= set("0123456789abcdef-")
            assert set(anchor.reasons) <= set(Reason)
