"""From a decision to the engine: effects in order, then the outcome. One `match` each."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import assert_never

from carillon.kamailio import dialogs, ksr, lateforks, media, rings
from carillon.kamailio.bans import Bans
from carillon.kamailio.fetch import LEGS, MESSAGES, NONCES, TOLD
from carillon.kamailio.nameasker import NameAsker
from carillon.kamailio.ownrpc import OwnRpc
from carillon.kamailio.routes import Callback
from carillon.kamailio.settings import Sockets
from carillon.kamailio.siblings import Siblings
from carillon.routing import anchor, sessiontimer, spiral, unanswered, watched
from carillon.routing.callback import BUSY_TABLE
from carillon.routing.decision import (
    AddHeader,
    AnchorMedia,
    AnswerChallenge,
    AskName,
    Cancel,
    Challenge,
    Claim,
    CountGuess,
    CountMessage,
    Decision,
    Deliver,
    DialogEnds,
    DialogRings,
    DialogUp,
    Drop,
    Effect,
    EndRinging,
    ExpectAnswer,
    Follow,
    FollowCall,
    ForkLate,
    GoDirect,
    Journal,
    KeepDialog,
    LetGo,
    MarkLeg,
    MarkOutside,
    MarkRoute,
    MarkTimer,
    MarkWatched,
    NameParty,
    NoteBusy,
    NoteKept,
    NoteLoss,
    NoteReferral,
    NoteRefusal,
    NoteRinging,
    NoteTaken,
    NoteTold,
    Outcome,
    Pass,
    PutHandOver,
    RecordRoute,
    Relay,
    ReleaseMedia,
    ReleaseSlots,
    RemoveHeader,
    Reply,
    Resume,
    Retarget,
    RewriteReply,
    Ring,
    RingAs,
    RingFlow,
    RingNext,
    Save,
    SaveCopy,
    SetFrom,
    SpendNonce,
    StripPrivate,
    Submit,
    Trunk,
)
from carillon.routing.facts import Gateway
from carillon.routing.forking import step_s
from carillon.routing.memo import Leg, Memo
from carillon.routing.progress import WORD
from carillon.routing.sibling import FLOW_FAILED
from carillon.routing.taken import REFERRALS
from carillon.sip.dialogproof import PARAMETER
from carillon.sip.digest import answer
from carillon.sip.private import KEPT_FLAGS, LEADS_TO, LET_GO, OURS, PREFIX
from carillon.sip.uri import SipUri, quoted
from carillon.stores import removals
from carillon.stores.endings import RedisEndings
from carillon.stores.ports import CallCounts, HandOver, HandOvers, Leaving, Place, StoreDown
from carillon.stores.registrationjournal import Binding, RegistrationJournal
from carillon.system.relay import Where

MEMO = "$avp(memo)"
REFUSAL = "$avp(refusal)"
RANG = "$avp(rang)"
KEEPER = "$avp(keeper)"


class NobodyThere(Exception):
    """The contacts of an AOR were gone when it was to ring, or the connections to all of them."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a decision is carried out with: stores, and the sockets towards our Asterisk and outside.

    `trunk_login` gives user and password of a trunk (domain, name); `advertised` is as for `media.anchor`.
    `recordings` is the spool of recordings. `siblings` is None on a node that has none; `changed` tells them. At
    `relay` the media relay takes commands. `spiral` is the socket by which this node sends to itself, if it does;
    there `rpc` is told what the engine is to do, and `endings` of calls that end.
    """

    handovers: HandOvers
    calls: CallCounts
    leaving: Leaving
    bans: Bans
    gateway_sockets: Sockets
    outside_sockets: Sockets
    trunk_login: Callable[[str, str], tuple[str, str] | None]
    registrations: RegistrationJournal
    names: NameAsker
    advertised: tuple[str, str] | None = None
    recordings: Path = Path()
    relay: Where = ("", 0)
    siblings: Siblings | None = None
    changed: NameAsker | None = None
    spiral: Gateway | None = None
    rpc: OwnRpc | None = None
    endings: RedisEndings | None = None


def perform(decision: Decision, means: Means, *, in_failure_route: bool = False) -> None:
    """Carry a decision out; raises NobodyThere, media.RelayDown or ksr.EngineRefused."""
    if isinstance(decision.outcome, Ring):
        _find_contacts(decision.outcome, means.siblings)
    for number, effect in enumerate(decision.effects):
        try:
            _effect(effect, means)
        except media.RelayDown as down:
            down.undone = decision.effects[number:]
            raise
    if decision.memo is not None:
        ksr.set_text(MEMO, str(decision.memo))
    recorded = bool(decision.memo and decision.memo.recording and decision.memo.leg is Leg.OUTBOUND)
    _outcome(decision.outcome, means, in_failure_route, recorded=recorded)


def _effect(effect: Effect, means: Means) -> None:  # noqa: PLR0912, PLR0915 -- one row for each effect
    match effect:  # the most frequent first
        case StripPrivate():
            ksr.remove_headers_beginning(PREFIX)
        case RemoveHeader(name):
            ksr.remove_header(name)
        case AddHeader(name, value):
            ksr.append_header(name, value)
        case DialogEnds():
            dialogs.ends()
            if means.endings:
                _note_end(means.endings)
        case NoteRinging():
            ksr.set_text(RANG, "yes")
        case DialogRings():
            dialogs.rings(ksr.text("$ci"), ksr.text("$tt"))
            if means.spiral:
                lateforks.note_transaction(ksr.text("$ci"))
        case DialogUp():
            dialogs.is_answered(ksr.text("$ci"), ksr.text("$tt"))
        case KeepDialog(dialog):
            dialogs.keep(dialog)
        case FollowCall(leg, caller, called, caller_is):
            ksr.follow_call(leg=leg, caller=caller, called=called, caller_is=caller_is)
        case NameParty(party):
            ksr.follow_call(party=party)
        case SpendNonce(use, by):
            ksr.set_shared_text(NONCES, use, by)
        case SetFrom(name, uri):
            ksr.set_from(quoted(name) if name else "", uri)
        case RingAs():
            rings.tell(effect)
        case GoDirect():
            ksr.go_direct(means.outside_sockets.towards(ksr.text("$rd")))
        case RecordRoute(value, None):
            ksr.record_dialog(PARAMETER, value)
        case RecordRoute(value, anchored):
            ksr.record_route(f";{PARAMETER}={value};{anchor.PARAMETER}={anchored}")
        case MarkRoute(anchored):
            ksr.mark_route(f";{anchor.PARAMETER}={anchored}")
        case MarkWatched(aor, by):
            ksr.mark_route(watched.parameter(aor, by))
        case MarkOutside():
            ksr.mark_route(f";{spiral.OUTSIDE}=yes")
        case MarkTimer(seconds):
            ksr.mark_route(f";{sessiontimer.PARAMETER}={seconds}")
        case AnchorMedia():
            media.anchor(effect, means.advertised, means.recordings)
        case NoteLoss():
            media.note_loss(means.recordings, effect)
        case ReleaseMedia():
            media.release(effect, means.relay)
        case ExpectAnswer():
            media.expect(effect)
        case RewriteReply(code, reason):
            ksr.rewrite_reply(code, reason)
        case Journal(text):
            ksr.log("notice", text)
        case AnswerChallenge():
            _answer(effect, means)
        case NoteRefusal(code, reason):
            ksr.set_text(REFUSAL, f"{code} {reason}")
        case AskName(domain, number):
            means.names.ask(domain, number)
        case CountGuess(guess):
            means.bans.guessed(guess)
        case CountMessage(device):
            ksr.increased(MESSAGES, device)
        case MarkLeg(leg, code):
            ksr.set_shared_text(LEGS, leg, str(code))
        case NoteBusy(caller, called):
            ksr.set_shared_text(BUSY_TABLE, caller, called)
        case NoteTaken(call_id, taken):
            dialogs.taken(call_id, taken)
        case NoteKept(call_id):
            lateforks.note_kept(call_id)
        case EndRinging(call_id):
            if means.rpc:
                lateforks.end(call_id, means.rpc)
        case NoteReferral(call_id, by):
            ksr.set_shared_text(REFERRALS, call_id, by)
        case NoteTold(leg, text):
            ksr.set_shared_text(TOLD, leg, text)
        case PutHandOver(leg, code, reason, headers):
            _hand_over(means.handovers, leg, HandOver(code, reason, headers))
        case ReleaseSlots(leg, names):
            _release(means.calls, leg, names)
        case _:
            assert_never(effect)


def _outcome(outcome: Outcome, means: Means, in_failure_route: bool, *, recorded: bool) -> None:  # noqa: PLR0912 -- one row for each
    match outcome:  # the most frequent first
        case Pass() | Drop():
            pass
        case Follow(gateway):
            _follow(gateway, means)
        case Challenge(code, _, headers):
            _append_all(headers)
            ksr.reply(code, "Unauthorized" if code == 401 else "Proxy Authentication Required")
        case Save():
            save(outcome, means.registrations, means.changed)
        case Relay():
            _relay_to_gateway(outcome, means)
        case Ring():
            ring(outcome, recorded=recorded)
        case RingNext(aor, ring_s, silence_s):
            _ring_next(aor, ring_s, silence_s, means.siblings)
        case Trunk():
            _leave(outcome, means, recorded=recorded)
        case Cancel(_, _, places) if places:
            _cancel_outside(places, means.outside_sockets)
        case Cancel(gateway, aor):
            _cancel(gateway, aor, means.gateway_sockets)
        case Submit():
            _submit(outcome, means.gateway_sockets)
        case Deliver():
            _deliver(outcome, means)
        case RingFlow():
            _ring_flow(outcome)
        case SaveCopy(aor):
            _save_copy(aor)
        case LetGo():
            _let_go()
        case ForkLate():
            lateforks.fork(outcome)
        case Reply(code, reason, headers) if in_failure_route:
            _append_all(headers)
            ksr.reply_in_transaction(code, reason)
        case Reply(code, reason, headers):
            _append_all(headers)
            ksr.reply(code, reason)
        case Resume(token):
            ksr.reply_in_transaction(480, f"{WORD} {token}")
        case Retarget() | Claim():
            raise ksr.EngineRefused(f"{outcome}: the course was not followed")
        case _:
            assert_never(outcome)


def _relay_to_gateway(relay: Relay, means: Means) -> None:
    ksr.set_text("$ru", f"sip:{relay.called}")
    siblings = means.siblings
    if siblings is None or not siblings.send_to(relay.gateway):
        _towards(relay.gateway, means.gateway_sockets)
    if _is_from_outside(means):
        ksr.alias_own_contact()
    _send(relay.answer_s, relay.silence_s)


def _is_from_outside(means: Means) -> bool:
    """Whether who has sent the message is no node of ours: nor is it us, who have noted already where he is."""
    if means.spiral and ksr.source_address() == means.spiral.address:
        return False
    return not (means.siblings and means.siblings.has_sent())


def _cancel(gateway: Gateway | None, aor: str, sockets: Sockets) -> None:
    """As the INVITE went, so that each target gets the branch that it knows."""
    if gateway is not None:
        _towards(gateway, sockets)
    elif ksr.look_up_contacts(aor):
        ksr.arrange_contacts(aor)
        ksr.use_open_connections()
    else:
        ksr.reply(481, "Call/Transaction Does Not Exist")
        return
    if not ksr.relay():
        ksr.reply(481, "Call/Transaction Does Not Exist")


def _submit(submit: Submit, sockets: Sockets) -> None:
    """The way back to the sender is noted in his Contact: he is told of changes by his own connection."""
    ksr.set_text("$ru", f"sip:{submit.aor}")
    _towards(submit.server, sockets)
    if ksr.text("$rm") == "SUBSCRIBE":
        ksr.alias_own_contact()
    ksr.set_callbacks(failure=Callback.UNANSWERED)
    ksr.set_timers(submit.silence_s, submit.silence_s)
    if not ksr.relay():
        ksr.reply(500, "Next Hop Unreachable")


def _deliver(deliver: Deliver, means: Means) -> None:
    """All devices at once; a device on TCP or TLS by its own connection, as in `_ring`."""
    keeper = deliver.keeper
    if keeper:
        ksr.set_text(KEEPER, f"{deliver.aor} {keeper.address} {keeper.port}")
    if ksr.look_up_contacts(deliver.aor):
        ksr.keep_one_flow_a_device(deliver.aor)
        if means.siblings:
            means.siblings.watch(deliver.aor)
        ksr.use_open_connections()
        ksr.set_callbacks(failure=Callback.MESSAGE_FAILURE)
        ksr.set_timers(deliver.answer_s, deliver.silence_s)
        if ksr.relay():
            return
    if keeper:
        _submit(Submit(deliver.aor, keeper), means.gateway_sockets)
    else:
        ksr.reply(480, "Temporarily Unavailable")


def kept_by() -> tuple[str, Gateway | None]:
    """In a failure route: for whom a message is, and who keeps it."""
    noted = ksr.text(KEEPER)
    if not noted:
        return "", None
    aor, address, port = noted.split()
    return aor, Gateway(address, int(port))


def _towards(gateway: Gateway, sockets: Sockets) -> None:
    ksr.set_text("$du", _hop(gateway))
    ksr.set_text("$fs", sockets.to(gateway))


@cache
def _hop(gateway: Gateway) -> str:
    return f"sip:{gateway};transport=udp"


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


def _leave(trunk: Trunk, means: Means, *, recorded: bool) -> None:
    place = Place(trunk.uri, trunk.target)
    try:
        means.leaving.put(ksr.text("$ci"), place)
    except StoreDown as down:
        ksr.log("warn", f"leaving: {down}; it rings on if Kamailio dies and its caller gives up")
    _go_outside(place, means.outside_sockets)
    media.watch_branches(recorded=recorded)
    if not _sent(trunk.ring_s, trunk.silence_s):
        if media.some_left_out():
            raise media.RelayDown(trunk.name)
        ksr.reply(500, "Next Hop Unreachable")


def _go_outside(place: Place, sockets: Sockets) -> None:
    host = SipUri.parse(place.target or place.uri)
    ksr.send_outside(place.uri, sockets.towards(host.host if host else ""), place.target)


def _cancel_outside(places: tuple[Place, ...], sockets: Sockets) -> None:
    """To all that were asked, in their order: a branch's name ends with its place in that."""
    for place in places[1:]:
        _go_outside(place, sockets)
        ksr.append_target()
    _go_outside(places[0], sockets)
    if not ksr.relay():
        ksr.reply(481, "Call/Transaction Does Not Exist")


