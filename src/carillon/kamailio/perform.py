"""From a decision to the engine: effects in order, then the outcome. One `match` each."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from carillon.kamailio import ksr
from carillon.kamailio.bans import Bans
from carillon.kamailio.fetch import LEGS, NONCES
from carillon.kamailio.routes import Callback
from carillon.routing.decision import (
    AddHeader,
    AnswerChallenge,
    Challenge,
    CountGuess,
    Decision,
    Drop,
    Effect,
    Follow,
    Journal,
    MarkLeg,
    NoteRefusal,
    NoteRinging,
    Outcome,
    Pass,
    PutHandOver,
    RecordRoute,
    Relay,
    RemoveHeader,
    Reply,
    Resume,
    Retarget,
    RewriteReply,
    Ring,
    Save,
    SetFrom,
    SpendNonce,
    StripPrivate,
    Trunk,
)
from carillon.routing.facts import Gateway
from carillon.routing.progress import WORD
from carillon.sip.dialogproof import PARAMETER
from carillon.sip.digest import answer
from carillon.sip.private import PREFIX
from carillon.sip.uri import quoted
from carillon.stores.ports import HandOver, HandOvers, StoreDown

MEMO = "$avp(memo)"
REFUSAL = "$avp(refusal)"
RANG = "$avp(rang)"


class NobodyThere(Exception):
    """The contacts of an AOR were gone when it was to ring."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a decision is carried out with: stores, and the sockets towards our Asterisk and outside.

    `trunk_login` gives user and password of a trunk (domain, name).
    """

    handovers: HandOvers
    bans: Bans
    gateway_socket: str
    outside_socket: str
    trunk_login: Callable[[str, str], tuple[str, str] | None]


def perform(decision: Decision, means: Means, *, in_failure_route: bool = False) -> None:
    """Carry a decision out; raises NobodyThere or ksr.EngineRefused."""
    if isinstance(decision.outcome, Ring):
        _find_contacts(decision.outcome)
    for effect in decision.effects:
        _effect(effect, means)
    if decision.memo is not None:
        ksr.set_text(MEMO, str(decision.memo))
    _outcome(decision.outcome, means, in_failure_route)


def _effect(effect: Effect, means: Means) -> None:  # noqa: PLR0912 -- one row for each effect
    match effect:
        case StripPrivate():
            ksr.remove_headers_beginning(PREFIX)
        case RemoveHeader(name):
            ksr.remove_header(name)
        case AddHeader(name, value):
            ksr.append_header(name, value)
        case SetFrom(name, uri):
            ksr.set_from(quoted(name) if name else "", uri)
        case RecordRoute(value):
            ksr.record_route(f";{PARAMETER}={value}")
        case RewriteReply(code, reason):
            ksr.rewrite_reply(code, reason)
        case Journal(text):
            ksr.log("notice", text)
        case AnswerChallenge():
            _answer(effect, means)
        case NoteRinging():
            ksr.set_text(RANG, "yes")
        case NoteRefusal(code, reason):
            ksr.set_text(REFUSAL, f"{code} {reason}")
        case SpendNonce(use, by):
            ksr.set_shared_text(NONCES, use, by)
        case CountGuess(guess):
            means.bans.guessed(guess)
        case MarkLeg(leg, code):
            ksr.set_shared_text(LEGS, leg, str(code))
        case PutHandOver(leg, code, reason, headers):
            _hand_over(means.handovers, leg, HandOver(code, reason, headers))
        case _:
            assert_never(effect)


def _outcome(outcome: Outcome, means: Means, in_failure_route: bool) -> None:
    match outcome:
        case Relay():
            _relay_to_gateway(outcome, means.gateway_socket)
        case Trunk():
            _leave(outcome, means.outside_socket)
        case Ring():
            _send(outcome.ring_s, outcome.silence_s)
        case Save(aor):
            _save(aor)
        case Follow(gateway):
            _follow(gateway, means.gateway_socket)
        case Reply(code, reason, headers) if in_failure_route:
            _append_all(headers)
            ksr.reply_in_transaction(code, reason)
        case Reply(code, reason, headers):
            _append_all(headers)
            ksr.reply(code, reason)
        case Challenge(code, _, headers):
            _append_all(headers)
            ksr.reply(code, "Unauthorized" if code == 401 else "Proxy Authentication Required")
        case Resume(token):
            ksr.reply_in_transaction(480, f"{WORD} {token}")
        case Drop() | Pass():
            pass
        case Retarget(called):
            raise ksr.EngineRefused(f"send a call on to {called}: the course was not followed")
        case _:
            assert_never(outcome)


def _relay_to_gateway(relay: Relay, socket: str) -> None:
    ksr.set_text("$ru", f"sip:{relay.called}")
    _towards(relay.gateway, socket)
    ksr.alias_contact()
    _send(relay.answer_s, relay.silence_s)


def _towards(gateway: Gateway, socket: str) -> None:
    ksr.set_text("$du", f"sip:{gateway};transport=udp")
    ksr.set_text("$fs", socket)


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


def _leave(trunk: Trunk, socket: str) -> None:
    ksr.send_outside(trunk.uri, socket)
    _send(trunk.ring_s, trunk.silence_s)


def _find_contacts(ring: Ring) -> None:
    if not ksr.look_up_contacts(ring.aor):
        raise NobodyThere(ring.aor)


def _send(answer_s: float, silence_s: float) -> None:
    ksr.set_callbacks(Callback.REPLY, Callback.FAILURE)
    ksr.set_timers(answer_s, silence_s)
    if not ksr.relay():
        ksr.reply(500, "Next Hop Unreachable")


def _save(aor: str) -> None:
    if not ksr.save_bindings(aor):
        ksr.log("warn", f"registrar: bindings of {aor} not stored")


def _follow(gateway: Gateway | None, socket: str) -> None:
    if not ksr.follow_route():
        ksr.reply(404, "Not Found")
        return
    if ksr.text("$rm") in {"INVITE", "UPDATE"}:
        ksr.alias_contact()
    if gateway is None:
        ksr.follow_alias()
    else:
        _towards(gateway, socket)
    if not ksr.relay():
        ksr.reply(500, "Next Hop Unreachable")


def _hand_over(handovers: HandOvers, leg: str, handover: HandOver) -> None:
    try:
        handovers.put(leg, handover)
    except StoreDown as down:
        ksr.log("warn", f"hand-over: {down}")


def _append_all(headers: tuple[tuple[str, str], ...]) -> None:
    for name, value in headers:
        ksr.append_to_reply(name, value)
