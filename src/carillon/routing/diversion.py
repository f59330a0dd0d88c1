"""What phones and providers are told of a forwarded call: Diversion (RFC 5806) and History-Info (RFC 7044)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from carillon.routing.decision import AddHeader, Effect, RemoveHeader
from carillon.routing.progress import Diverted

_ADDRESS = re.compile(r"<\s*(?:sips?|tel):", re.IGNORECASE)
_COUNTER = re.compile(r";\s*counter\s*=\s*([1-9][0-9]?)(?![0-9])", re.IGNORECASE)
_INDEX = re.compile(r";\s*index\s*=", re.IGNORECASE)

Written = Callable[[Diverted], str | None]
"""How somebody is written for the one who is told, as `user@host`; None to keep him back."""

REASONS: Final = {
    "always": "unconditional",
    "busy": "user-busy",
    "no-answer": "no-answer",
    "offline": "unavailable",
    "unreachable": "unavailable",
    "declined": "deflection",
    "redirected": "deflection",
}
"""RFC 5806 §4; anything else is `unknown`."""

CAUSES: Final = {"always": 302, "busy": 486, "no-answer": 408, "offline": 503, "unreachable": 503, "declined": 487}
"""RFC 4458 §2; anything else is 404, for an unknown reason."""


def told(by: Sequence[Diverted], target: str, written: Written, before: int = 0) -> tuple[Effect, ...]:
    """Headers for a call that `by` have sent on, and that goes to `target` (`user@host`); the last one comes first.

    `before` is how often others sent it on before it came to us: the first of ours counts for them too, so that a round
    of people and trunks comes to an end.
    """
    shown = [(written(one), one.cause) for one in by]
    known = [(address, cause) for address, cause in shown if address]
    counters = [1 + before, *(1 for _ in known[1:])]
    diversions = [
        AddHeader("Diversion", f"<sip:{address}>;reason={REASONS.get(cause, 'unknown')};counter={counter}")
        for (address, cause), counter in reversed(list(zip(known, counters, strict=False)))
    ]
    history = [AddHeader("History-Info", _history(known, target))] if known else []
    return (RemoveHeader("Diversion"), RemoveHeader("History-Info"), *diversions, *history)


def diversions(diversion: str, history: str) -> int:
    """How often a call was forwarded, by either header; an entry counts for as many as it says, or for one."""
    _, *entries = _ADDRESS.split(diversion)
    counters = (_COUNTER.search(entry) for entry in entries)
    return max(sum(int(found[1]) if found else 1 for found in counters), len(_INDEX.findall(history)) - 1, 0)


def _history(known: Sequence[tuple[str | None, str]], target: str) -> str:
    """Who was called and why it went on, each one below the one before (RFC 7044 §5)."""
    addresses = [str(address) for address, _ in known] + [target]
    causes = [None, *(CAUSES.get(cause, 404) for _, cause in known)]
    entries = []
    for depth, (address, cause) in enumerate(zip(addresses, causes, strict=True)):
        index = ".".join(["1"] * (depth + 1))
        before = ".".join(["1"] * depth)
        entries.append(
            f"<sip:{address};cause={cause}>;index={index};mp={before}" if cause else f"<sip:{address}>;index=1"
        )
    return ", ".join(entries)
