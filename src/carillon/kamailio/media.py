"""Speaking to the media relay, through the engine's module: only calls that are anchored come here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from carillon.kamailio import ksr
from carillon.kamailio.relaysilence import RelaySilence
from carillon.kamailio.routes import Callback
from carillon.routing.anchor import Anchor, Reason, Side, branch_anchor, reasons
from carillon.routing.decision import AnchorMedia, Effect, ExpectAnswer, NoteLoss, ReleaseMedia
from carillon.routing.facts import BranchFacts
from carillon.routing.memo import Leg, Memo
from carillon.routing.recording import Recording
from carillon.sip.sdp import payload_types
from carillon.sip.seal import Secrets
from carillon.stores import recordingspool
from carillon.system import relay

EXPECTED = "$avp(expected)"
WITHOUT_RELAY = "$avp(without_relay)"
DESCRIPTION = "$avp(description)"
UNRECORDED = "$avp(unrecorded)"

RELAY: Final = RelaySilence(ksr.shared_text, ksr.set_shared_text)

NAMES = {Side.PHONE: "phones", Side.GATEWAY: "gateway"}
"""The relay's interfaces, as its configuration names them."""

PROFILES = {Side.PHONE: "RTP/SAVP", Side.GATEWAY: "RTP/AVP"}

ALWAYS = "ICE=remove DTLS=off rtcp-mux-demux"
# Suites that encrypt nothing or that no phone speaks: with all of them an offer is longer than a datagram should be.
NO_SUITES = " ".join(
    f"SDES-no-{suite}"
    for suite in (
        *("NULL_HMAC_SHA1_80", "NULL_HMAC_SHA1_32", "F8_128_HMAC_SHA1_80", "F8_128_HMAC_SHA1_32"),
        *("AES_192_CM_HMAC_SHA1_80", "AES_192_CM_HMAC_SHA1_32"),
    )
)


class RelayDown(Exception):
    """The media relay did not do what a call needs. `undone` are the effects that were left when that was found."""

    undone: tuple[Effect, ...] = ()


def anchor(asked: AnchorMedia, advertised: tuple[str, str] | None, spool: Path) -> None:
    """Have the relay rewrite the message's description; raises RelayDown.

    `advertised`: the address that Asterisk writes for outsiders and the one where the relay finds it, if they differ.
    `spool` is where word of recordings is left.
    """
    if advertised:
        outside, own = advertised
        body = ksr.text("$rb")
        ksr.set_text(DESCRIPTION, body.replace(outside, own) if asked.side is Side.PHONE else body)
    flags = " ".join((*_flags(asked), *asked.options, *_record(asked, spool)))
    if asked.answer:  # without it there is no sound, as the other side speaks to the relay already: asked twice
        done = ksr.relay_answer(flags) or ksr.relay_answer(flags)
    else:
        done = RELAY.asked(lambda: ksr.relay_offer(flags))
    if not done:
        raise RelayDown(asked.anchor.session)


def note_loss(spool: Path, loss: NoteLoss) -> None:
    """Leave word for the recordings' daemon, and do not wait for this phone's answer with the relay."""
    ksr.set_text(UNRECORDED, "yes")
    recordingspool.note_loss(spool, loss.recording, loss.why)


def release(asked: ReleaseMedia, at: relay.Where) -> None:
    """Have the relay forget a session; one that it does not know any more is forgotten already.

    Nobody waits for a relay that was silent a moment ago: it is told, and will read it if it was only slow.
    """
    if RELAY.lasts():
        relay.tells_end(at, asked.anchor.session)
    else:
        RELAY.asked(lambda: ksr.relay_delete(_session(asked.anchor)))


def expect(expected: ExpectAnswer) -> None:
    """Have replies to this request come by."""
    ksr.set_text(EXPECTED, str(expected))
    ksr.set_callbacks(Callback.DIALOG_REPLY)


def expected() -> ExpectAnswer:
    """What `expect` noted in the transaction."""
    return ExpectAnswer.parse(ksr.text(EXPECTED))


def watch_branches(*, recorded: bool) -> None:
    """Let each phone be offered what it wants, where some want encryption, or a recording is to be made."""
    if recorded or any(ksr.wants_encryption(place) for place in range(1 + ksr.number("$branch(count)"))):
        ksr.set_branch_callback(Callback.BRANCH)


def branch_left_out() -> None:
    """Note that a phone is not rung, because it wants encryption and the relay is down."""
    ksr.set_text(WITHOUT_RELAY, "yes")
    ksr.drop_branch()


def some_left_out() -> bool:
    """Whether a phone was left out of this request."""
    return bool(ksr.text(WITHOUT_RELAY))


def branch(*, recorded: bool = False) -> BranchFacts:
    """The phone that is about to ring, or that replied."""
    encrypted = ksr.wants_encryption()
    return BranchFacts(ksr.number("$T_branch_idx") if encrypted or recorded else 0, encrypted)


def reply_anchor(memo: Memo, secrets: Secrets) -> Anchor | None:
    """What the relay carries of the branch that replied."""
    if memo.leg is Leg.INBOUND:
        return memo.anchor
    here = branch(recorded=bool(memo.recording))
    why = reasons(encrypted=here.encrypted, recorded=bool(memo.recording) and not ksr.text(UNRECORDED))
    return branch_anchor(secrets, memo.leg_id, memo.called, here.index, why) if why else None


def _record(asked: AnchorMedia, spool: Path) -> tuple[str, ...]:
    """From now on, or when a key is pressed; the codecs of the answer are kept, as nobody else knows its numbers."""
    if not asked.record:
        return ()
    told = recordingspool.metadata(asked.record, payload_types(ksr.text("$rb")))
    recording = Recording.parse(asked.record)
    if recording and recording.has_key:
        recordingspool.note_ready(spool, asked.anchor.session, told)
    if recording and recording.on_demand:
        return ()
    recordingspool.note_going(spool, asked.anchor.session, told)
    return "record-call=yes", f"metadata={told}"


def _flags(asked: AnchorMedia) -> tuple[str, ...]:
    """Of an offer, to whom it goes and how; an answer takes after its offer."""
    common = (_session(asked.anchor), ALWAYS)
    if asked.answer:
        return common
    ways = (f"direction={NAMES[asked.side.other]}", f"direction={NAMES[asked.side]}")
    if Reason.ENCRYPTION not in asked.anchor.reasons:
        return (*common, *ways)
    return (*common, *ways, PROFILES[asked.side], NO_SUITES)


def _session(of: Anchor) -> str:
    return f"call-id={of.session}"
