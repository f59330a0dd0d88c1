"""The failure routes of both legs (slides "Inbound / Outbound Call Leg - Failure Route"). No new reads here."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from carillon.model.forwarding import Cause
from carillon.routing.callback import busy_noted
from carillon.routing.calledname import UNTOLD
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import (
    AddHeader,
    AnswerChallenge,
    Decision,
    DialogEnds,
    Effect,
    Header,
    MarkLeg,
    NoteTaken,
    Pass,
    PutHandOver,
    Relay,
    ReleaseMedia,
    Reply,
    Resume,
    Ring,
    RingNext,
    Trunk,
)
from carillon.routing.facts import FailureFacts, Gateway
from carillon.routing.forking import next_phones
from carillon.routing.memo import Leg, Memo
from carillon.routing.outside import Line
from carillon.routing.progress import ANY, REDIRECTED, Onward, sounds_like_ours
from carillon.routing.slots import after_failure
from carillon.routing.taken import GONE, KEEPS, NO_REPLACES, REASONS
from carillon.routing.words import hints
from carillon.sip import warning
from carillon.sip.private import PrivateHeader
from carillon.sip.uri import quoted

RETRY_AFTER_S = 5
FLOW_FAILED, TIMEOUT = 430, 408

# What a trunk says of itself; everything else is the far end's word, and another trunk would hear it again.
ASKS_WHO = frozenset({401, 407})
TRUNK_OUT_OF_ORDER = frozenset({408, 500, 502, 503, 504}) | ASKS_WHO

CAUSES: Final = {
    404: Cause.OFFLINE,
    408: Cause.UNREACHABLE,
    480: Cause.OFFLINE,
    486: Cause.BUSY,
    600: Cause.BUSY,
    603: Cause.DECLINED,
}

# What the far end says that the caller should read too; everything else is of its own leg only.
HANDED_OVER = (
    "Warning",
    "Retry-After",
    "Reason",
    "Error-Info",
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
)


def was_cancelled(memo: Memo, failure: FailureFacts) -> Verdict:
    """The caller hung up first: nothing is left to do."""
    if failure.cancelled:
        return Verdict("cancelled", "the caller hung up", Pass(), (MarkLeg(memo.leg_id, 487),))
    return Verdict("passed", "not cancelled")


def not_given(memo: Memo, failure: FailureFacts) -> Verdict:
    """A call that the phone at its other side did not give away, see `takeover`: it goes on as it was."""
    if not memo.gone:
        return Verdict("skipped", "takes no call")
    code, _, call_id = memo.gone.partition(" ")
    words = KEEPS if failure.code == NO_REPLACES else GONE
    warning = ("Warning", f"399 {memo.called.rpartition('@')[2]} {quoted(words)}")
    outcome, effects = _tell(memo, int(code), REASONS[int(code)], (warning,))
    fact = "that phone is silent" if failure.timed_out else f"{failure.code} of that phone"
    return Verdict("refused", fact, outcome, (*effects, NoteTaken(call_id, taken=False)))


def asks_longer_interval(memo: Memo, failure: FailureFacts) -> Verdict:
    """A far end that wants a longer session timer is asked again by Asterisk (422, RFC 4028 §7.2)."""
    if memo.leg is Leg.OUTBOUND and failure.code == 422:
        return Verdict("passed on", "Asterisk asks again", Pass(), (MarkLeg(memo.leg_id, 422),))
    return Verdict("skipped", "no 422")


def next_gateway(memo: Memo, failure: FailureFacts) -> Verdict:
    """Silence, or a 5xx that no far end gave, is a broken gateway: the next one, else 503 (slide "Fallback or 503").

    Never the next one after the far end rang: it would ring twice.
    """
    if memo.leg is Leg.OUTBOUND:
        return Verdict("skipped", "the outbound leg")
    broken = failure.timed_out or (500 <= failure.code < 600 and failure.far_end_code is None)
    if not broken:
        return Verdict("passed", f"{failure.code} of the far end")
    fact = "the gateway is silent" if failure.timed_out else f"{failure.code} of the gateway itself"
    if memo.gateways_left and not failure.rang:
        return Verdict("tried next", fact, *_retry(memo))
    reply = Reply(503, "Service Unavailable", (("Retry-After", str(RETRY_AFTER_S)), *out_of_order(memo)))
    return Verdict("unavailable", fact, reply)


def dialled_again(memo: Memo, failure: FailureFacts) -> Verdict:
    """Where no Asterisk dials again, we do: the outbound leg has said how the call goes on, see `progress`."""
    if memo.leg is Leg.OUTBOUND or failure.spiral is None or not sounds_like_ours(failure.reason):
        return Verdict("skipped", "nobody asks for it")
    token = (AddHeader(PrivateHeader.FORWARD, failure.reason.split()[-1]),)
    return Verdict("dialled again", "by this node itself", Relay(failure.spiral, memo.called), token)


def out_of_order(memo: Memo) -> tuple[Header, ...]:
    """A word for a caller inside who asked for a service that can't be had, as a Warning."""
    if not memo.service or memo.shown == UNTOLD:
        return ()
    return (("Warning", f"399 {memo.called.rpartition('@')[2]} {quoted(f'{memo.service} is out of order')}"),)