def _find_contacts(ring: Ring, siblings: Siblings | None) -> None:
    if not ksr.look_up_contacts(ring.aor):
        raise NobodyThere(ring.aor)
    if siblings:
        siblings.watch(ring.aor)
    ksr.arrange_contacts(ring.aor)


def ring(asked: Ring, *, recorded: bool) -> None:
    """A phone on TCP or TLS is reached by its own connection or not at all: behind a NAT nobody answers a new one."""
    media.watch_branches(recorded=recorded)
    ksr.use_open_connections()
    if not _sent(step_s(asked.ring_s, ksr.later_groups()), asked.silence_s):
        raise media.RelayDown(asked.aor) if media.some_left_out() else NobodyThere(asked.aor)


def _ring_next(aor: str, ring_s: float, silence_s: float, siblings: Siblings | None) -> None:
    """Those that cannot be reached at all are passed over."""
    recorded = bool(Memo.parse(ksr.text(MEMO)).recording)
    while ksr.next_group():
        media.watch_branches(recorded=recorded)
        rings.tell_next()
        if siblings:
            siblings.watch_next()
        ksr.use_open_connections()
        if _sent(ring_s, silence_s):
            return
    raise NobodyThere(aor)


def _ring_flow(ring: RingFlow) -> None:
    """As in `_ring`, for the node of the call, which hears at once that the phone can't be reached."""
    way = ring.flow
    ksr.send_by(way.contact, way.received, way.path, way.socket)
    if not way.path:
        ksr.use_open_connections()
    ksr.set_callbacks(Callback.HOME_REPLY, Callback.HOME_FAILURE)
    ksr.set_timers(ring.answer_s, ring.silence_s)
    if not ksr.relay():
        ksr.reply(FLOW_FAILED, "Flow Failed")


