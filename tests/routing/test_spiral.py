"""Requests of a dialog that passes a node without Asterisk twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carillon.routing import entrance, indialog
from carillon.routing.decision import AddHeader, EndRinging, Follow, NoteReferral, RemoveHeader, Reply
from carillon.routing.dialogs import DialogState, LiveDialog
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


HERE = LiveDialog("call-1", "202@lab.test", "f", "201@lab.test", state=DialogState.UP, phone_tags=("t",))
SECOND = LiveDialog("call-2", "203@lab.test", "f2", "201@lab.test", state=DialogState.RINGING, phone_tags=("t1", "t2"))
REFER = replace(
    request("REFER", spirals=True),
    refer_to=("<sip:203@10.78.0.15:5070?Require=replaces&Replaces=call-2%3Bto-tag%3Dt1%3Bfrom-tag%3Df2>",),
)


def test_whoever_is_sent_into_a_call_that_rings_still_is_sent_to_whom_it_rings_at_and_it_ends() -> None:
    questions = indialog.ask(REFER, NODE)
    assert (questions.dialog, questions.consulted) == ("call-1", "call-2")
    decision = indialog.decide(REFER, Facts(0.0, NODE, dialog=HERE, consulted=SECOND))
    assert decision.outcome == Follow(SPIRAL)
    assert decision.effects[:3] == (
        RemoveHeader("Refer-To"), AddHeader("Refer-To", "<sip:203@lab.test>"), EndRinging("call-2"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "second",
    [
        replace(SECOND, state=DialogState.UP, phone_tags=("t1",)),
        replace(SECOND, caller="204@lab.test"),
        replace(SECOND, phone_tags=("t2",)),
        None,
    ],
    ids=["is up", "is somebody else's", "has other tags", "is unknown"],
)
def test_a_call_that_is_up_or_of_others_is_not_ended(second: LiveDialog | None) -> None:
    decision = indialog.decide(REFER, Facts(0.0, NODE, dialog=HERE, consulted=second))
    assert decision.outcome == Follow(SPIRAL)
    assert decision.effects[0] == NoteReferral("call-2", "201@lab.test")
    assert not any(isinstance(effect, EndRinging) for effect in decision.effects)


def test_who_is_called_may_do_so_too() -> None:
    asked = replace(REFER, from_tag="t", to_tag="f", dialog_proof=proof(SECRETS, "call-1", "f"))
    second = replace(SECOND, caller="202@lab.test")
    decision = indialog.decide(asked, Facts(0.0, NODE, dialog=HERE, consulted=second))
    assert EndRinging("call-2") in decision.effects