def service_failed(memo: Memo, failure: FailureFacts) -> Verdict:
    """A service to which somebody's call was sent on, and that is out of order: 500, and the caller hears why."""
    if memo.leg is Leg.INBOUND or not memo.service or not (500 <= failure.code < 600 or failure.timed_out):
        return Verdict("skipped", "no service that failed")
    fact = f"{memo.service}: {failure.code}"
    return Verdict("out of order", fact, *_tell(memo, 500, "Server Internal Error", out_of_order(memo)))


def trunk_asks_who(memo: Memo, failure: FailureFacts) -> Verdict:
    """A trunk may challenge us, once a call: the same request goes there again with credentials (RFC 3261 §22.2)."""
    if not memo.trunk or memo.answered or failure.code not in ASKS_WHO:
        return Verdict("skipped", "no challenge of a trunk")
    line = Line.parse(memo.trunk)
    domain = memo.called.rpartition("@")[2]
    effects = (AnswerChallenge(domain, line.name, line.uri, failure.challenges),)
    return Verdict("answered", f"{failure.code} of trunk {line.name}", _to(line), effects, replace(memo, answered=True))


def next_target(memo: Memo, failure: FailureFacts) -> Verdict:
    """A place of a trunk that is silent or out of order is followed by another one of that trunk (RFC 3263 §4.3)."""
    if not memo.targets_left:
        return Verdict("skipped", "no other place of the trunk")
    if failure.rang or not (failure.timed_out or failure.code in TRUNK_OUT_OF_ORDER - ASKS_WHO):
        return Verdict("passed", "the far end rang" if failure.rang else f"{failure.code} is the same everywhere")
    line = replace(Line.parse(memo.trunk), target=memo.targets_left[0])
    left = replace(memo, targets_left=memo.targets_left[1:], trunk=str(line), answered=False)
    fact = "the place is silent" if failure.timed_out else f"{failure.code} of the place"
    return Verdict("tried next", fact, _to(line), memo=left)


def next_trunk(memo: Memo, failure: FailureFacts) -> Verdict:
    """A trunk that is silent or out of order is followed by the next, but never after the far end rang.

    Asterisk dials again, and the main route decides: the next one has limits, numbers and rules of its own.
    """
    if memo.leg is Leg.INBOUND or not memo.next_trunk:
        return Verdict("skipped", "no other trunk")
    if failure.rang or not (failure.timed_out or failure.code in TRUNK_OUT_OF_ORDER):
        return Verdict("passed", "the far end rang" if failure.rang else f"{failure.code} is the far end's word")
    fact = "the trunk is silent" if failure.timed_out else f"{failure.code} of the trunk"
    onward = Onward.parse(memo.next_trunk)
    return Verdict("tried next", fact, Resume(onward.token(onward.progress)))


