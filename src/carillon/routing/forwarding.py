"""Calls that go on to somebody else (slide "Outbound Call Leg - Forwarding"): rules of the outbound leg's main route.

Only the person who is called now is looked at; where his row leads is a `Retarget`, and decided for as a new hop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from carillon.model.forwarding import Cause, Origin
from carillon.routing.chain import Verdict
from carillon.routing.decision import Header, MarkLeg, PutHandOver, Reply, Retarget
from carillon.routing.facts import UNKNOWN, Facts
from carillon.routing.presence import state_of
from carillon.routing.progress import ANY, REDIRECTED, Diverted, Onward, Progress, key_of
from carillon.routing.request import Request
from carillon.routing.rows import Circumstances, Way, circumstances, dialled, fitting, is_service, row_ways, ways
from carillon.sip.private import PrivateHeader
from carillon.sip.uri import SipUri, quoted
from carillon.stores.ports import Party

ANONYMOUS = "anonymous"
NEXT_TARGET_S = 20
"""How long a target rings when another one follows it, unless the row says more."""

NOTHING = Progress()

# Nearly every call gets these: made once.
FIRST_TRY = Verdict("skipped", "the first try")
NO_ROWS = Verdict("passed", "no rows")
NOBODY_TWICE = Verdict("passed", "nobody twice")
NOTHING_SAID = Verdict("passed", "nothing is said")
CALL_WAITING = Verdict("passed", "call waiting")
OUTSIDE = Verdict("skipped", "outside")

OF_THE_HOP = frozenset(
    {
        PrivateHeader.SERVICE,
        PrivateHeader.OUTSIDE,
        PrivateHeader.SITE,
        PrivateHeader.CALLER_NUMBER,
        PrivateHeader.WITHHELD,
    }
)
"""Private headers that are about one target, and do not go on to the next."""


def retargeted(request: Request, on: Retarget) -> Request:
    """The same call for somebody else."""
    kept = {name: value for name, value in request.private.items() if name not in OF_THE_HOP}
    user, _, domain = on.called.rpartition("@")
    return replace(request, uri=SipUri(user, domain), private={**kept, **dict(on.private)}, progress=on.progress)


def sent_on(request: Request, facts: Facts) -> Verdict:
    """A leg that failed comes back: the next target of the row, or the first row that fits; else the code stays."""
    progress, party = _progress(request), facts.callee
    if not isinstance(party, Party) or not progress.cause or progress.at != party.aor or _is_target(request):
        return FIRST_TRY
    for way in _next_ways(party, progress, _seen(request, facts, party), _causes(request, progress)):
        if isinstance(way, Way):
            return _go(request, facts, party, way, progress)
    if not progress.code:
        return Verdict("passed", f"no target of {party.aor} is there")
    return replied(request, progress.code, progress.reason, f"no row of {party.aor} for {progress.cause}")


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
    why = f"{party.name} does not want to be disturbed"
    return ends(request, facts, party, (Cause.BUSY, Cause.ALWAYS), 486, "Busy Here", why)


def forwarded_always(request: Request, facts: Facts) -> Verdict:
    """The rows for always: nothing rings before."""
    party, progress = facts.callee, _progress(request)
    if not isinstance(party, Party):
        return OUTSIDE
    if ignores_rows(request) or (progress.cause == Cause.ALWAYS and not _is_target(request)):
        return Verdict("skipped", "rows are ignored" if ignores_rows(request) else "no target is there")
    if not party.forwarding:
        return NO_ROWS
    seen = _seen(request, facts, party)
    problems = []
    for way in ways(party, fitting(party, frozenset({Cause.ALWAYS}), seen), seen):
        if isinstance(way, Way):
            return _go(request, facts, party, way, replace(progress, cause=Cause.ALWAYS, code=0, reason=""))
        problems.append(way)
    if any("already" in problem for problem in problems):
        warning = f"The call was forwarded to {party.aor} and back"
        return replied(request, 482, "Loop Detected", problems[0], warning)
    return Verdict("passed", "; ".join(problems) or f"no row of {len(party.forwarding)} for always")


def no_second_call(request: Request, facts: Facts) -> Verdict:
    """Who wants no second call is busy while he has one; not knowing, his phone is asked."""
    party = facts.callee
    if not isinstance(party, Party):
        return OUTSIDE
    if party.call_waiting:
        return CALL_WAITING
    if facts.calls_up is UNKNOWN or facts.calls_up == 0:
        return Verdict("passed", f"{facts.calls_up} calls up")
    return ends(request, facts, party, (Cause.BUSY,), 486, "Busy Here", f"{party.name} is in a call")


def ends(
    request: Request, facts: Facts, party: Party, causes: tuple[str, ...], code: int, reason: str, why: str
) -> Verdict:
    """A person can't be rung: his rows for these causes, the next target of who sent the call here, else the code."""
    progress = _progress(request)
    if not ignores_rows(request):
        seen = _seen(request, facts, party)
        wanted = frozenset({*causes, f"code:{code}", *_transfer(request)})
        for way in ways(party, fitting(party, wanted, seen), seen):
            if isinstance(way, Way):
                return _go(request, facts, party, way, replace(progress, cause=causes[0], code=code, reason=reason))
    if progress.more and progress.by:
        return _return(request, f"{why}: the next target", replace(_back(progress), code=code, reason=reason))
    return replied(request, code, reason, why, why)