def _send(answer_s: float, silence_s: float) -> None:
    if not _sent(answer_s, silence_s):
        ksr.reply(500, "Next Hop Unreachable")


def _sent(answer_s: float, silence_s: float) -> bool:
    ksr.set_callbacks(Callback.REPLY, Callback.FAILURE)
    ksr.set_timers(answer_s, silence_s)
    return ksr.relay()


def save(asked: Save, journal: RegistrationJournal, changed: NameAsker | None = None) -> None:
    """Stored, journalled, answered: in this order, so that no phone relies on what a crash would take away.

    `changed` tells siblings, on a node that has any.
    """
    if asked.longest_s and asked.changes:
        ksr.shorten_register(asked.longest_s)
    before = ksr.bindings(asked.aor) if asked.removes and changed else ()
    if not ksr.save_bindings(asked.aor, encrypted=asked.encrypted, dialect=asked.dialect, priority=asked.priority):
        ksr.log("warn", f"registrar: bindings of {asked.aor} not stored")
        ksr.refuse_register()
        return
    if asked.changes:
        _journal(asked.aor, journal)
    ksr.accept_register()
    if asked.changes and changed:
        _tell_siblings(asked.aor, before, changed)


def _tell_siblings(aor: str, before: tuple[Binding, ...], changed: NameAsker) -> None:
    """Whose contacts have changed; and which were taken away that may have their home elsewhere."""
    extension, _, domain = aor.partition("@")
    changed.ask(domain, extension)
    if before:
        left = {one.contact for one in ksr.bindings(aor) if one.expires > ksr.EXPIRED}
        for one in before:
            if one.received and one.expires > ksr.EXPIRED and one.contact not in left:
                told = removals.words(one, aor, ksr.text("$ci"), ksr.number("$cs"), time.time())
                changed.say(f"{domain} {extension} {told}")


