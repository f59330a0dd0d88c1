"""The outbound leg outside: by which trunk, how it is shown there, and how it goes on when that fails."""

from __future__ import annotations

from dataclasses import replace

from carillon.model.rights import NumberClass
from carillon.routing import spiral, whoanswers
from carillon.routing.admission import unavailable
from carillon.routing.chain import Verdict
from carillon.routing.decision import (
    Effect,
    RecordRoute,
    RemoveHeader,
    StripPrivate,
    Trunk,
)
from carillon.routing.diversion import told
from carillon.routing.facts import UNKNOWN, Facts
from carillon.routing.hop import again, diverted, progress_of
from carillon.routing.limits import ALL_LINES_BUSY, claim, free_lines, full, lines_asked, said, words
from carillon.routing.memo import Leg, Memo
from carillon.routing.onward import onward
from carillon.routing.outside import (
    Line,
    by_health,
    caller_effects,
    is_down,
    lines,
    outside_address,
    to_targets,
)
from carillon.routing.progress import Diverted, Onward, key_of
from carillon.routing.recording import must_be_recorded, outbound_rule, why_recorded
from carillon.routing.request import Request
from carillon.routing.sendon import forwards_before, not_there, replied
from carillon.routing.transferred import Shown, shown_outside
from carillon.sip.dialogproof import proof
from carillon.sip.private import PrivateHeader
from carillon.stores.ports import Limit, TrunkProfile


def by_trunk(request: Request, facts: Facts) -> Verdict:
    """Outside, by the first trunk of the caller's site that has a line and has not failed with this call.

    Those that are down come last: probes may err, and no call is refused because of them. Unknown health: as if up.
    """
    if facts.callee is not None:
        return Verdict("skipped", "inside")
    if facts.routes is UNKNOWN or facts.trunks is UNKNOWN:
        return Verdict("unknown", "the directory did not answer", unavailable(facts))
    domain, shown = request.uri.host, shown_outside(request, facts)
    trunks = {name: trunk for (home, name), trunk in facts.trunks.items() if home == domain}
    own = _untried(request, lines(request.uri.user, shown.site, facts.routes, trunks))
    fitting = to_targets(own, facts.targets, request.call_id)
    ranked = by_health(fitting, facts.trunks_down)
    if verdict := _line_first(request, facts, lines_asked(request, ranked, trunks)):
        return verdict
    free = free_lines(ranked, facts, domain)
    if not free:
        fact = f"no trunk takes {request.uri.user}"
        return not_there(request, fact) or replied(request, 404, "Not Found", fact)
    return _leaves(request, facts, free, trunks[free[0].name], shown, _why(free[0], fitting, facts))


def _line_first(request: Request, facts: Facts, wanted: tuple[Limit, ...]) -> Verdict | None:
    """Where lines are counted: one is to be claimed, or all are busy."""
    if not wanted:
        return None
    if facts.slots is None:
        return claim(request.private[PrivateHeader.LEG], (), request, wanted)
    reached = full(facts)
    if reached is None:
        return None
    return not_there(request, said(facts)) or replied(request, *ALL_LINES_BUSY, said(facts), words(reached))


def _leaves(
    request: Request, facts: Facts, free: tuple[Line, ...], trunk: TrunkProfile, shown: Shown, why: str
) -> Verdict:
    """By the first of these lines, which is of this trunk; not where it must be recorded and can't be."""
    first = free[0]
    rule, recording = outbound_rule(request, facts, first.name)
    if rule:
        why += f"; recorded, {why_recorded(rule)}"
        if rule.required and not facts.relay and not _is_emergency(request):
            return Verdict("refused", f"{why}, required", must_be_recorded(facts))
    called = f"{request.uri.user}@{request.uri.host}"
    party = whoanswers.by_trunk(first.name, called)
    effects = (
        StripPrivate(),
        RemoveHeader("Route"),
        *_shown_to_provider(request, trunk, shown),
        *_told_outside(request, trunk),
        RecordRoute(proof(facts.node.secrets, request.call_id, request.from_tag)),
        *spiral.marked_outside(facts),
        *spiral.named(facts, party, called),
    )
    memo = _memo(request, facts, free, party, str(recording) if recording and facts.relay else "")
    return Verdict("leaves", why, Trunk(first.name, first.uri, target=first.target), effects, memo)


