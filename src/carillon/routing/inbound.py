"""The inbound leg's main route: from a device towards Asterisk (slides "Inbound Call Leg - Main Route")."""

from __future__ import annotations

from carillon.routing.admission import (
    account_question,
    authenticated,
    caller,
    forwards_left,
    home_domain,
    nonce_question,
    unavailable,
)
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import (
    AddHeader,
    Decision,
    Effect,
    RecordRoute,
    Relay,
    RemoveHeader,
    Reply,
    StripPrivate,
)
from carillon.routing.facts import UNKNOWN, Facts, NodeProfile
from carillon.routing.memo import Leg, Memo
from carillon.routing.questions import Questions
from carillon.routing.request import Request
from carillon.sip.dialogproof import proof
from carillon.sip.legid import make_leg_id
from carillon.sip.private import PrivateHeader
from carillon.sip.uri import quoted
from carillon.stores.ports import Party


def ask(request: Request, node: NodeProfile) -> Questions:
    """Two look-ups: the caller's account and the party called. A stranger costs none."""
    if request.credentials is None:
        return Questions(fresh_id=True, domains=True)
    domain = home_domain(request.uri.host, node, request.credentials.realm)
    return Questions(
        account=account_question(request),
        callee=(domain, request.uri.user),
        nonce_use=nonce_question(request),
        fresh_id=True,
        domains=True,
    )


def own_dialog(request: Request, facts: Facts) -> Verdict:
    """A To tag without our proof names a dialog that is not ours: 481 (RFC 3261 §12.2.2)."""
    if request.to_tag:
        return Verdict("refused", "a dialog that is not ours", Reply(481, "Call/Transaction Does Not Exist"))
    return Verdict("passed", "a new call")


def number_exists(request: Request, facts: Facts) -> Verdict:
    """The dialled number must be somebody's in the caller's own domain, else 404."""
    if facts.callee is UNKNOWN:
        return Verdict("unknown", "the directory did not answer", unavailable(facts))
    domain = home_domain(request.uri.host, facts.node, caller(facts).domain)
    if facts.callee is None or domain != caller(facts).domain:
        return Verdict("refused", f"nobody has {request.uri.user or 'this address'} in {domain}", _not_found())
    return Verdict("passed", f"{request.uri.user} is {facts.callee.name} ({facts.callee.aor})")


def caller_asserted(request: Request, facts: Facts) -> Verdict:
    """Who calls is what was authenticated, not what the phone wrote (RFC 3325 §5)."""
    party = caller(facts)
    asserted = f"{quoted(party.name)} <sip:{party.aor}>"
    effects: tuple[Effect, ...] = (
        RemoveHeader("P-Preferred-Identity"),
        RemoveHeader("P-Asserted-Identity"),
        AddHeader("P-Asserted-Identity", asserted),
    )
    return Verdict("asserted", asserted, effects=effects)


def leg_marked(request: Request, facts: Facts) -> Verdict:
    """Both legs of a call are joined by an id in our private headers; a caller's own are removed first."""
    leg_id, callee = make_leg_id(facts.node.secret, facts.fresh_id), _callee(facts)
    effects = (
        StripPrivate(),
        RemoveHeader("Route"),  # the phone's outbound proxy was us
        AddHeader(PrivateHeader.LEG, leg_id),
        AddHeader(PrivateHeader.CALLER, caller(facts).aor),
        AddHeader(PrivateHeader.CALLED, callee.aor),
        AddHeader(PrivateHeader.ORIGIN, "internal"),
        RecordRoute(proof(facts.node.secret, request.call_id, request.from_tag)),
    )
    others = tuple(str(gateway) for gateway in facts.node.gateways[1:])
    memo = Memo(Leg.INBOUND, leg_id, callee.aor, callee.name, others)
    return Verdict("marked", f"leg {leg_id}", effects=effects, memo=memo)


def to_gateway(request: Request, facts: Facts) -> Verdict:
    """To this node's Asterisk; the others are left in the memo for the failure route."""
    if not facts.node.gateways:
        return Verdict("unavailable", "no gateway is configured", unavailable(facts))
    first = facts.node.gateways[0]
    return Verdict("relayed", f"gateway {first}", Relay(first, _callee(facts).aor))


RULES = (forwards_left, authenticated, own_dialog, number_exists, caller_asserted, leg_marked, to_gateway)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with an INVITE from a device."""
    return decide_by(RULES, request, facts)


def _callee(facts: Facts) -> Party:
    assert isinstance(facts.callee, Party)
    return facts.callee


def _not_found() -> Reply:
    return Reply(404, "Not Found")
