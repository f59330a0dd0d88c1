"""The outbound leg of a pick-up, or an attended transfer, of a call that no Asterisk has: one dialog of two phones.

The phone at the other side is rung with Replaces (RFC 3891), and takes the new call in place of the old one by itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from carillon.routing import spiral, whoanswers
from carillon.routing.admission import forwards_left, unavailable
from carillon.routing.calledname import address
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import (
    AddHeader,
    Decision,
    KeepDialog,
    NoteTaken,
    RecordRoute,
    RemoveHeader,
    Ring,
    StripPrivate,
)
from carillon.routing.dialogs import DialogState, LiveDialog
from carillon.routing.facts import UNKNOWN, Facts, NodeProfile
from carillon.routing.limits import NO_LIMIT, claim, counted, said
from carillon.routing.memo import Leg, Memo
from carillon.routing.outbound import caller_shown, of_our_call
from carillon.routing.questions import Questions
from carillon.routing.request import Request
from carillon.routing.sendon import replied
from carillon.routing.sessiontimer import timed
from carillon.routing.taken import GONE, OUTSIDE, REASONS, Side, Taken
from carillon.routing.transferred import caller_question
from carillon.sip.dialogproof import proof
from carillon.sip.private import PrivateHeader
from carillon.sip.replaces import Replaces
from carillon.stores.ports import Party

ANSWER_S: Final = 8
"""A phone takes such a call by itself, so at once."""


def is_meant(request: Request) -> bool:
    """Whether a request from ourselves takes a call that no Asterisk has."""
    return PrivateHeader.PICKUP in request.private


def ask(request: Request, node: NodeProfile) -> Questions:
    """Whose phone it is, and how far the dialog has come now: a note in shared memory."""
    taken = _taken(request)
    user, _, domain = taken.aor.rpartition("@")
    return Questions(
        callee=(domain, user),
        caller=caller_question(request),
        registered=taken.aor,
        domains=True,
        dialog=taken.call_id,
    )


def still_there(request: Request, facts: Facts) -> Verdict:
    """The dialog may have ended since the inbound leg, or have been answered by whom it rang for."""
    taken, found = _taken(request), facts.dialog
    if facts.callee is UNKNOWN:
        return Verdict("unknown", "the directory did not answer", unavailable(facts))
    if facts.callee is None:
        return replied(request, 603, REASONS[603], f"{taken.aor} is nobody here", OUTSIDE)
    wanted = DialogState.RINGING if taken.side is Side.EARLY else DialogState.UP
    there = found is not None and found.state is wanted and isinstance(facts.callee, Party)
    if not there or facts.registered is False:
        return replied(request, taken.code, REASONS[taken.code], f"no dialog {taken.call_id} now", GONE)
    return Verdict("passed", f"{taken.call_id} is {wanted}")


def counts_on(request: Request, facts: Facts) -> Verdict:
    """Whose phone takes it has one call before and after: it counts at once, and nobody is refused for it."""
    assert isinstance(facts.callee, Party)
    limits = tuple(replace(limit, most=None) for limit in counted(facts.callee))
    if not limits:
        return NO_LIMIT
    if facts.slots is None:
        return claim(request.private[PrivateHeader.LEG], limits, request)
    return Verdict("counted", said(facts))


def given(request: Request, facts: Facts) -> Verdict:
    """To all phones of that person: only the one that has the dialog takes it, and none rings (Require)."""
    party, taken = facts.callee, _taken(request)
    assert isinstance(party, Party)
    assert facts.dialog is not None
    person = whoanswers.person(request, party)
    memo = Memo(
        *(Leg.OUTBOUND, request.private[PrivateHeader.LEG], party.aor, party.name),
        party=person, shown=address(party.name, party.aor), gone=f"{taken.code} {taken.call_id}",
    )  # fmt: skip
    caller = request.private.get(PrivateHeader.CALLER, "")
    own = LiveDialog(request.call_id, party.aor, request.from_tag, caller, rights=party.pickup, since=facts.now)
    effects = (
        StripPrivate(),
        RemoveHeader("Route"),
        RemoveHeader("Require"),
        AddHeader("Require", "replaces"),
        AddHeader("Replaces", str(_replaces(facts.dialog, taken.side))),
        KeepDialog(own),
        RecordRoute(proof(facts.node.secrets, request.call_id, request.from_tag)),
        *spiral.named(facts, person, party.aor),
        *((NoteTaken(taken.call_id),) if taken.side is Side.EARLY else ()),
    )
    return Verdict("given", f"the phone of {party.aor} takes it", Ring(party.aor, ANSWER_S), effects, memo)


RULES = (forwards_left, of_our_call, still_there, counts_on, caller_shown, timed, given)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with an INVITE from ourselves that takes a call."""
    return decide_by(RULES, request, facts)


def _taken(request: Request) -> Taken:
    return Taken.parse(request.private[PrivateHeader.PICKUP])


def _replaces(found: LiveDialog, side: Side) -> Replaces:
    """As that phone sees the dialog: of several that ring, a caller's phone keeps the one that it heard last."""
    theirs = found.phone_tags[-1]
    if side is Side.CALLED:
        return Replaces(found.call_id, theirs, found.our_tag)
    return Replaces(found.call_id, found.our_tag, theirs, early_only=side is Side.EARLY)
