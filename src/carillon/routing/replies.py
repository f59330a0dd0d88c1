"""The reply routes of both legs (slides "Inbound / Outbound Call Leg - Reply Route")."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from carillon.routing.calledname import LATE, UNTOLD, with_called
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import (
    AddHeader,
    Decision,
    DialogRings,
    DialogUp,
    Effect,
    KeepDialog,
    MarkLeg,
    NameParty,
    NoteRefusal,
    NoteRinging,
    Pass,
    RemoveHeader,
    RewriteReply,
    StripPrivate,
    TraceRow,
)
from carillon.routing.facts import UNKNOWN, ReplyFacts
from carillon.routing.latefork import LateFork
from carillon.routing.media import answered
from carillon.routing.memo import Leg, Memo
from carillon.routing.words import BUSY, for_stranger
from carillon.sip import warning
from carillon.sip.private import FAR_END, PrivateHeader
from carillon.sip.sessiontimer import SessionExpires, min_se
from carillon.stores.ports import HandOver

_NO_TIMER = RemoveHeader("Session-Expires")


def needs_handover(memo: Memo, code: int) -> bool:
    """Only the inbound leg's failures read the hand-over: a call that succeeds costs no trip."""
    return memo.leg is Leg.INBOUND and code >= 400 and code != 487


def private_removed(leg: Leg, reply: ReplyFacts) -> Verdict:
    """No private header leaves towards a phone, and none of a phone's reaches Asterisk."""
    return Verdict("stripped", "a border", effects=(StripPrivate(),))


def own_503_only(leg: Leg, reply: ReplyFacts) -> Verdict:
    """A far end's 503 goes on as 500 with its headers: 503 would say that we cannot serve (RFC 3261 §16.7)."""
    if leg is Leg.OUTBOUND and reply.code == 503:
        return Verdict("rewritten", "503 of the far end", effects=(RewriteReply(500, "Server Internal Error"),))
    return Verdict("kept", str(reply.code))


def timer_readable(leg: Leg, reply: ReplyFacts) -> Verdict:
    """What Asterisk could not read would be lost with the whole reply (RFC 4028): it goes on without."""
    if leg is Leg.INBOUND:
        return Verdict("skipped", "of our Asterisk")
    if reply.code == 422 and min_se(reply.min_se) is None:
        effects = (RemoveHeader("Min-SE"), RewriteReply(500, "Server Internal Error"))
        return Verdict("rewritten", f"422 with Min-SE {reply.min_se!r}", effects=effects)
    if reply.session_expires and SessionExpires.parse(reply.session_expires) is None:
        return Verdict("removed", f"Session-Expires {reply.session_expires!r}"[:80], effects=(_NO_TIMER,))
    if reply.longest_timer_s and not reply.session_expires:
        # Our Asterisk would refresh at its own interval, as it was not told that this one is shorter (RFC 4028 §8.2).
        told = AddHeader("Session-Expires", f"{reply.longest_timer_s};refresher=uac"), AddHeader("Require", "timer")
        return Verdict("inserted", f"{reply.longest_timer_s} s", effects=told)
    return Verdict("passed", reply.session_expires or "no session timer")


def told_why(leg: Leg, reply: ReplyFacts) -> Verdict:
    """The far end's reason and headers, such as Warning, reach the caller when Asterisk sent the same code on."""
    handover = reply.handover
    if leg is Leg.INBOUND and handover is UNKNOWN:
        return Verdict("unknown", "Redis did not answer: the code is told, and what was said with it is missing")
    if leg is Leg.OUTBOUND or not isinstance(handover, HandOver) or handover.code != reply.code:
        return Verdict("nothing to tell", f"hand-over {'none' if handover is None else 'not for this reply'}")
    names = dict.fromkeys(name for name, _ in handover.headers)
    effects: tuple[Effect, ...] = (
        *(RemoveHeader(name) for name in names),
        *(AddHeader(name, value) for name, value in handover.headers),
    )
    if handover.reason and handover.reason != reply.reason:
        effects = (RewriteReply(handover.code, handover.reason), *effects)
    return Verdict("told", f"{handover.code} {handover.reason}", effects=effects)


def ringing_noted(leg: Leg, reply: ReplyFacts) -> Verdict:
    """Once the far end rings, no other trunk or gateway is tried."""
    if 180 <= reply.code < 190:
        return Verdict("noted", str(reply.code), effects=(NoteRinging(),))
    return Verdict("skipped", "not ringing")


def party_told(leg: Leg, reply: ReplyFacts) -> Verdict:
    """Asterisk learns who has answered, where it can't know: transfers and counts go by it."""
    if reply.party and 200 <= reply.code < 300:
        return Verdict("told", reply.party, effects=(AddHeader(PrivateHeader.PARTY, reply.party),))
    return Verdict("skipped", "nothing to tell")