def _memo(request: Request, facts: Facts, free: tuple[Line, ...], party: str, recording: str) -> Memo:
    """With how the call goes on when the first of these lines fails."""
    first, *others = free
    called = f"{request.uri.user}@{request.uri.host}"
    elsewhere = any(line.name != first.name for line in others)
    return Memo(
        *(Leg.OUTBOUND, request.private[PrivateHeader.LEG], called, request.uri.user),
        trunk=str(first), next_trunk=_next_trunk(request, facts, first) if elsewhere else "",
        onward=onward(request, facts), party=party, recording=recording,
        targets_left=_targets_left(first, others, facts, elsewhere=elsewhere),
    )  # fmt: skip


def _shown_to_provider(request: Request, trunk: TrunkProfile, shown: Shown) -> tuple[Effect, ...]:
    number = _original_caller(request, trunk) or shown.number
    return caller_effects(number, shown.name, trunk, withheld=shown.withheld)


def _untried(request: Request, fitting: tuple[Line, ...]) -> tuple[Line, ...]:
    tried = progress_of(request).tried
    return tuple(line for line in fitting if line.name not in tried)


def _targets_left(first: Line, others: list[Line], facts: Facts, *, elsewhere: bool) -> tuple[str, ...]:
    """Further places of the first trunk; those that are down only where there is no other trunk to try before."""
    down = frozenset() if facts.trunks_down is UNKNOWN or not elsewhere else facts.trunks_down
    return tuple(line.target for line in others if line.name == first.name and line.target not in down)


def _next_trunk(request: Request, facts: Facts, first: Line) -> str:
    """How the call goes on when this trunk fails: Asterisk dials again, and all is decided for the next one."""
    progress = again(progress_of(request))
    key = key_of(facts.node.secrets, request.private[PrivateHeader.LEG])
    return str(Onward(key, (), replace(progress, tried=(*progress.tried, first.name))))


def _why(first: Line, fitting: tuple[Line, ...], facts: Facts) -> str:
    """Which trunk is first, at which target, and what is known of the others' health."""
    chosen = f"trunk {first.name} at {first.target}" if first.target else f"trunk {first.name}"
    down = facts.trunks_down
    if down is UNKNOWN:
        return f"{chosen}; unknown which are down"
    late = dict.fromkeys(line.name if line.name in down else line.target for line in fitting if is_down(line, down))
    return f"{chosen}; down, so tried last: {', '.join(late)}" if late else chosen


def _told_outside(request: Request, trunk: TrunkProfile) -> tuple[Effect, ...]:
    """The provider is told by numbers that he knows: of those who have one, or the trunk's own."""
    by = diverted(request)
    if not by:
        return ()
    target = outside_address(request.uri.user, trunk)
    return told(by, target, lambda one: _number_of(one, trunk), forwards_before(request))


def _original_caller(request: Request, trunk: TrunkProfile) -> str | None:
    """The outside caller of a forwarded call, for a provider that we trust with numbers that are not ours."""
    caller = request.private.get(PrivateHeader.CALLER, "").partition("@")[0]
    return caller if diverted(request) and trunk.trusted and caller.startswith("+") else None


def _number_of(one: Diverted, trunk: TrunkProfile) -> str | None:
    number = one.number or trunk.main_number
    return outside_address(number, trunk) if number else None


def _is_emergency(request: Request) -> bool:
    return request.private.get(PrivateHeader.OUTSIDE) == NumberClass.EMERGENCY
