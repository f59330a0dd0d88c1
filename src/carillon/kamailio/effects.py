"""Effects in the engine's hands: to each group of effects one function."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final, assert_never, get_args

from carillon.kamailio import dialogs, ksr, lateforks, media, rings
from carillon.kamailio.fetch import LEGS, MESSAGES, NONCES, TOLD
from carillon.kamailio.means import RANG, REFUSAL, Means
from carillon.routing import anchor, sessiontimer, spiral, watched
from carillon.routing.callback import BUSY_TABLE
from carillon.routing.decision import (
    AddHeader,
    AnchorMedia,
    AnswerChallenge,
    AskName,
    CountGuess,
    CountMessage,
    DialogEnds,
    DialogRings,
    DialogUp,
    Effect,
    EndRinging,
    ExpectAnswer,
    FollowCall,
    GoDirect,
    Journal,
    KeepDialog,
    MarkLeg,
    MarkOutside,
    MarkRoute,
    MarkTimer,
    MarkWatched,
    NameParty,
    NoteBusy,
    Noted,
    NoteKept,
    NoteLoss,
    NoteReferral,
    NoteRefusal,
    NoteRinging,
    NoteTaken,
    NoteTold,
    OfCall,
    OfDialog,
    OfMessage,
    OfRoute,
    OfSound,
    PutHandOver,
    RecordRoute,
    ReleaseMedia,
    ReleaseSlots,
    RemoveHeader,
    RewriteReply,
    RingAs,
    SetBody,
    SetFrom,
    SpendNonce,
    StripPrivate,
    Told,
)
from carillon.routing.taken import REFERRALS
from carillon.sip.dialogproof import PARAMETER
from carillon.sip.digest import answer
from carillon.sip.private import PREFIX
from carillon.sip.uri import quoted
from carillon.stores.endings import RedisEndings
from carillon.stores.ports import CallCounts, HandOver, HandOvers, StoreDown


def do(effect: Effect, means: Means) -> None:
    """Carry an effect out; raises media.RelayDown or ksr.EngineRefused."""
    GROUPS[type(effect)](effect, means)


def _message(effect: OfMessage, means: Means) -> None:
    match effect:  # here as elsewhere: the most frequent first
        case StripPrivate():
            ksr.remove_headers_beginning(PREFIX)
        case RemoveHeader(name):
            ksr.remove_header(name)
        case AddHeader(name, value):
            ksr.append_header(name, value)
        case SetBody(body, kind):
            ksr.set_body(body, kind)
        case SetFrom(name, uri):
            ksr.set_from(quoted(name) if name else "", uri)
        case RingAs():
            rings.tell(effect)
        case RewriteReply(code, reason):
            ksr.rewrite_reply(code, reason)
        case GoDirect():
            ksr.go_direct(means.outside_sockets.towards(ksr.text("$rd")))
        case AnswerChallenge():
            _answer(effect, means)
        case _:
            assert_never(effect)


def _route(effect: OfRoute, means: Means) -> None:
    match effect:
        case RecordRoute(value, None):
            ksr.record_dialog(PARAMETER, value)
        case RecordRoute(value, anchored):
            ksr.record_route(f";{PARAMETER}={value};{anchor.PARAMETER}={anchored}")
        case MarkRoute(anchored):
            ksr.mark_route(f";{anchor.PARAMETER}={anchored}")
        case MarkTimer(seconds):
            ksr.mark_route(f";{sessiontimer.PARAMETER}={seconds}")
        case MarkWatched(aor, by):
            ksr.mark_route(watched.parameter(aor, by))
        case MarkOutside():
            ksr.mark_route(f";{spiral.OUTSIDE}=yes")
        case _:
            assert_never(effect)


def _sound(effect: OfSound, means: Means) -> None:
    match effect:
        case AnchorMedia():
            media.anchor(effect, means.advertised, means.recordings)
        case NoteLoss():
            media.note_loss(means.recordings, effect)
        case ReleaseMedia():
            media.release(effect, means.relay)
        case ExpectAnswer():
            media.expect(effect)
        case _:
            assert_never(effect)


def _dialog(effect: OfDialog, means: Means) -> None:
    match effect:
        case DialogEnds():
            dialogs.ends()
            if means.endings:
                _note_end(means.endings)
        case DialogRings():
            dialogs.rings(ksr.text("$ci"), ksr.text("$tt"))
            if means.spiral:
                lateforks.note_transaction(ksr.text("$ci"))
        case DialogUp():
            dialogs.is_answered(ksr.text("$ci"), ksr.text("$tt"))
        case KeepDialog(dialog):
            dialogs.keep(dialog)
        case _:
            assert_never(effect)


def _call(effect: OfCall, means: Means) -> None:
    match effect:
        case FollowCall(leg, caller, called, caller_is):
            ksr.follow_call(leg=leg, caller=caller, called=called, caller_is=caller_is)
        case NameParty(party):
            ksr.follow_call(party=party)
        case NoteTaken(call_id, taken):
            dialogs.taken(call_id, taken)
        case NoteKept(call_id):
            lateforks.note_kept(call_id)
        case EndRinging(call_id):
            if means.rpc:
                lateforks.end(call_id, means.rpc)
        case NoteReferral(call_id, by):
            ksr.set_shared_text(REFERRALS, call_id, by)
        case _:
            assert_never(effect)


def _note(effect: Noted, means: Means) -> None:
    match effect:
        case NoteRinging():
            ksr.set_text(RANG, "yes")
        case SpendNonce(use, by):
            ksr.set_shared_text(NONCES, use, by)
        case NoteRefusal(code, reason):
            ksr.set_text(REFUSAL, f"{code} {reason}")
        case MarkLeg(leg, code):
            ksr.set_shared_text(LEGS, leg, str(code))
        case NoteTold(leg, text):
            ksr.set_shared_text(TOLD, leg, text)
        case NoteBusy(caller, called):
            ksr.set_shared_text(BUSY_TABLE, caller, called)
        case CountMessage(device):
            ksr.increased(MESSAGES, device)
        case _:
            assert_never(effect)


def _tell(effect: Told, means: Means) -> None:
    match effect:
        case Journal(text):
            ksr.log("notice", text)
        case AskName(domain, number):
            means.names.ask(domain, number)
        case CountGuess(guess):
            means.bans.guessed(guess)
        case PutHandOver(leg, code, reason, headers):
            _hand_over(means.handovers, leg, HandOver(code, reason, headers))
        case ReleaseSlots(leg, names):
            _release(means.calls, leg, names)
        case _:
            assert_never(effect)


def _answer(asked: AnswerChallenge, means: Means) -> None:
    """Without a password, or for an algorithm that we do not know, the request goes as it is and is refused."""
    login = means.trunk_login(asked.domain, asked.trunk)
    if login is None:
        ksr.log("err", f"trunk {asked.trunk} asks for a password, and none is kept for it: carillon trunk set")
        return
    for name, challenge in asked.challenges:
        value = answer(challenge, *login, "INVITE", asked.uri, secrets.token_hex(8))
        if value is not None:
            ksr.append_header("Authorization" if name == "WWW-Authenticate" else "Proxy-Authorization", value)
            return


def _hand_over(handovers: HandOvers, leg: str, handover: HandOver) -> None:
    try:
        handovers.put(leg, handover)
    except StoreDown as down:
        ksr.log("warn", f"hand-over: {down}")


def _release(calls: CallCounts, leg: str, names: tuple[str, ...]) -> None:
    try:
        calls.release(leg, names)
    except StoreDown as down:
        ksr.log("warn", f"call counts: {down}; the place is free again in seconds")


def _note_end(endings: RedisEndings) -> None:
    try:
        endings.put(ksr.text("$ci"))
    except StoreDown as down:
        ksr.log("warn", f"endings: {down}; if Kamailio dies now, its lamps go on to shine")


GROUPS: Final[Mapping[type, Callable[[Any, Means], None]]] = {
    kind: carry_out
    for kinds, carry_out in (
        (OfMessage, _message),
        (OfRoute, _route),
        (OfSound, _sound),
        (OfDialog, _dialog),
        (OfCall, _call),
        (Noted, _note),
        (Told, _tell),
    )
    for kind in get_args(kinds)
}
"""For each effect the function that carries it out: looked up, since a dozen rows before it would cost more."""