def dialog_noted(leg: Leg, reply: ReplyFacts) -> Verdict:
    """Who rings may be picked up, and who has answered not any more."""
    if reply.late:
        return _late_noted(reply.late, reply.code)
    if leg is Leg.OUTBOUND and 180 <= reply.code < 190:
        return Verdict("rings", str(reply.code), effects=(DialogRings(),))
    if leg is Leg.OUTBOUND and 200 <= reply.code < 300:
        return Verdict("answered", str(reply.code), effects=(DialogUp(),))
    return Verdict("skipped", "no dialog with a phone that is called" if leg is Leg.INBOUND else str(reply.code))


def _late_noted(late: LateFork, code: int) -> Verdict:
    """With the phone that was rung late the dialog is another one, and his who has it."""
    if not 200 <= code < 300:
        return Verdict("skipped", f"{code} of who picks it up")
    effects = (KeepDialog(late.dialog), DialogUp(), NameParty(late.party))
    return Verdict("picked up", f"{code} of {late.dialog.aor}", effects=effects)


def own_word_only(leg: Leg, reply: ReplyFacts) -> Verdict:
    """Who picks a call up declines for himself: a 6xx would end the call at all phones (RFC 3261 §16.7)."""
    if reply.late and reply.code >= 600:
        return Verdict("rewritten", str(reply.code), effects=(RewriteReply(480, "Temporarily Unavailable"),))
    return Verdict("kept", str(reply.code))


def far_side_hidden(leg: Leg, reply: ReplyFacts) -> Verdict:
    """Who picks up a call whose caller withholds who he is, is not told by Asterisk either (RFC 3323)."""
    if reply.withheld:
        return Verdict("hidden", "by the caller's wish", effects=(RemoveHeader("P-Asserted-Identity"),))
    return Verdict("skipped", "nothing to hide")


def refusal_noted(leg: Leg, reply: ReplyFacts) -> Verdict:
    """What one phone says counts more than the silence of another."""
    if leg is Leg.INBOUND or reply.late or reply.code < 400 or reply.code in (401, 407, 408, 430, 487):
        return Verdict("skipped", "no refusal")
    code = 500 if reply.code == 503 else reply.code
    return Verdict("noted", str(code), effects=(NoteRefusal(code, reply.reason),))


def goes_on(leg: Leg, reply: ReplyFacts) -> Verdict:
    """A reply always goes on; what failed is for the failure route."""
    return Verdict("passed", f"{reply.code} {reply.reason}".strip(), Pass())


RULES = (
    private_removed,
    own_503_only,
    own_word_only,
    timer_readable,
    told_why,
    ringing_noted,
    dialog_noted,
    party_told,
    far_side_hidden,
    refusal_noted,
    answered,
    goes_on,
)


def decide(memo: Memo, reply: ReplyFacts) -> Decision:
    """What to do with a reply of either leg."""
    if reply.late:
        memo = replace(memo, shown=LATE + reply.late.shown, says="")
    if memo.shown == UNTOLD and isinstance(reply.handover, HandOver):
        reply = replace(reply, handover=for_stranger(reply.handover, memo.called.rpartition("@")[2]))
    # What is handed over or anchored is new each time; other replies are few and come again, to pure rules.
    rare = reply.handover or reply.anchor or reply.party or reply.told or reply.warnings or reply.late
    decision = decide_by(RULES, memo.leg, reply) if rare else _decided(memo.leg, reply)
    return with_far_end(memo, reply, with_hint(memo, reply, with_called(memo, reply, decision)))


def with_hint(memo: Memo, reply: ReplyFacts, decision: Decision) -> Decision:
    """The same decision, and a word of call-back for a caller inside who finds a colleague busy (behaviours 32)."""
    if memo.leg is Leg.OUTBOUND or not memo.says or reply.code not in BUSY:
        return decision
    told = AddHeader("Warning", warning.own(memo.called.rpartition("@")[2], memo.says))
    row = TraceRow("call_back_told", "told", memo.says)
    return replace(decision, effects=(*decision.effects, told), trace=(*decision.trace, row))


def with_far_end(memo: Memo, reply: ReplyFacts, decision: Decision) -> Decision:
    """The same decision; where a sibling's Asterisk has the call, its node says what the far end said, we mark it."""
    if reply.far_end_code is None:
        return decision
    told = AddHeader(FAR_END, str(reply.far_end_code)) if reply.to_sibling else MarkLeg(memo.leg_id, reply.far_end_code)
    row = TraceRow("far_end_told", "told" if reply.to_sibling else "marked", str(reply.far_end_code))
    return replace(decision, effects=(*decision.effects, told), trace=(*decision.trace, row))


@lru_cache(maxsize=1024)
def _decided(leg: Leg, reply: ReplyFacts) -> Decision:
    return decide_by(RULES, leg, reply)