def asked_anew(memo: Memo, failure: FailureFacts) -> Verdict:
    """Where nobody was heard, the link of a branch may be cut: that is known by now, to the main route."""
    if not memo.if_silent:
        return Verdict("skipped", "no branch")
    if not failure.timed_out or failure.rang or failure.refusal:
        return Verdict("passed", "somebody was heard")
    onward = Onward.parse(memo.if_silent)
    return Verdict("asked anew", "silence", Resume(onward.token(onward.progress)))


def forwarded(memo: Memo, failure: FailureFacts) -> Verdict:
    """Where a row of the called person may fit, Asterisk dials again (slide "Forwarding"); the main route decides.

    Behaviour 50: silence after ringing is no answer, before it unreachable; 486 and 600 busy, 603 declined, 404 and 480
    offline, 3xx the phone's own wish; any other one is its code only.
    """
    if memo.leg is Leg.INBOUND or not memo.onward:
        return Verdict("skipped", "nothing to forward")
    onward = Onward.parse(memo.onward)
    cause, code, reason = cause_of(failure)
    if not {cause, f"code:{code}", ANY, Cause.FAILED_TRANSFER} & set(onward.causes):
        return Verdict("passed", f"no row for {cause}")
    now = onward.progress
    token = onward.token(
        replace(now, cause=now.cause or cause, code=code, reason=reason, to=failure.redirected_to),
    )
    return Verdict("goes on", f"{cause}: {code} {reason}".strip(), Resume(token))


def cause_of(failure: FailureFacts) -> tuple[str, int, str]:
    """Why a leg failed, as forwarding rows name it, with the code and reason for the caller."""
    if failure.timed_out and failure.refusal is None:
        return Cause.NO_ANSWER if failure.rang else Cause.UNREACHABLE, 480, "Temporarily Unavailable"
    code, reason = failure.refusal or (failure.code, failure.reason)
    if 300 <= code < 400:
        return REDIRECTED, 480, "Temporarily Unavailable"
    return CAUSES.get(code, f"code:{code}"), code, reason


def trunk_refuses_us(memo: Memo, failure: FailureFacts) -> Verdict:
    """A trunk that does not take our password is our trouble, not the caller's: he is not asked for his."""
    if not memo.trunk or failure.code not in ASKS_WHO:
        return Verdict("skipped", "not asked")
    name = Line.parse(memo.trunk).name
    warning = (
        "Warning",
        f"399 {memo.called.rpartition('@')[2]} {quoted(f'Trunk {name} does not accept our password')}",
    )
    return Verdict("refused", f"{failure.code} again", *_tell(memo, 500, "Server Internal Error", (warning,)))


def phone_silent(memo: Memo, failure: FailureFacts) -> Verdict:
    """Nobody answered within the ringing time, or no phone could be reached: 480, with a word for the caller."""
    if not failure.timed_out and (failure.code != FLOW_FAILED or memo.trunk):
        return Verdict("passed", f"{failure.code} {failure.reason}".strip())
    if failure.refusal:
        code, reason = failure.refusal
        return Verdict("refused", f"{code} of another phone", *_tell(memo, code, reason, ()))
    why = "did not answer" if failure.rang else "has a phone that cannot be reached"
    if memo.called_name.lstrip("+").isdigit():
        why = "did not answer" if failure.rang else "cannot be reached: the line is silent"
    warning = ("Warning", f"399 {memo.called.rpartition('@')[2]} {quoted(f'{memo.called_name} {why}')}")
    return Verdict("unanswered", why, *_tell(memo, 480, "Temporarily Unavailable", (warning,)))


def redirected(memo: Memo, failure: FailureFacts) -> Verdict:
    """A phone's 3xx stays here: Asterisk would follow it past every rule."""
    if 300 <= failure.code < 400:
        fact = f"{failure.code} is not followed"
        return Verdict("refused", fact, *_tell(memo, 480, "Temporarily Unavailable", failure.headers))
    return Verdict("passed", "no redirection")


