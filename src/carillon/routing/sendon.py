"""How a call leaves the person whom it was for: by a row, back to who sent it there, or with a code."""

from __future__ import annotations

from dataclasses import replace

from carillon.routing import groupalone
from carillon.routing.chain import Verdict
from carillon.routing.decision import Header, MarkLeg, PutHandOver, Reply, Retarget
from carillon.routing.facts import Facts
from carillon.routing.hop import back, caller_of, ignores_rows, is_target, progress_of, seen_by, transfer_causes
from carillon.routing.progress import REDIRECTED, Diverted, Progress
from carillon.routing.request import Request
from carillon.routing.rows import Way, fitting, is_service, ways
from carillon.sip.private import PrivateHeader
from carillon.sip.uri import quoted
from carillon.stores.ports import Party

ANONYMOUS = "anonymous"
NEXT_TARGET_S = 20
"""How long a target rings when another one follows it, unless the row says more."""


def ends(
    request: Request, facts: Facts, party: Party, causes: tuple[str, ...], code: int, reason: str, why: str
) -> Verdict:
    """A person can't be rung: his rows for these causes, the next target of who sent the call here, else the code."""
    progress = progress_of(request)
    if not ignores_rows(request):
        seen = seen_by(request, facts, party)
        wanted = frozenset({*causes, f"code:{code}", *transfer_causes(request)})
        for way in ways(party, fitting(party, wanted, seen), seen):
            if isinstance(way, Way):
                return send_on(request, facts, party, way, replace(progress, cause=causes[0], code=code, reason=reason))
    if progress.more and progress.by:
        return go_back(request, f"{why}: the next target", replace(back(progress), code=code, reason=reason))
    return replied(request, code, reason, why, why)


def not_there(request: Request, fact: str) -> Verdict | None:
    """A target that does not exist, or that no trunk takes: who sent the call there is asked again; None for nobody."""
    if not progress_of(request).by or not is_target(request):
        return None
    return go_back(request, f"{fact}: passed over", replace(back(progress_of(request)), missing=True))


def replied(request: Request, code: int, reason: str, fact: str, warning: str = "") -> Verdict:
    """The end of the leg by our own word: marked, so that no other gateway is tried, and told to the inbound leg."""
    leg = request.private.get(PrivateHeader.LEG, "")
    headers: tuple[Header, ...] = (("Warning", f"399 {request.uri.host} {quoted(warning)}"),) if warning else ()
    effects = (MarkLeg(leg, code), PutHandOver(leg, code, reason, headers))
    return Verdict("refused", fact, Reply(code, reason, headers), effects)


def send_on(request: Request, facts: Facts, party: Party, way: Way, progress: Progress) -> Verdict:
    """The call goes on by this row, unless it has gone on too often."""
    by = (*progress.by, Diverted(party.aor, progress.cause, party.caller_number or ""))
    count = len(by) + forwards_before(request)
    if count > facts.node.most_forwards:
        return replied(request, 483, "Too Many Hops", f"{count} forwards", "The call was forwarded too often")
    ring = way.row.ring_s or (NEXT_TARGET_S if way.more else 0)
    if way.row.id == groupalone.MEMBERS and not groupalone.is_member(way.row, way.position):
        ring = 0
    next_ = Progress(
        *(party.aor, progress.cause, progress.code, progress.reason, way.row.id, way.position),
        to=progress.to, ring_s=ring, more=way.more, tried=progress.tried, by=by,
    )  # fmt: skip
    called = f"{way.target.replace(':', '-')}@{party.domain}"
    fact = f"{party.aor}, row {way.row.id}: {progress.cause} → {way.target}"
    if way.row.cause == REDIRECTED:
        fact = f"the phone of {party.aor} → {way.target}"
    return Verdict("forwarded", fact, Retarget(called, next_, _outside(request, party, way)))


def go_back(request: Request, fact: str, progress: Progress) -> Verdict:
    """The call goes back to the person whose rows are asked again."""
    return Verdict("goes on", fact, Retarget(progress.at, progress))


def forwards_before(request: Request) -> int:
    """How often a call was forwarded before it came in by a trunk."""
    count = request.private.get(PrivateHeader.FORWARDS, "")
    return int(count) if count.isdecimal() else 0


def _outside(request: Request, party: Party, way: Way) -> tuple[Header, ...]:
    """What a call outside goes by: the rights, the site and the number of who forwards."""
    of_group = groupalone.told(party, way.row, way.position)
    if is_service(way.target):
        return (*of_group, (PrivateHeader.SERVICE, way.target))
    if way.outside is None:
        return of_group
    withheld = party.withhold or caller_of(request) == ANONYMOUS
    headers = {
        PrivateHeader.OUTSIDE: str(way.outside.number_class),
        PrivateHeader.SITE: party.site.name,
        PrivateHeader.CALLER_NUMBER: party.caller_number or "",
        PrivateHeader.WITHHELD: "yes" if withheld else "",
    }
    return (*of_group, *((name, value) for name, value in headers.items() if value))
