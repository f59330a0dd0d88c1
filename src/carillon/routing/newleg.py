"""What a new inbound leg is, wherever it comes from: a call of its own, marked for Asterisk by private headers."""

from __future__ import annotations

from carillon.routing import spiral
from carillon.routing.affinity import in_order
from carillon.routing.calledname import UNTOLD, address
from carillon.routing.chain import Verdict
from carillon.routing.decision import AddHeader, Effect, RecordRoute, RemoveHeader, Reply, StripPrivate
from carillon.routing.facts import UNKNOWN, Facts, Gateway
from carillon.routing.media import anchor_of
from carillon.routing.memo import Leg, Memo
from carillon.routing.recording import inbound_rule, is_recorded, keys_told, told_recorded
from carillon.routing.request import Request
from carillon.routing.words import CALL_BACK
from carillon.sip.dialogproof import proof
from carillon.sip.legid import make_leg_id
from carillon.sip.private import PrivateHeader
from carillon.sip.uri import quoted
from carillon.stores.ports import Named, Party


def own_dialog(request: Request, facts: Facts) -> Verdict:
    """A To tag without our proof names a dialog that is not ours: 481 (RFC 3261 §12.2.2)."""
    if request.to_tag:
        return Verdict("refused", "a dialog that is not ours", Reply(481, "Call/Transaction Does Not Exist"))
    return Verdict("passed", "a new call")


def media_effects(*, ipv6: bool) -> tuple[Effect, ...]:
    """What Asterisk must know of the side that it calls: whether its media is IPv6, on a node that has both."""
    return (AddHeader(PrivateHeader.MEDIA, "6"),) if ipv6 else ()


def asserted(party: Party) -> tuple[Effect, ...]:
    """Who calls is what was authenticated, not what the phone wrote (RFC 3325 §5)."""
    return (
        RemoveHeader("P-Preferred-Identity"),
        RemoveHeader("P-Asserted-Identity"),
        AddHeader("P-Asserted-Identity", f"{quoted(party.name)} <sip:{party.aor}>"),
    )


def service_of(facts: Facts) -> str:
    """What of ours answers at the number that was called, "" for a person."""
    return facts.callee.service if isinstance(facts.callee, Party) else ""


def to_service(service: str) -> tuple[Effect, ...]:
    """What Asterisk must know of it."""
    return (AddHeader(PrivateHeader.SERVICE, service),) if service else ()


def leg_of(facts: Facts) -> str:
    """The id of the leg that begins."""
    return make_leg_id(facts.node.secrets, facts.fresh_id)


def marked(
    request: Request,
    facts: Facts,
    caller: str,
    called: str,
    origin: str,
    *more: Effect,
    service: str = "",
    way: tuple[Gateway, ...] | None = None,
) -> Verdict:
    """Both legs of a call are joined by an id in our private headers; a sender's own are removed first.

    `caller` and `called` are addresses of record, `origin` is internal or external. `service` names what answers at
    the gateway, if nobody is called. `way` is where it goes, if that is known.
    """
    leg_id = leg_of(facts)
    anchor = anchor_of(request, facts)
    recording = inbound_rule(request, facts)[1] if is_recorded(request, facts) else None
    effects: tuple[Effect, ...] = (
        StripPrivate(),
        RemoveHeader("Authorization"),  # for us, and a strange one would make Asterisk drop the call in silence
        RemoveHeader("Proxy-Authorization"),
        RemoveHeader("Route"),  # the sender's outbound proxy was us
        RemoveHeader("Replaces"),  # nobody takes over a call that he only knows of (RFC 3891 §4)
        AddHeader(PrivateHeader.LEG, leg_id),
        AddHeader(PrivateHeader.CALLER, caller),
        AddHeader(PrivateHeader.CALLED, called),
        AddHeader(PrivateHeader.ORIGIN, origin),
        *more,
        *told_recorded(request, facts),
        *(keys_told(anchor.session, recording) if anchor and recording else ()),
        RecordRoute(proof(facts.node.secrets, request.call_id, request.from_tag), anchor),
    )
    name = facts.callee.name if isinstance(facts.callee, Party) else ""
    first, *further = (in_order(request, facts, service=bool(service)) if way is None else way) or (None,)
    others = tuple(map(str, further))
    if first and first == facts.node.spiral:
        outside = spiral.marked_outside(facts) if origin == "external" else ()
        effects = (*effects, *outside, spiral.followed(leg_id, caller, called, more))
    shown = UNTOLD if origin == "external" else _shown(facts, called, name)
    waits = caller if origin == "internal" and name and not service and "@" in called else ""
    memo = Memo(
        *(Leg.INBOUND, leg_id, called, name, others),
        anchor=anchor, service=service, shown=shown, recording=str(recording or ""), caller=waits,
        says=CALL_BACK if waits and _hints(facts, called) else "",
    )  # fmt: skip
    return Verdict("marked", f"leg {leg_id}", effects=effects, memo=memo)


def _hints(facts: Facts, called: str) -> bool:
    """Whether callers inside are told of call-back."""
    profile = None if facts.domains is UNKNOWN else facts.domains.get(called.rpartition("@")[2])
    return bool(profile and profile.callback_hint)


def _shown(facts: Facts, called: str, name: str) -> str:
    """Who the caller is told he has called; "" where only Asterisk knows."""
    if isinstance(facts.callee, Party):
        return address(name, called)
    return address(facts.named.name if isinstance(facts.named, Named) else "", called) if called[0] == "+" else ""