def real_code(memo: Memo, failure: FailureFacts) -> Verdict:
    """The far end's own code goes back, and its headers by the hand-over."""
    if memo.leg is Leg.INBOUND:
        return Verdict("passed on", str(failure.code), Pass())
    if sounds_like_ours(failure.reason):
        code = 500 if failure.code == 503 else failure.code
        return Verdict("passed on", "a reason that is ours only", *_tell(memo, code, "Failed", failure.headers))
    effects: tuple[Effect, ...] = (MarkLeg(memo.leg_id, failure.code),)
    if not memo.service:  # a service has said itself why
        effects = (*effects, _handover(memo, failure.code, failure.reason, failure.headers))
    return Verdict("passed on", f"{failure.code} {failure.reason}".strip(), Pass(), effects)


RULES = (
    was_cancelled,
    not_given,
    asks_longer_interval,
    dialled_again,
    next_gateway,
    trunk_asks_who,
    next_target,
    next_trunk,
    next_phones,
    asked_anew,
    forwarded,
    trunk_refuses_us,
    service_failed,
    phone_silent,
    redirected,
    busy_noted,
    real_code,
)


def flow_failed(code: int, heard: bool) -> bool:
    """Whether a branch failed by its flow, so that another one of the device is tried (RFC 5626 §5.3).

    By 430, which a proxy on the way says, or by silence. A phone that was heard has rung, or has refused by itself.
    """
    return code == FLOW_FAILED or (code == TIMEOUT and not heard)


def decide(memo: Memo, failure: FailureFacts) -> Decision:
    """What to do when every branch of a leg has failed."""
    decision = after_failure(decide_by(RULES, memo, failure), memo)
    if memo.leg is Leg.OUTBOUND and not isinstance(decision.outcome, Trunk | Ring | RingNext):
        decision = replace(decision, effects=(*decision.effects, DialogEnds()))
    if memo.anchor is None or isinstance(decision.outcome, Relay | RingNext):
        return decision
    return replace(decision, effects=(*decision.effects, ReleaseMedia(memo.anchor)))


def decide_without(memo: Memo, failure: FailureFacts) -> Decision:
    """The same, when the phones that were to ring next could not be reached: what was said before counts.

    It is said anew, as the engine's own word for a connection that is gone would win.
    """
    decision = decide(memo, replace(failure, phones_later=0))
    if isinstance(decision.outcome, Pass) and not failure.cancelled:
        return replace(decision, outcome=Reply(failure.code, failure.reason, failure.headers))
    return decision


def _to(line: Line) -> Trunk:
    return Trunk(line.name, line.uri, target=line.target)


def _retry(memo: Memo) -> tuple[Relay, tuple[Effect, ...], Memo]:
    host, _, port = memo.gateways_left[0].rpartition(":")
    left = replace(memo, gateways_left=memo.gateways_left[1:])
    return Relay(Gateway(host.strip("[]"), int(port)), memo.called), (), left


def _tell(memo: Memo, code: int, reason: str, headers: tuple[tuple[str, str], ...]) -> tuple[Reply, tuple[Effect, ...]]:
    handover = _handover(memo, code, reason, headers)
    return Reply(code, reason, headers), (MarkLeg(memo.leg_id, code), handover)


def _handover(memo: Memo, code: int, reason: str, headers: tuple[tuple[str, str], ...]) -> PutHandOver:
    domain = memo.called.rpartition("@")[2]
    said = tuple(one for name, value in headers if name == "Warning" for one in warning.tidied(value, domain))
    ours = tuple(warning.own(domain, one) for one in hints(memo, code, far_end_said=bool(said)))
    warnings = tuple(("Warning", one) for one in dict.fromkeys((*said, *ours)))
    others = tuple(h for h in headers if h[0] in HANDED_OVER and h[0] != "Warning")
    return PutHandOver(memo.leg_id, code, reason, (*warnings, *others))