def not_there(request: Request, fact: str) -> Verdict | None:
    """A target that does not exist, or that no trunk takes: who sent the call there is asked again; None for nobody."""
    if not _progress(request).by or not _is_target(request):
        return None
    return _return(request, f"{fact}: passed over", replace(_back(_progress(request)), missing=True))


def gone_round(request: Request, facts: Facts) -> Verdict:
    """A call never comes to somebody who sent it on, by whatever number."""
    party = facts.callee
    if isinstance(party, Party) and party.aor in _progress(request).history:
        back = not_there(request, f"{party.aor} has sent the call on already")
        assert back is not None
        return back
    return NOBODY_TWICE


def onward(request: Request, facts: Facts) -> str:
    """What the failure route must know to let the call go on; "" when nothing may follow."""
    progress = _progress(request)
    if progress.more:
        return _text(request, facts, (ANY,), replace(_back(progress), code=0))
    party = facts.callee
    if not isinstance(party, Party) or ignores_rows(request):
        return ""
    if not party.forwarding:
        return _text(request, facts, (REDIRECTED,), Progress(party.aor, by=progress.by))
    seen = _seen(request, facts, party)
    later = frozenset({row.cause for row in party.forwarding} - {Cause.ALWAYS, Cause.FAILED_TRANSFER})
    rows = fitting(party, later | frozenset(_transfer(request)), seen)
    causes = dict.fromkeys(way.row.cause for way in ways(party, rows, seen) if isinstance(way, Way))
    return _text(request, facts, (*causes, REDIRECTED), Progress(party.aor, by=progress.by))


def ring_s(request: Request, facts: Facts) -> int:
    """How long the person's phones ring: as long as the row says that led here, or his own one for no answer."""
    progress, party = _progress(request), facts.callee
    if progress.ring_s and _is_target(request):
        return progress.ring_s
    if not isinstance(party, Party) or not party.forwarding or ignores_rows(request):
        return facts.node.ring_s
    seen = _seen(request, facts, party)
    first = next(fitting(party, frozenset({Cause.NO_ANSWER}), seen), None)
    return (first.after_s if first else None) or facts.node.ring_s


def ignores_rows(request: Request) -> bool:
    """Whether the callee's own rows do not count: for calls that must stay, and for a target with another behind it."""
    return PrivateHeader.NO_FORWARD in request.private or (_progress(request).more and _is_target(request))


def diverted(request: Request) -> tuple[Diverted, ...]:
    """Who has sent the call on, the first one first."""
    return _progress(request).by


