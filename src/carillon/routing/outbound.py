"""The outbound leg's main route: from Asterisk to a device (slides "Outbound Call Leg - Main Route")."""

from __future__ import annotations

from carillon.routing.admission import forwards_left, unavailable
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import (
    AddHeader,
    Decision,
    MarkLeg,
    PutHandOver,
    RecordRoute,
    RemoveHeader,
    Reply,
    Ring,
    SetFrom,
    StripPrivate,
    Trunk,
)
from carillon.routing.facts import UNKNOWN, Facts, NodeProfile
from carillon.routing.memo import Leg, Memo
from carillon.routing.numbering import NumberClass
from carillon.routing.outside import Line, by_health, caller_effects, hidden, lines
from carillon.routing.questions import Questions
from carillon.routing.request import Request
from carillon.routing.transferred import caller_question, name_shown, recall_rung, shown_outside
from carillon.sip.dialogproof import proof
from carillon.sip.legid import is_leg_id
from carillon.sip.private import PrivateHeader
from carillon.sip.uri import quoted
from carillon.stores.ports import Party


def ask(request: Request, node: NodeProfile) -> Questions:
    """One look-up: the party called; and whether any phone of theirs is registered, or which trunks there are.

    After a transfer one more: who was transferred.
    """
    domain, user = request.uri.host, request.uri.user
    caller = caller_question(request)
    if request.private.get(PrivateHeader.OUTSIDE) == NumberClass.EMERGENCY:
        return Questions(caller=caller, outbound=domain, health=domain)  # an extension of these digits is not asked
    if PrivateHeader.OUTSIDE in request.private:
        return Questions(callee=(domain, user), caller=caller, outbound=domain, health=domain)
    return Questions(callee=(domain, user), caller=caller, registered=f"{user}@{domain}")


def of_our_call(request: Request, facts: Facts) -> Verdict:
    """Asterisk calls out only for a call that came in by us: it carries the leg's id."""
    if request.to_tag:
        return Verdict("refused", "a dialog that is not ours", Reply(481, "Call/Transaction Does Not Exist"))
    leg = request.private.get(PrivateHeader.LEG, "")
    if not is_leg_id(facts.node.secret, leg):
        return Verdict("refused", f"no {PrivateHeader.LEG} of ours", Reply(403, "Not A Leg Of A Call"))
    return Verdict("passed", f"leg {leg}")


def party_exists(request: Request, facts: Facts) -> Verdict:
    """The called party may have been removed since the inbound leg."""
    if facts.callee is UNKNOWN:
        return Verdict("unknown", "the directory did not answer", unavailable(facts))
    if facts.callee is None and PrivateHeader.OUTSIDE in request.private:
        return Verdict("passed", f"{request.uri.user} is outside")
    if facts.callee is None:
        return _fails(request, 404, "Not Found", f"nobody has {request.uri.user} in {request.uri.host}")
    return Verdict("passed", f"{facts.callee.name} ({facts.callee.aor})")


def registered(request: Request, facts: Facts) -> Verdict:
    """No phone registered: 480, and the caller is told so (slide "Offline")."""
    if facts.callee is None:
        return Verdict("skipped", "outside")
    if facts.registered is False:
        name = facts.callee.name if isinstance(facts.callee, Party) else request.uri.user
        warning = ("Warning", f"399 {request.uri.host} {quoted(f'{name} has no phone registered')}")
        return _fails(request, 480, "Temporarily Unavailable", "no phone is registered", (warning,))
    return Verdict("passed", "unknown: tried all the same" if facts.registered is UNKNOWN else "a phone is registered")


