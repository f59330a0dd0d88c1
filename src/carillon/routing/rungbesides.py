"""Picking up what nobody at the other side hands over: the picker's phone rings as one more of that very call.

So where no Asterisk has the call, and its caller is outside, or has a phone that knows no Replaces (ADR 56). The
picker's own call ends, and his phone is asked to answer the other one by itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from carillon.routing.calledname import address
from carillon.routing.chain import Verdict
from carillon.routing.decision import Effect, ForkLate, Header, NoteKept, Reply
from carillon.routing.dialogs import DialogState, LiveDialog
from carillon.routing.facts import Facts
from carillon.routing.hop import is_inside
from carillon.routing.latefork import LateFork
from carillon.routing.request import Request
from carillon.routing.taken import REASONS
from carillon.sip.uri import quoted
from carillon.stores.ports import Party

COMES: Final = "The call comes to your phone, which answers by itself or rings"
"""What the picker reads as his own call ends."""

ANOTHERS: Final = "Somebody else picks the call up"
"""What the slower one of two pickers reads."""

REPLACES: Final = "replaces"


def noted(request: Request, facts: Facts) -> tuple[Effect, ...]:
    """Of an outbound leg that comes from no Asterisk: that nobody at the other side can give the call away."""
    if not facts.node.spiral or (is_inside(request) and REPLACES in request.supported):
        return ()
    return (NoteKept(request.call_id),)


def is_way(found: LiveDialog) -> bool:
    """Whether a call is picked up so."""
    return found.keeps and not found.node and found.state is DialogState.RINGING


def rung(request: Request, picker: Party, found: LiveDialog, code: int) -> Verdict:
    """His phone instead of the call that he makes; `code` is what he gets should somebody have been faster."""
    dialog = replace(found, aor=picker.aor, rights=picker.pickup, phone_tags=())
    fork = ForkLate(
        LateFork(address(picker.name, picker.aor), dialog),
        (request.source_address, request.source_port),
        Reply(487, "Request Terminated", (_warning(picker, COMES),)),
        Reply(code, REASONS[code], (_warning(picker, ANOTHERS),)),
        answers_by_itself(picker.domain),
    )
    return Verdict("rings besides", f"the phone of {picker.aor}, as one more of {found.call_id}", fork)


def answers_by_itself(domain: str) -> tuple[Header, ...]:
    """What asks a phone to answer at once, in the words of most makers and of RFC 5373. Others ring."""
    return (
        ("Call-Info", f"<sip:{domain}>;answer-after=0"),
        ("Alert-Info", f"<http://{domain}>;info=alert-autoanswer"),
        ("Answer-Mode", "Auto"),
    )


def _warning(picker: Party, words: str) -> Header:
    return "Warning", f"399 {picker.domain} {quoted(words)}"