def replied(request: Request, code: int, reason: str, fact: str, warning: str = "") -> Verdict:
    """The end of the leg by our own word: marked, so that no other gateway is tried, and told to the inbound leg."""
    leg = request.private.get(PrivateHeader.LEG, "")
    headers: tuple[Header, ...] = (("Warning", f"399 {request.uri.host} {quoted(warning)}"),) if warning else ()
    effects = (MarkLeg(leg, code), PutHandOver(leg, code, reason, headers))
    return Verdict("refused", fact, Reply(code, reason, headers), effects)


def _go(request: Request, facts: Facts, party: Party, way: Way, progress: Progress) -> Verdict:
    by = (*progress.by, Diverted(party.aor, progress.cause, party.caller_number or ""))
    count = len(by) + _before(request)
    if count > facts.node.most_forwards:
        return replied(request, 483, "Too Many Hops", f"{count} forwards", "The call was forwarded too often")
    ring = way.row.ring_s or (NEXT_TARGET_S if way.more else 0)
    next_ = Progress(
        *(party.aor, progress.cause, progress.code, progress.reason, way.row.id, way.position),
        to=progress.to, ring_s=ring, more=way.more, by=by,
    )  # fmt: skip
    called = f"{way.target.replace(':', '-')}@{party.domain}"
    fact = f"{party.aor}, row {way.row.id}: {progress.cause} → {way.target}"
    if way.row.cause == REDIRECTED:
        fact = f"the phone of {party.aor} → {way.target}"
    return Verdict("forwarded", fact, Retarget(called, next_, _outside(request, party, way)))


def _before(request: Request) -> int:
    """How often a call was forwarded before it came in by a trunk."""
    count = request.private.get(PrivateHeader.FORWARDS, "")
    return int(count) if count.isdecimal() else 0


def _outside(request: Request, party: Party, way: Way) -> tuple[Header, ...]:
    """What a call outside goes by: the rights, the site and the number of who forwards."""
    if is_service(way.target):
        return ((PrivateHeader.SERVICE, way.target),)
    if way.outside is None:
        return ()
    withheld = party.withhold or _caller(request) == ANONYMOUS
    headers = {
        PrivateHeader.OUTSIDE: str(way.outside.number_class),
        PrivateHeader.SITE: party.site.name,
        PrivateHeader.CALLER_NUMBER: party.caller_number or "",
        PrivateHeader.WITHHELD: "yes" if withheld else "",
    }
    return tuple((name, value) for name, value in headers.items() if value)


def _return(request: Request, fact: str, progress: Progress) -> Verdict:
    return Verdict("goes on", fact, Retarget(progress.at, progress))


def _back(progress: Progress) -> Progress:
    """The progress of who sent the call here, with his next target."""
    return replace(progress, position=progress.position + 1, ring_s=0, more=False, by=progress.by[:-1])


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
    return frozenset({progress.cause, f"code:{progress.code}", *_transfer(request)})


def _transfer(request: Request) -> tuple[str, ...]:
    """A call that somebody sent here blindly has one more cause to fail."""
    return (Cause.FAILED_TRANSFER,) if PrivateHeader.TRANSFERRED_BY in request.private else ()


def _seen(request: Request, facts: Facts, party: Party) -> Circumstances:
    origin = request.private.get(PrivateHeader.ORIGIN, Origin.INTERNAL)
    been = _progress(request).history | {party.aor}
    return circumstances(party, _caller(request), origin, facts, been)


def _caller(request: Request) -> str:
    return request.private.get(PrivateHeader.CALLER, "").partition("@")[0]


def _progress(request: Request) -> Progress:
    return request.progress or NOTHING


def _is_target(request: Request) -> bool:
    """Whether the call has been sent to whom it is for now, and is not back with who sent it."""
    progress = _progress(request)
    return bool(progress.by) and progress.by[-1].aor == progress.at


def _text(request: Request, facts: Facts, causes: tuple[str, ...], progress: Progress) -> str:
    leg = request.private[PrivateHeader.LEG]
    return str(Onward(key_of(facts.node.secret, leg), causes, progress))
