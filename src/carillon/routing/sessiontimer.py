"""How long a call lives without a sign of life (slide "Session timers"; RFC 4028).

Asterisk is an end of both dialogs and refreshes them where phones don't. Left to us: the domain's interval, which a
proxy may lower or insert but never bring below somebody's minimum, and words that Asterisk cannot read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from carillon.routing.chain import Verdict
from carillon.routing.decision import AddHeader, Effect, MarkTimer, RemoveHeader, Reply
from carillon.routing.facts import UNKNOWN, Facts
from carillon.routing.request import Request
from carillon.sip.sessiontimer import SHORTEST_S, SessionExpires, Timing, min_se
from carillon.sip.uri import quoted

PARAMETER: Final = "timer"
"""Of our Record-Route: the domain's interval, in dialogs in which it is not the usual one."""

USUAL_S: Final = 1800
"""What Asterisk asks for by itself, and the longest interval that a domain may have."""

LONGEST_MINIMUM_S: Final = 86_400
TIMED: Final = frozenset({"INVITE", "UPDATE"})
UNTIMED: Final = Timing()

_SE, _MIN_SE = "Session-Expires", "Min-SE"


def timed(request: Request, facts: Facts) -> Verdict:
    """A new call of a domain, from whichever side it comes."""
    longest = longest_s(facts, domain_of(request, facts))
    verdict = fitted(request.timing or UNTIMED, longest, facts.node.default_domain)
    if longest == USUAL_S or verdict.outcome is not None:
        return verdict
    return replace(verdict, effects=(*verdict.effects, MarkTimer(longest)))


def still_timed(request: Request, facts: Facts) -> Verdict:
    """A request of a call that may change its interval; the call knows its domain's one."""
    if request.timing is None:
        return Verdict("skipped", request.method)
    return fitted(request.timing, request.longest_timer_s or USUAL_S, facts.node.default_domain)


def fitted(timing: Timing, longest: int, host: str) -> Verdict:
    """Bring an interval down to the domain's, or up to the shortest one; without any, insert the domain's (§8.1)."""
    least = min_se(timing.min_se) if timing.min_se else SHORTEST_S
    asked = SessionExpires.parse(timing.session_expires) if timing.session_expires else SessionExpires(0)
    if asked is None:
        return _garbled(_SE, timing.session_expires, host)
    if least is None or least > LONGEST_MINIMUM_S:
        return _garbled(_MIN_SE, timing.min_se, host)
    if timing.session_expires and asked.seconds < SHORTEST_S and timing.supported:
        fact = f"{asked.seconds} s is below {SHORTEST_S} s"
        return Verdict("refused", fact, Reply(422, "Session Interval Too Small", ((_MIN_SE, str(SHORTEST_S)),)))
    most = max(longest, least)
    if not timing.session_expires:
        return Verdict("inserted", f"{most} s", effects=_set(SessionExpires(most), least))
    fits = min(max(asked.seconds, least, SHORTEST_S), most)
    if fits == asked.seconds:
        return Verdict("passed", f"{fits} s")
    word = "lowered" if fits < asked.seconds else "raised"
    return Verdict(word, f"{asked.seconds} s to {fits} s", effects=_set(replace(asked, seconds=fits), least))


def longest_s(facts: Facts, domain: str) -> int:
    """The longest interval of a domain; the usual one where nobody knows."""
    profile = None if facts.domains is UNKNOWN else facts.domains.get(domain)
    return profile.session_timer_s if profile else USUAL_S


def domain_of(request: Request, facts: Facts) -> str:
    """The domain that a new call belongs to: the caller's at the entrance, the called one's behind Asterisk."""
    if request.trunk is not None:
        return request.trunk.domain
    return request.credentials.realm if request.credentials else request.uri.host


def _set(value: SessionExpires, least: int) -> tuple[Effect, ...]:
    effects: tuple[Effect, ...] = (RemoveHeader(_SE), AddHeader(_SE, str(value)))
    return effects if least >= SHORTEST_S else (*effects, RemoveHeader(_MIN_SE), AddHeader(_MIN_SE, str(SHORTEST_S)))


def _garbled(name: str, value: str, host: str) -> Verdict:
    warning = ("Warning", f"399 {host} {quoted(f'{name} cannot be read: {value}'[:120])}")
    return Verdict("refused", f"{name}: {value}"[:80], Reply(400, f"{name} Not Understood", (warning,)))