def caller_shown(request: Request, facts: Facts) -> Verdict:
    """The callee sees the caller's own address, not Asterisk's; nobody where that is withheld (RFC 3323, 3325)."""
    aor = request.private.get(PrivateHeader.CALLER, "")
    if facts.callee is None:
        return Verdict("skipped", "the trunk says who calls")
    if not aor:
        return Verdict("unchanged", "no caller is known")
    if PrivateHeader.WITHHELD in request.private:
        return Verdict("withheld", "by the caller's wish", effects=hidden())
    name, uri = name_shown(request, facts), f"sip:{aor}"
    asserted = AddHeader("P-Asserted-Identity", f"{quoted(name)} <{uri}>" if name else f"<{uri}>")
    effects = (SetFrom(name, uri), RemoveHeader("P-Asserted-Identity"), asserted)
    return Verdict("shown", f"{name or aor} <{aor}>", effects=effects)


def by_trunk(request: Request, facts: Facts) -> Verdict:
    """Outside, by the trunks of the caller's site in their order; the others are left for the failure route.

    Those that are down come last: probes may err, and no call is refused because of them. Unknown health: as if up.
    """
    if facts.callee is not None:
        return Verdict("skipped", "inside")
    if facts.routes is UNKNOWN or facts.trunks is UNKNOWN:
        return Verdict("unknown", "the directory did not answer", unavailable(facts))
    domain, shown = request.uri.host, shown_outside(request, facts)
    trunks = {name: trunk for (home, name), trunk in facts.trunks.items() if home == domain}
    fitting = lines(request.uri.user, shown.site, facts.routes, trunks)
    first, *others = by_health(fitting, facts.trunks_down) or (None,)
    if first is None:
        return _fails(request, 404, "Not Found", f"no trunk takes {request.uri.user}")
    effects = (
        StripPrivate(),
        RemoveHeader("Route"),
        *caller_effects(shown.number, shown.name, trunks[first.name], withheld=shown.withheld),
        RecordRoute(proof(facts.node.secret, request.call_id, request.from_tag)),
    )
    left = tuple(str(line) for line in others)
    memo = Memo(
        Leg.OUTBOUND,
        request.private[PrivateHeader.LEG],
        f"{request.uri.user}@{domain}",
        request.uri.user,
        (),
        left,
        str(first),
    )
    return Verdict("leaves", _why(first, fitting, facts), Trunk(first.name, first.uri), effects, memo)


def _why(first: Line, fitting: tuple[Line, ...], facts: Facts) -> str:
    """Which trunk is first, and what is known of the others' health."""
    if facts.trunks_down is UNKNOWN:
        return f"trunk {first.name}; unknown which are down"
    late = [line.name for line in fitting if line.name in facts.trunks_down]
    return f"trunk {first.name}; down, so tried last: {', '.join(late)}" if late else f"trunk {first.name}"


def rung(request: Request, facts: Facts) -> Verdict:
    """Ring all phones of the called party; what each is offered is decided for its branch (`media`)."""
    assert isinstance(facts.callee, Party)
    if not facts.relay:
        words = f"{facts.callee.name} has encrypting phones only, and the media relay is out of order"
        warning = ("Warning", f"399 {facts.callee.domain} {quoted(words)}")
        return _fails(request, 488, "Not Acceptable Here", "no phone could be offered plain sound", (warning,))
    memo = Memo(Leg.OUTBOUND, request.private[PrivateHeader.LEG], facts.callee.aor, facts.callee.name)
    effects = (
        StripPrivate(),
        RemoveHeader("Route"),
        RecordRoute(proof(facts.node.secret, request.call_id, request.from_tag)),
    )
    ring = Ring(facts.callee.aor, facts.node.ring_s)
    return Verdict("rings", f"{facts.callee.aor} for {ring.ring_s} s", ring, effects, memo)


RULES = (forwards_left, of_our_call, party_exists, registered, caller_shown, recall_rung, by_trunk, rung)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with an INVITE from our own Asterisk."""
    return decide_by(RULES, request, facts)


def _fails(request: Request, code: int, reason: str, fact: str, headers: tuple[tuple[str, str], ...] = ()) -> Verdict:
    leg = request.private.get(PrivateHeader.LEG, "")
    effects = (MarkLeg(leg, code), PutHandOver(leg, code, reason, headers))
    return Verdict("refused", fact, Reply(code, reason, headers), effects)
