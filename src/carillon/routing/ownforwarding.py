"""Codes by which somebody forwards his own calls: to whom he may. The rows are those of `carillon forwarding`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from carillon.model.forwarding import Cause
from carillon.model.rights import NumberClass
from carillon.routing.admission import caller, home_domain, unavailable
from carillon.routing.callback import number_behind
from carillon.routing.chain import Verdict
from carillon.routing.codes import Feature, dialled
from carillon.routing.decision import Reply
from carillon.routing.facts import UNKNOWN, Facts
from carillon.routing.meant import meant_outside
from carillon.routing.request import Request
from carillon.sip.uri import quoted
from carillon.stores.ports import Party

FORWARDS: Final[Mapping[Feature, Cause]] = {
    Feature.FORWARD_ALWAYS: Cause.ALWAYS,
    Feature.FORWARD_NO_ANSWER: Cause.NO_ANSWER,
    Feature.FORWARD_BUSY: Cause.BUSY,
    Feature.FORWARD_OFFLINE: Cause.OFFLINE,
}
KEEPS: Final[Mapping[Feature, Cause]] = {
    Feature.KEEP_ALWAYS: Cause.ALWAYS,
    Feature.KEEP_NO_ANSWER: Cause.NO_ANSWER,
    Feature.KEEP_BUSY: Cause.BUSY,
    Feature.KEEP_OFFLINE: Cause.OFFLINE,
}


def says(text: str) -> Callable[[Request, Facts], str]:
    """A service that is always told the same."""
    return lambda request, facts: text


def forwarded_to(cause: Cause) -> Callable[[Request, Facts], str]:
    """`always:103`, `busy:+3225551234`: the cause, and the target as the forwarding table has it."""
    return lambda request, facts: f"{cause}:{_target(request, facts)}"


def may_not_forward(request: Request, facts: Facts) -> Verdict | None:
    """Only to somebody who is there, not to himself; outside, where he may call. Nobody forwards to emergency calls."""
    if facts.callee is UNKNOWN or facts.routes is UNKNOWN:
        return Verdict("unknown", "the directory did not answer", unavailable(facts))
    party, outside = caller(facts), meant_outside(request, facts)
    if outside is not None:
        if outside.number_class is NumberClass.EMERGENCY:
            return _refused(party, 403, "Calls are not forwarded to emergency numbers")
        if outside.number_class not in party.outside:
            return _refused(party, 403, f"You may not make {outside.number_class} calls")
        return None
    if facts.callee is None or home_domain(request.uri.host, facts.node, party.domain) != party.domain:
        return _refused(party, 404, f"Nobody has {dialled(request.uri.user).number}")
    return _refused(party, 403, "Your calls come to you already") if facts.callee.aor == party.aor else None


def _target(request: Request, facts: Facts) -> str:
    outside = meant_outside(request, facts)
    if outside is not None:
        return outside.number
    if isinstance(facts.callee, Party) and not facts.callee.service:
        return facts.callee.extension  # by which of his numbers he was named does not matter
    return number_behind(request, facts)


def _refused(party: Party, code: int, words: str) -> Verdict:
    reason = "Not Found" if code == 404 else "Forbidden"
    return Verdict("refused", words, Reply(code, reason, (("Warning", f"399 {party.domain} {quoted(words)}"),)))
