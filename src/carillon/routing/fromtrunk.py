"""The inbound leg of a call that comes by a trunk (slide "From a Trunk or from a Peer"): no credentials, an address."""

from __future__ import annotations

from carillon.model.e164 import is_e164
from carillon.routing import access
from carillon.routing.admission import forwards_left, media_fits, unavailable
from carillon.routing.affinity import asked_where, relayed
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import (
    AddHeader,
    Decision,
    Effect,
    RemoveHeader,
    Reply,
)
from carillon.routing.facts import UNKNOWN, Facts, NodeProfile
from carillon.routing.limits import NO_LIMIT, claim, full, of_domain, of_trunk, said, words
from carillon.routing.media import anchored
from carillon.routing.names import looked_up
from carillon.routing.newleg import leg_of, marked, media_effects, own_dialog, service_of, to_service
from carillon.routing.numbering import from_trunk
from carillon.routing.questions import Questions
from carillon.routing.recording import recorded
from carillon.routing.request import Request
from carillon.routing.sessiontimer import timed
from carillon.sip.private import Kind, PrivateHeader
from carillon.sip.uri import quoted
from carillon.stores.ports import Party, TrunkProfile

ANONYMOUS = "anonymous"


def speaks_from(address: str, port: int) -> str:
    """By what a trunk that sends from an address is known: on this machine its port counts, as others are there too."""
    if address.startswith("127.") or address == "::1":
        return f"{address}:{port}"
    return address


def ask(request: Request, node: NodeProfile) -> Questions:
    """One look-up: whoever has the number."""
    trunk = _trunk(request)
    return Questions(
        callee=(trunk.domain, dialled(request, trunk)),
        fresh_id=True,
        domains=True,
        callee6=bool(node.gateways6),
        elsewhere=bool(node.siblings),
    )


def dialled(request: Request, trunk: TrunkProfile) -> str:
    """The number that was called: the Request-URI's, or To's where a registered trunk sends our own user there."""
    ours = {trunk.registered_user, f"{trunk.name}.{trunk.domain}"}
    user = request.to_uri.user if request.uri.user in ours else request.uri.user
    if user in ours and trunk.main_number:
        return trunk.main_number
    return from_trunk(user, trunk.country)


def number_exists(request: Request, facts: Facts) -> Verdict:
    """The number must be somebody's; a trunk never reaches other trunks through us."""
    number = dialled(request, _trunk(request))
    if facts.callee is UNKNOWN:
        return Verdict("unknown", "the directory did not answer", unavailable(facts))
    if facts.callee is None:
        return Verdict("refused", f"nobody has {number}", Reply(404, "Not Found"))
    return Verdict("passed", f"{number} is {facts.callee.name} ({facts.callee.aor})")


def access_granted(request: Request, facts: Facts) -> Verdict:
    """The access number lets in by the caller's number, on a trunk that is trusted; whose it is, the service sees."""
    if not access.is_number(facts.callee):
        return Verdict("skipped", "no access number")
    trunk, number = _trunk(request), _caller(request)
    if not trunk.trusted:
        return Verdict("refused", f"trunk {trunk.name} is not trusted with callers' numbers", Reply(*access.REFUSED))
    if not is_e164(number):
        return Verdict("refused", f"the caller's number is {number}", Reply(*access.REFUSED))
    return Verdict("passed", f"by the number {number}, of a trusted trunk")


def not_round_and_round(request: Request, facts: Facts) -> Verdict:
    """A call that has been forwarded too often is one that goes round by trunks: 483."""
    count, most = request.diversions, facts.node.most_forwards
    if count >= most:
        warning = ("Warning", f"399 {_trunk(request).domain} {quoted('The call was forwarded too often')}")
        return Verdict("refused", f"forwarded {count} times", Reply(483, "Too Many Hops", (warning,)))
    return Verdict("passed", f"forwarded {count} times")


def room_for_call(request: Request, facts: Facts) -> Verdict:
    """The lines of the trunk, and the limit of the domain: who calls from outside finds us busy."""
    trunk = _trunk(request)
    limits = (*((of_trunk(trunk),) if trunk.most_calls else ()), *of_domain(_callee(facts)))
    if not limits:
        return NO_LIMIT
    if facts.slots is None:
        return claim(leg_of(facts), limits, request, parties=asked_where(facts, _callee(facts).aor))
    reached = full(facts)
    if reached is None:
        return Verdict("passed", said(facts))
    warning = ("Warning", f"399 {trunk.domain} {quoted(words(reached))}")
    return Verdict("refused", said(facts), Reply(486, "Busy Here", (warning,)))


def caller_told(request: Request, facts: Facts) -> Verdict:
    """Who calls, as the provider says it, in E.164; nobody where that is withheld (RFC 3323, RFC 3325)."""
    number = _caller(request)
    name = "" if number == ANONYMOUS else request.from_name
    told = f"{quoted(name)} <sip:{number}@{_home(request)}>" if name else f"<sip:{number}@{_home(request)}>"
    effects: tuple[Effect, ...] = (
        RemoveHeader("P-Preferred-Identity"),
        RemoveHeader("P-Asserted-Identity"),
        AddHeader("P-Asserted-Identity", told),
    )
    return Verdict("told", told, effects=effects)


def caller_looked_up(request: Request, facts: Facts) -> Verdict:
    """Sources outside are asked who calls."""
    return looked_up(_trunk(request).domain, _caller(request), facts)


def leg_marked(request: Request, facts: Facts) -> Verdict:
    """An external call."""
    count = request.diversions
    before = (AddHeader(PrivateHeader.FORWARDS, str(count)),) if count else ()
    who, service = f"{_caller(request)}@{_home(request)}", service_of(facts)
    if access.is_number(facts.callee):
        service = f"{service}:{_caller(request)}"
    party = AddHeader(PrivateHeader.PARTY, f"{Kind.TRUNK}:{_trunk(request).name}@{_trunk(request).domain} {who}")
    more = (*before, party, *media_effects(ipv6=facts.callee6), *to_service(service))
    return marked(request, facts, who, _callee(facts).aor, "external", *more, service=service)


def to_gateway(request: Request, facts: Facts) -> Verdict:
    """To an Asterisk of this node."""
    called = _callee(facts).aor
    return relayed(request, facts, called, leg_of(facts), called)


RULES = (
    forwards_left,
    own_dialog,
    media_fits,
    number_exists,
    access_granted,
    not_round_and_round,
    room_for_call,
    caller_told,
    caller_looked_up,
    timed,
    recorded,
    anchored,
    leg_marked,
    to_gateway,
)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with an INVITE from a trunk."""
    return decide_by(RULES, request, facts)


def _callee(facts: Facts) -> Party:
    assert isinstance(facts.callee, Party)
    return facts.callee


def _trunk(request: Request) -> TrunkProfile:
    assert request.trunk is not None
    return request.trunk


def _caller(request: Request) -> str:
    """The caller's number: asserted by the provider, else From's."""
    if request.withheld:
        return ANONYMOUS
    user = (request.asserted or request.from_uri).user
    return from_trunk(user, _trunk(request).country) if user else ANONYMOUS


def _home(request: Request) -> str:
    return "anonymous.invalid" if _caller(request) == ANONYMOUS else _trunk(request).domain
