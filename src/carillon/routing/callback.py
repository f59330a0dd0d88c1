"""Call-back on busy (slide "Store callback-on-busy information"): whom a caller found busy last, and who is meant."""

from __future__ import annotations

from carillon.routing.admission import caller
from carillon.routing.chain import Verdict
from carillon.routing.codes import Feature, dialled
from carillon.routing.decision import Effect, NoteBusy, Reply
from carillon.routing.facts import Facts, FailureFacts
from carillon.routing.memo import Leg, Memo
from carillon.routing.numbering import cleaned
from carillon.routing.request import Request
from carillon.sip.uri import quoted

BUSY_TABLE = "busy"
"""Where it is noted whom somebody found busy last."""

BUSY = frozenset({486, 600})
REMEMBERED_S = 600
"""So long after a call `*37` alone knows who was busy."""


def number_behind(request: Request, facts: Facts) -> str:
    """What was dialled behind the code, without the marks between digits."""
    return cleaned(dialled(request.uri.user).number)


def waited_for(request: Request, facts: Facts) -> str:
    """Who was dialled behind the code, else who was busy last."""
    return number_behind(request, facts) or facts.busy.partition("@")[0]


def for_nobody(request: Request, facts: Facts) -> Verdict | None:
    """Nobody is named, and nobody was busy: 404 and a word."""
    if waited_for(request, facts):
        return None
    words = "Nobody you called was busy: dial *37 and an extension"
    warning = ("Warning", f"399 {caller(facts).domain} {quoted(words)}")
    return Verdict("refused", "nobody was busy", Reply(404, "Not Found", (warning,)))


def asks_who_was_busy(request: Request) -> bool:
    """Whether what was dialled means whoever was busy last."""
    found = dialled(request.uri.user)
    return found.feature is Feature.CALL_BACK and not found.number


def busy_noted(memo: Memo, failure: FailureFacts) -> Verdict:
    """A caller who finds a colleague busy may ask to be called back."""
    if memo.leg is Leg.OUTBOUND or not memo.caller or failure.code not in BUSY:
        return Verdict("skipped", "not busy")
    effects: tuple[Effect, ...] = (NoteBusy(memo.caller, memo.called),)
    return Verdict("noted", f"{memo.caller} found {memo.called} busy", effects=effects)
