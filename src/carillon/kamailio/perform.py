"""From a decision to the engine: effects in order, then the outcome."""

from __future__ import annotations

from typing import assert_never

from carillon.kamailio import effects, ksr, lateforks, leaving, media, registering, ringing, sending
from carillon.kamailio.means import MEMO, Means
from carillon.routing.decision import (
    Cancel,
    Challenge,
    Claim,
    Decision,
    Deliver,
    Drop,
    EndWatch,
    Follow,
    ForkLate,
    LetGo,
    Outcome,
    Pass,
    Relay,
    Reply,
    Resume,
    Retarget,
    Ring,
    RingFlow,
    RingNext,
    Save,
    SaveCopy,
    Submit,
    Trunk,
)
from carillon.routing.memo import Leg
from carillon.routing.progress import WORD


def perform(decision: Decision, means: Means, *, in_failure_route: bool = False) -> None:
    """Carry a decision out; raises NobodyThere, media.RelayDown or ksr.EngineRefused."""
    if isinstance(decision.outcome, Ring):
        ringing.find_contacts(decision.outcome, means.siblings)
    for number, effect in enumerate(decision.effects):
        try:
            effects.do(effect, means)
        except media.RelayDown as down:
            down.undone = decision.effects[number:]
            raise
    if decision.memo is not None:
        ksr.set_text(MEMO, str(decision.memo))
    recorded = bool(decision.memo and decision.memo.recording and decision.memo.leg is Leg.OUTBOUND)
    _outcome(decision.outcome, means, in_failure_route, recorded=recorded)


def _outcome(outcome: Outcome, means: Means, in_failure_route: bool, *, recorded: bool) -> None:  # noqa: PLR0912 -- one row for each
    match outcome:  # the most frequent first
        case Pass() | Drop():
            pass
        case Follow(gateway):
            sending.follow(gateway, means)
        case Challenge(code, _, headers):
            _append_all(headers)
            ksr.reply(code, "Unauthorized" if code == 401 else "Proxy Authentication Required")
        case Save():
            registering.save(outcome, means.registrations, means.changed)
        case Relay():
            sending.relay_to_gateway(outcome, means)
        case Ring():
            ringing.ring(outcome, recorded=recorded)
        case RingNext(aor, ring_s, silence_s):
            ringing.ring_next(aor, ring_s, silence_s, means.siblings)
        case Trunk():
            leaving.leave(outcome, means, recorded=recorded)
        case Cancel(_, _, places) if places:
            leaving.cancel_outside(places, means.outside_sockets)
        case Cancel(gateway, aor):
            sending.cancel(gateway, aor, means.gateway_sockets)
        case Submit():
            sending.submit(outcome, means.gateway_sockets)
        case Deliver():
            sending.deliver(outcome, means)
        case RingFlow():
            ringing.ring_flow(outcome)
        case SaveCopy(aor):
            registering.save_copy(aor)
        case LetGo():
            registering.let_go()
        case EndWatch():
            sending.end_watch()
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


def _append_all(headers: tuple[tuple[str, str], ...]) -> None:
    for name, value in headers:
        ksr.append_to_reply(name, value)
