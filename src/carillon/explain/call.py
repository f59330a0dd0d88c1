"""One call through both legs: the decisions that the engines would be given, rule by rule."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from carillon.routing import failures, outbound
from carillon.routing.decision import AddHeader, Decision, Pass, Relay, Reply, Ring, Trunk
from carillon.routing.entrance import route_of
from carillon.routing.facts import UNKNOWN, Facts, FailureFacts, Gateway, NodeProfile, Unknown
from carillon.routing.questions import Questions
from carillon.routing.request import Request, Source
from carillon.sip.digest import Algorithm, Credentials, make_nonce
from carillon.sip.private import PREFIX, PrivateHeader
from carillon.sip.uri import SipUri, display_name
from carillon.stores.ports import Account, Directory, TrunkProfile

FRESH = "0123456789abcdef01234567"

LATER = {
    "busy": FailureFacts(486, "Busy Here"),
    "no-answer": FailureFacts(408, timed_out=True, rang=True),
    "offline": FailureFacts(408, timed_out=True),
    "declined": FailureFacts(603, "Decline"),
}
"""How a ringing call may fail, by the names of the forwarding causes."""


BY_TRUNK = {
    "busy": LATER["busy"],
    "no-answer": LATER["no-answer"],
    "unreachable": FailureFacts(408, timed_out=True),
}
"""How a call by a trunk may fail."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Who calls whom, when (Unix seconds), and whether the called party has a phone registered.

    The caller is a device of ours, or somebody outside whose call comes by a trunk.
    `trunks_down` are those of the caller's domain.
    """

    caller: Account | TrunkProfile
    dialled: str
    now: float
    registered: Callable[[str], bool]
    trunks_down: frozenset[str] | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class Explanation:
    """The legs that the call has, what its caller gets, and what happens when the phones do not answer."""

    legs: tuple[tuple[str, Decision], ...]
    outcome: str
    then: dict[str, str]


def explain(situation: Situation, node: NodeProfile, directory: Directory) -> Explanation:
    """Decide both legs of a call; raises StoreDown."""
    request = _first(situation, node)
    route = route_of(request, node)
    first = route.decide(request, _facts(route.ask(request, node), situation, node, directory))
    if not isinstance(first.outcome, Relay):
        return Explanation((("inbound", first),), _words(first), {})
    again = _from_gateway(request, first, first.outcome.gateway)
    facts = _facts(outbound.ask(again, node), situation, node, directory)
    second = outbound.decide(again, facts)
    legs = (("inbound", first), ("outbound", second))
    return Explanation(legs, _words(second), _then(again, facts, second))


def _first(situation: Situation, node: NodeProfile) -> Request:
    caller = situation.caller
    return _from_phone(caller, situation, node) if isinstance(caller, Account) else _from_trunk(caller, situation)


def _from_trunk(trunk: TrunkProfile, situation: Situation) -> Request:
    target, caller = SipUri(situation.dialled, trunk.domain), SipUri("anonymous", "anonymous.invalid")
    return Request(
        *("INVITE", target, caller, target, "explained"),
        from_tag="explained", source=Source.TRUNK, trunk=trunk, withheld=True, source_address=trunk.host,
    )  # fmt: skip


def _from_phone(account: Account, situation: Situation, node: NodeProfile) -> Request:
    target = SipUri(situation.dialled, account.domain)
    return Request(
        *("INVITE", target, SipUri(account.party.extension, account.domain), target, "explained"),
        from_tag="explained", credentials=_proof(account, str(target), node.secret, situation.now),
    )  # fmt: skip


def _proof(account: Account, uri: str, secret: bytes, now: float) -> Credentials:
    """The answer that the phone's password would give; its HA1 is enough to make it (RFC 7616 §3.4.1)."""
    nonce = make_nonce(secret, account.domain, now, FRESH)
    ha2 = hashlib.sha256(f"INVITE:{uri}".encode()).hexdigest()
    text = f"{account.ha1_sha256}:{nonce}:00000001:explain:auth:{ha2}"
    response = hashlib.sha256(text.encode()).hexdigest()
    return Credentials(
        account.username, account.domain, nonce, uri, response, Algorithm.SHA256, "auth", "00000001", "explain"
    )


def _from_gateway(request: Request, decision: Decision, gateway: Gateway) -> Request:
    """The INVITE with which Asterisk comes back, carrying the private headers that it was given."""
    given = {effect.name: effect.value for effect in decision.effects if isinstance(effect, AddHeader)}
    user, _, domain = given[PrivateHeader.CALLED].partition("@")
    return replace(
        request,
        uri=SipUri(user, domain),
        source=Source.GATEWAY,
        source_address=gateway.address,
        source_port=gateway.port,
        trunk=None,
        credentials=None,
        from_name=display_name(given["P-Asserted-Identity"].rpartition("<")[0]),
        private={name: value for name, value in given.items() if name.startswith(PREFIX)},
    )


def _facts(asked: Questions, situation: Situation, node: NodeProfile, directory: Directory) -> Facts:
    return Facts(
        now=situation.now,
        node=node,
        domains=directory.domains(),
        account=situation.caller if asked.account and isinstance(situation.caller, Account) else None,
        callee=directory.party(*asked.callee) if asked.callee else None,
        registered=situation.registered(asked.registered) if asked.registered else False,
        routes=directory.outbound(asked.outbound) if asked.outbound else (),
        trunks=directory.trunks() if asked.outbound else {},
        trunks_down=situation.trunks_down if asked.health else UNKNOWN,
        fresh_id=FRESH,
    )


def _then(request: Request, facts: Facts, ringing: Decision) -> dict[str, str]:
    if ringing.memo is None or not isinstance(ringing.outcome, Ring | Trunk):
        return {}
    if isinstance(ringing.outcome, Trunk):
        return {cause: _end(failures.decide(ringing.memo, failure), failure) for cause, failure in BY_TRUNK.items()}
    ends = {cause: _end(failures.decide(ringing.memo, failure), failure) for cause, failure in LATER.items()}
    ends["offline"] = _words(outbound.decide(request, replace(facts, registered=False)))
    return ends


def _end(decision: Decision, failure: FailureFacts) -> str:
    if isinstance(decision.outcome, Pass):
        return f"the caller gets {failure.code} {failure.reason}"
    return _words(decision)


def _words(decision: Decision) -> str:
    match decision.outcome:
        case Ring(aor, ring_s):
            return f"rings {aor} for {ring_s} s"
        case Trunk(name, uri):
            return f"leaves by trunk {name} as {uri}"
        case Relay(gateway, called):
            return f"goes to {called} by gateway {gateway}"
        case Reply(code, reason):
            return f"the caller gets {code} {reason}"
        case other:
            return type(other).__name__
