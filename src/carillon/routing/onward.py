"""What a leg that rings takes along for the case that nobody answers: the causes for which the call goes on."""

from __future__ import annotations

from dataclasses import replace

from carillon.model.forwarding import Cause
from carillon.routing.facts import Facts
from carillon.routing.groups import LONGEST_S
from carillon.routing.hop import back, ignores_rows, is_target, progress_of, seen_by, transfer_causes
from carillon.routing.progress import ANY, REDIRECTED, Onward, Progress, key_of
from carillon.routing.request import Request
from carillon.routing.rows import Way, fitting, ways
from carillon.sip.private import PrivateHeader
from carillon.stores.ports import Party


def onward(request: Request, facts: Facts) -> str:
    """What the failure route must know to let the call go on; "" when nothing may follow."""
    progress = progress_of(request)
    if progress.more:
        return _text(request, facts, (ANY,), replace(back(progress), code=0))
    party = facts.callee
    if not isinstance(party, Party) or ignores_rows(request):
        return ""
    if not party.forwarding:
        return _text(request, facts, (REDIRECTED,), Progress(party.aor, by=progress.by))
    seen = seen_by(request, facts, party)
    later = frozenset({row.cause for row in party.forwarding} - {Cause.ALWAYS, Cause.FAILED_TRANSFER})
    rows = fitting(party, later | frozenset(transfer_causes(request)), seen)
    causes = dict.fromkeys(way.row.cause for way in ways(party, rows, seen) if isinstance(way, Way))
    return _text(request, facts, (*causes, REDIRECTED), Progress(party.aor, by=progress.by))


def ring_s(request: Request, facts: Facts) -> int:
    """How long the person's phones ring: as long as the row says that led here, or his own one for no answer.

    A group's members ring until Asterisk ends it, where there is one.
    """
    progress, party = progress_of(request), facts.callee
    if progress.ring_s and is_target(request):
        return progress.ring_s
    if PrivateHeader.GROUP in request.private:
        return LONGEST_S
    if not isinstance(party, Party) or not party.forwarding or ignores_rows(request):
        return facts.node.ring_s
    seen = seen_by(request, facts, party)
    first = next(fitting(party, frozenset({Cause.NO_ANSWER}), seen), None)
    return (first.after_s if first else None) or facts.node.ring_s


def _text(request: Request, facts: Facts, causes: tuple[str, ...], progress: Progress) -> str:
    leg = request.private[PrivateHeader.LEG]
    return str(Onward(key_of(facts.node.secrets, leg), causes, progress))
