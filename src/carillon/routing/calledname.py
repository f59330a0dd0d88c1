"""Who is called, in the replies to the caller (behaviours 29): RFC 3325, with the called person's privacy before it.

The inbound leg knows whom it has called. When somebody else rings or answers, or something is to be said of who rings,
the outbound leg leaves a note for it in the node's shared memory.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from carillon.routing.decision import AddHeader, Decision, Effect, NoteTold, RemoveHeader, TraceRow
from carillon.routing.facts import ReplyFacts
from carillon.routing.memo import Leg, Memo
from carillon.sip import warning
from carillon.sip.uri import quoted

UNTOLD: Final = "-"
"""Instead of a name: the caller is told nobody's."""

LATE: Final = "!"
"""Before a name: it is told when the call is answered. While a group rings, the group's name stays."""

ASSERTED: Final = "P-Asserted-Identity"


def address(name: str, aor: str) -> str:
    """Somebody, as P-Asserted-Identity writes him."""
    return f"{quoted(name)} <sip:{aor}>" if name else f"<sip:{aor}>"


def with_called(memo: Memo, reply: ReplyFacts, decision: Decision) -> Decision:
    """The same decision about a reply, and what the caller is told of who is called."""
    if not 180 <= reply.code < 300:
        return decision
    effects, fact = _noted(memo, reply) if memo.leg is Leg.OUTBOUND else _told(memo, reply)
    if not effects:
        return decision
    row = TraceRow("called_shown", "noted" if memo.leg is Leg.OUTBOUND else "told", fact)
    return replace(decision, effects=(*decision.effects, *effects), trace=(*decision.trace, row))


def _noted(memo: Memo, reply: ReplyFacts) -> tuple[tuple[Effect, ...], str]:
    """For the other leg: who rings if it is somebody else, what is said of him, and what his phone warns of."""
    late = memo.shown.startswith(LATE)
    name = "" if late and reply.code < 200 else memo.shown.removeprefix(LATE)
    name = UNTOLD if reply.private else name
    domain = memo.called.rpartition("@")[2]
    warnings = list(warning.tidied(reply.warnings, domain)) if reply.warnings else []
    warnings += [warning.own(domain, memo.says)] if memo.says else []
    effects: tuple[Effect, ...] = (RemoveHeader("Warning"),) if reply.warnings else ()
    if not name and not warnings:
        return effects, "nothing for the caller"
    text = json.dumps([name, warnings], ensure_ascii=False)
    return (*effects, NoteTold(memo.leg_id, text)), ", ".join((name, *warnings))


def _told(memo: Memo, reply: ReplyFacts) -> tuple[tuple[Effect, ...], str]:
    if not memo.shown or reply.withheld:
        return (), ""
    name, warnings = json.loads(reply.told) if reply.told else ("", [])
    if memo.shown == UNTOLD:  # somebody outside is told nothing of people
        return (RemoveHeader(ASSERTED),), "nothing: the caller is outside"
    shown = name or memo.shown
    named = () if shown == UNTOLD else (AddHeader(ASSERTED, shown),)
    effects = (RemoveHeader(ASSERTED), *named, *(AddHeader("Warning", one) for one in warnings))
    return effects, "nobody: by the called person's wish" if shown == UNTOLD else shown
