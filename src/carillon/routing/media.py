"""Whether sound must go through the media relay: only where Asterisk cannot do what a phone needs.

Phones behind a NAT need no relay: Asterisk answers to where sound comes from.
"""

from __future__ import annotations

from carillon.routing.anchor import Anchor, Reason, Side, branch_anchor, caller_anchor, reasons
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import (
    AnchorMedia,
    Decision,
    Drop,
    Effect,
    ExpectAnswer,
    Journal,
    MarkRoute,
    Pass,
    ReleaseMedia,
    Reply,
)
from carillon.routing.facts import BranchFacts, Facts, NodeProfile, ReplyFacts
from carillon.routing.memo import Leg, Memo
from carillon.routing.recording import RELAY_DOWN, Recording, is_recorded, keys_told, lost
from carillon.routing.request import Request, Source
from carillon.sip.legid import make_leg_id
from carillon.sip.uri import quoted

OUT_OF_ORDER = "The media relay is out of order: calls without encryption go"
DESCRIBES = frozenset({"INVITE", "UPDATE", "PRACK"})


def anchor_of(request: Request, facts: Facts) -> Anchor | None:
    """The relay's session of a new inbound leg, None where it needs none.

    Where no Asterisk is in the midst, phones behind a NAT need it, and phones that don't reach each other.
    """
    spirals = bool(facts.node.spiral) and facts.relay
    why = reasons(encrypted=request.encrypted, recorded=is_recorded(request, facts), spirals=spirals)
    return caller_anchor(facts.node.secrets, make_leg_id(facts.node.secrets, facts.fresh_id), why) if why else None


def anchored(request: Request, facts: Facts) -> Verdict:
    """A phone that offers encrypted sound only (RTP/SAVP with keys, RFC 4568) is met by the relay.

    Keys that come in clear are taken as other telephone systems take them, and the log says so.
    """
    anchor = anchor_of(request, facts)
    if anchor is None:
        return Verdict("not needed", "plain sound")
    if not facts.relay:
        return Verdict("unavailable", "the relay did not answer", _unavailable(facts))
    effects: tuple[Effect, ...] = (AnchorMedia(anchor, Side.GATEWAY),)
    if Reason.ENCRYPTION not in anchor.reasons:
        return Verdict("anchored", ", ".join(anchor.reasons), effects=effects)
    if request.transport != "tls":
        words = f"keys of encrypted sound came in clear by {request.transport} from {request.source_address}; use TLS"
        effects = (Journal(words), *effects)
    return Verdict("anchored", f"{', '.join(anchor.reasons)}, by {request.transport}", effects=effects)


def decide_branch(memo: Memo, branch: BranchFacts, node: NodeProfile) -> Decision:
    """What one of the phones that are to ring is offered: encrypted sound, if it was registered so."""
    why = reasons(encrypted=branch.encrypted, recorded=bool(memo.recording))
    if not why:
        return decide_by((_plain,), memo, branch)
    anchor = branch_anchor(node.secrets, memo.leg_id, memo.called, branch.index, why)

    def encrypted(memo: Memo, branch: BranchFacts) -> Verdict:
        """Not without the relay: the phone would be offered what it does not want."""
        if not branch.relay:
            return Verdict("left out", "the relay did not answer", Drop())
        effects = (AnchorMedia(anchor, Side.PHONE), MarkRoute(anchor))
        return Verdict("anchored", f"{', '.join(why)}, branch {branch.index}", Pass(), effects)

    def recorded(memo: Memo, branch: BranchFacts) -> Verdict:
        """Without the relay the call goes on, and the loss is said, unless it must be recorded."""
        recording = Recording.parse(memo.recording)
        if branch.relay or recording is None or recording.required:
            return encrypted(memo, branch)
        loss = () if recording.on_demand else lost(recording, RELAY_DOWN)
        return Verdict("lost", RELAY_DOWN, Pass(), loss)

    return decide_by((encrypted if branch.encrypted else recorded,), memo, branch)


def answered(leg: Leg, reply: ReplyFacts) -> Verdict:
    """The answer goes back through the relay; a phone that refuses frees its session."""
    if reply.anchor is None:
        return Verdict("skipped", "not anchored")
    if reply.code >= 300:
        released = (ReleaseMedia(reply.anchor),) if leg is Leg.OUTBOUND else ()
        return Verdict("released", str(reply.code), effects=released)
    if not reply.described:
        return Verdict("skipped", "no description")
    side = Side.PHONE if leg is Leg.INBOUND else Side.GATEWAY
    record = reply.recording if reply.code >= 200 else ""
    recording = Recording.parse(record) if record else None
    told = keys_told(reply.anchor.session, recording) if leg is Leg.OUTBOUND else ()
    effects = (AnchorMedia(reply.anchor, side, answer=True, record=record), *told)
    how = "" if recording is None else ", recorded on demand" if recording.on_demand else ", recorded"
    return Verdict("anchored", f"answer to the {side}{how}", effects=effects)


def kept_anchored(request: Request, facts: Facts) -> Verdict:
    """Inside a dialog the relay is asked again by every description, and freed by BYE."""
    anchor = request.anchor
    if anchor is None:
        return Verdict("skipped", "not anchored")
    if request.method == "BYE":
        return Verdict("released", "BYE", effects=(ReleaseMedia(anchor),))
    side = Side.PHONE if request.source is Source.GATEWAY else Side.GATEWAY
    if request.method == "ACK" and request.described and facts.relay:
        return Verdict("anchored", "a late answer", effects=(AnchorMedia(anchor, side, answer=True),))
    if request.method not in DESCRIBES:
        return Verdict("skipped", request.method)
    if not facts.relay:
        return _without_relay(anchor, facts)
    offered: tuple[Effect, ...] = (AnchorMedia(anchor, side),) if request.described else ()
    expect = ExpectAnswer(anchor, side.other, answer=request.described)
    return Verdict("anchored", request.method, effects=(*offered, expect))


def _without_relay(anchor: Anchor, facts: Facts) -> Verdict:
    if Reason.ENCRYPTION in anchor.reasons:
        return Verdict("unavailable", RELAY_DOWN, _unavailable(facts))
    return Verdict("lost", f"{RELAY_DOWN}: the call goes on without it, and without a recording")


def decide_reply(expected: ExpectAnswer, reply: ReplyFacts) -> Decision:
    """What to do with a reply inside a dialog whose sound the relay carries."""
    if reply.code >= 300 or not reply.described:
        return Decision(Pass())
    return Decision(Pass(), (AnchorMedia(expected.anchor, expected.side, answer=expected.answer),))


def _plain(memo: Memo, branch: BranchFacts) -> Verdict:
    return Verdict("not needed", "plain sound", Pass())


def _unavailable(facts: Facts) -> Reply:
    warning = ("Warning", f"399 {facts.node.default_domain} {quoted(OUT_OF_ORDER)}")
    return Reply(503, "Service Unavailable", (("Retry-After", str(facts.node.retry_after_s)), warning))