def _save_copy(aor: str) -> None:
    flags, ours, _ = ksr.header(KEPT_FLAGS).partition(OURS)
    if ksr.save_copy(aor, int(flags or 0), ksr.header(LEADS_TO), ours=bool(ours)):
        ksr.accept_register()
    else:
        ksr.refuse_register()


def _let_go() -> None:
    connection = ksr.header(LET_GO)
    if connection.isdigit() and ksr.close_connection(int(connection)):
        ksr.reply(200, "OK")
    else:
        ksr.reply(404, "No Such Connection")


def _journal(aor: str, journal: RegistrationJournal) -> None:
    moment = journal.moment()
    try:
        journal.write(moment, aor, ksr.bindings(aor))
    except OSError as error:
        ksr.log("err", f"registrar: {aor} is not in the journal, a crash may lose it: {error}")


def _follow(gateway: Gateway | None, means: Means) -> None:
    """Where a Contact really is, the node knows and notes that its phone is connected to."""
    if not ksr.follow_route():
        ksr.reply(404, "Not Found")
        return
    siblings = means.siblings
    if ksr.text("$rm") in {"INVITE", "UPDATE", "SUBSCRIBE"} and _is_from_outside(means):
        ksr.alias_own_contact()
    if gateway is not None:
        _towards(gateway, means.gateway_sockets)
        if ksr.text("$rm") == "SUBSCRIBE":
            ksr.set_callbacks(failure=Callback.UNANSWERED)
            ksr.set_timers(unanswered.SILENCE_S, unanswered.SILENCE_S)
    elif not (siblings and siblings.is_next()):
        ksr.follow_alias()
    told = ksr.text("$rm") == "NOTIFY"
    if told:
        ksr.set_timers(unanswered.WATCHER_SILENCE_S, unanswered.WATCHER_SILENCE_S)
    if ksr.relay():
        return
    if told:
        ksr.reply(481, "Connection Gone")  # the presence server forgets him; for 500 it would try for ever
    else:
        ksr.reply(500, "Next Hop Unreachable")


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


def _append_all(headers: tuple[tuple[str, str], ...]) -> None:
    for name, value in headers:
        ksr.append_to_reply(name, value)
