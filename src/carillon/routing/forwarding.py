"""Calls that go on to somebody else (slide "Outbound Call Leg - Forwarding"): rules of the outbound leg's main route.

Only the person who is called now is looked at; where his row leads is a `Retarget`, and decided for as a new hop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from carillon.model.forwarding import Cause
from carillon.routing.chain import Verdict
from carillon.routing.decision import Retarget
from carillon.routing.facts import Facts
from carillon.routing.groupalone import is_group
from carillon.routing.hop import ignores_rows, is_inside, is_target, progress_of, seen_by, transfer_causes
from carillon.routing.limits import NO_LIMIT, claim, full, of_callee, said, words
from carillon.routing.presence import state_of
from carillon.routing.progress import REDIRECTED, Progress
from carillon.routing.request import Request
from carillon.routing.rows import Circumstances, Way, dialled, fitting, row_ways, ways
from carillon.routing.sendon import ends, not_there, replied, send_on
from carillon.routing.words import said_of
from carillon.sip.private import PrivateHeader
from carillon.stores.ports import Party, Scope

# Nearly every call gets these: made once.
FIRST_TRY = Verdict("skipped", "the first try")
NO_ROWS = Verdict("passed", "no rows")
OWN_ADDRESS = Verdict("passed", "by the own address")
NOBODY_TWICE = Verdict("passed", "nobody twice")
NOTHING_SAID = Verdict("passed", "nothing is said")
OUTSIDE = Verdict("skipped", "outside")


def sent_on(request: Request, facts: Facts) -> Verdict:
    """A leg that failed comes back: the next target of the row, or the first row that fits; else the code stays."""
    progress, party = progress_of(request), facts.callee
    if not isinstance(party, Party) or not progress.cause or progress.at != party.aor or is_target(request):
        return FIRST_TRY
    for way in _next_ways(party, progress, seen_by(request, facts, party), _causes(request, progress)):
        if isinstance(way, Way):
            return send_on(request, facts, party, way, progress)
    if not progress.code:
        return Verdict("passed", f"no target of {party.aor} is there")
    return replied(request, progress.code, progress.reason, f"no row of {party.aor} for {progress.cause}")


def gone_round(request: Request, facts: Facts) -> Verdict:
    """A call never comes to somebody who sent it on, by whatever number."""
    party = facts.callee
    if isinstance(party, Party) and party.aor in progress_of(request).history:
        back = not_there(request, f"{party.aor} has sent the call on already")
        assert back is not None
        return back
    return NOBODY_TWICE


def by_own_address(request: Request, facts: Facts) -> Verdict:
    """Who was reached by a further number is asked for by his address of record: his phones are registered there."""
    party = facts.callee
    if not isinstance(party, Party) or request.uri.user == party.extension:
        return OWN_ADDRESS
    return Verdict("forwarded", f"{request.uri.user} is {party.aor}", Retarget(party.aor, progress_of(request)))


def not_disturbed(request: Request, facts: Facts) -> Verdict:
    """Do not disturb comes before the table: no phone rings, and the rows for busy and for always count."""
    party = facts.callee
    if not isinstance(party, Party):
        return OUTSIDE
    if not party.presence:
        return NOTHING_SAID
    state = state_of(party, facts.now)
    if not state.dnd:
        return Verdict("passed", f"{state.state}{f', says {state.source}' if state.source else ''}")
    why = said_of(party, facts.now, inside=is_inside(request))
    return ends(request, facts, party, (Cause.BUSY, Cause.ALWAYS), 486, "Busy Here", why)


def forwarded_always(request: Request, facts: Facts) -> Verdict:
    """The rows for always: nothing rings before."""
    party, progress = facts.callee, progress_of(request)
    if not isinstance(party, Party):
        return OUTSIDE
    ignores = ignores_rows(request) and not is_group(party)
    if ignores or (progress.cause == Cause.ALWAYS and not is_target(request)):
        return Verdict("skipped", "rows are ignored" if ignores else "no target is there")
    if not party.forwarding:
        return NO_ROWS
    seen = seen_by(request, facts, party)
    problems = []
    for way in ways(party, fitting(party, frozenset({Cause.ALWAYS}), seen), seen):
        if isinstance(way, Way):
            return send_on(request, facts, party, way, replace(progress, cause=Cause.ALWAYS, code=0, reason=""))
        problems.append(way)
    if any("already" in problem for problem in problems):
        warning = f"The call was forwarded to {party.aor} and back"
        return replied(request, 482, "Loop Detected", problems[0], warning)
    return Verdict("passed", "; ".join(problems) or f"no row of {len(party.forwarding)} for always")


def room_for_callee(request: Request, facts: Facts) -> Verdict:
    """Who wants no second call is busy while he has one, and so is whose limit is reached; not knowing, phones ring.

    A call that comes back to who transferred it always finds him.
    """
    party = facts.callee
    if not isinstance(party, Party):
        return OUTSIDE
    limits = of_callee(party)
    if not limits or PrivateHeader.RECALL in request.private:
        return NO_LIMIT
    if facts.slots is None:
        return claim(request.private.get(PrivateHeader.LEG, ""), limits, request)
    reached = full(facts)
    if reached is None:
        return Verdict("passed", said(facts))
    own = reached.scope is Scope.USER
    why = f"{party.name} is in a call" if own and not party.call_waiting else words(reached, party.name)
    return ends(request, facts, party, (Cause.BUSY,), 486, "Busy Here", why)


def _next_ways(party: Party, progress: Progress, seen: Circumstances, causes: frozenset[str]) -> Iterator[Way | str]:
    if progress.cause == REDIRECTED:
        return dialled(party, progress.to, seen, inside=not progress.missing)
    if not progress.row:
        return ways(party, fitting(party, causes, seen), seen)
    row = next((row for row in party.forwarding if row.id == progress.row), None)
    if row is None:
        return iter(())
    rest: Iterable[Way | str] = row_ways(party, row, seen, progress.position)
    if not progress.missing:
        return iter(rest)
    later = party.forwarding[party.forwarding.index(row) + 1 :]
    return chain(rest, ways(party, fitting(replace(party, forwarding=later), causes, seen), seen))


def _causes(request: Request, progress: Progress) -> frozenset[str]:
    return frozenset({progress.cause, f"code:{progress.code}", *transfer_causes(request)})
