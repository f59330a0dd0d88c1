"""The inbound leg's main route: from a device towards Asterisk (slides "Inbound Call Leg - Main Route")."""

from __future__ import annotations

from carillon.model.rights import NumberClass
from carillon.routing import access
from carillon.routing.admission import (
    account_question,
    authenticated,
    caller,
    forwards_left,
    home_domain,
    media_fits,
    nonce_question,
    unavailable,
)
from carillon.routing.affinity import asked_where, relayed
from carillon.routing.callback import asks_who_was_busy
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.codes import Feature, dialled
from carillon.routing.decision import (
    AddHeader,
    Decision,
    Effect,
    Reply,
)
from carillon.routing.facts import UNKNOWN, Facts, NodeProfile
from carillon.routing.limits import NO_LIMIT, claim, full, of_caller, said, words
from carillon.routing.meant import meant_outside, told_outside
from carillon.routing.media import anchored
from carillon.routing.names import NOBODY_ASKED, looked_up
from carillon.routing.newleg import asserted, leg_of, marked, media_effects, own_dialog, service_of, to_service
from carillon.routing.numbering import cleaned
from carillon.routing.outside import lines
from carillon.routing.questions import Questions
from carillon.routing.recording import recorded
from carillon.routing.request import Request
from carillon.routing.services import NO_SERVICE, code_served, served_code
from carillon.routing.sessiontimer import timed
from carillon.sip.private import PrivateHeader
from carillon.sip.uri import quoted
from carillon.stores.ports import Party, Scope


def ask(request: Request, node: NodeProfile) -> Questions:
    """Two look-ups: the caller's account and the party called. A stranger costs none."""
    if request.credentials is None:
        return Questions(fresh_id=True, domains=True)
    domain = home_domain(request.uri.host, node, request.credentials.realm)
    number = cleaned(dialled(request.uri.user).number)
    return Questions(
        account=account_question(request),
        callee=(domain, number) if number else None,
        outbound=domain,
        nonce_use=nonce_question(request),
        fresh_id=True,
        domains=True,
        callee6=bool(node.gateways6),
        busy=asks_who_was_busy(request),
        elsewhere=bool(node.siblings),
    )


def code_matched(request: Request, facts: Facts) -> Verdict:
    """A feature code before the number, or none; one that wants a number needs it."""
    found = dialled(request.uri.user)
    if found.code is None:
        return Verdict("none", "no feature code")
    if found.code.needs_number and not found.number:
        warning = ("Warning", f"399 {caller(facts).domain} {quoted(f'Dial {found.code.written}')}")
        return Verdict("refused", f"nothing behind {found.code.code}", Reply(404, "Not Found", (warning,)))
    return Verdict(found.code.feature, f"{found.code.code}, and {found.number or 'no number'}")


def number_exists(request: Request, facts: Facts) -> Verdict:
    """The dialled number must be somebody's in the caller's own domain, or a valid one outside, else 404."""
    if facts.callee is UNKNOWN or facts.routes is UNKNOWN:
        return Verdict("unknown", "the directory did not answer", unavailable(facts))
    domain = home_domain(request.uri.host, facts.node, caller(facts).domain)
    outside, number = meant_outside(request, facts), dialled(request.uri.user).number
    if outside:
        return Verdict("passed", f"{number} is {outside.number}, {outside.number_class}")
    if access.is_number(facts.callee):
        return Verdict("refused", f"{number} is an access number, for calls from outside", _not_found())
    if facts.callee is None or domain != caller(facts).domain:
        return Verdict("refused", f"nobody has {number or 'this address'} in {domain}", _not_found())
    return Verdict("passed", f"{number} is {facts.callee.name} ({facts.callee.aor})")


def allowed(request: Request, facts: Facts) -> Verdict:
    """Outside calls need the right to their class; emergency calls need none."""
    outside = meant_outside(request, facts)
    if outside is None:
        return Verdict("passed", "internal")
    if outside.number_class is NumberClass.EMERGENCY:
        return Verdict("passed", "an emergency call")
    if outside.number_class in caller(facts).outside:
        return Verdict("passed", f"{caller(facts).aor} may make {outside.number_class} calls")
    fact = f"{caller(facts).aor} may not make {outside.number_class} calls"
    warning = ("Warning", f"399 {caller(facts).domain} {quoted(f'You may not make {outside.number_class} calls')}")
    return Verdict("refused", fact, Reply(403, "Forbidden", (warning,)))


def room_for_service(request: Request, facts: Facts) -> Verdict:
    """Who asks a service of ours has a call too."""
    return _room(request, facts) if served_code(request) else NO_SERVICE


def room_for_call(request: Request, facts: Facts) -> Verdict:
    """The limits of who calls: his own, those of his groups, and his domain's. Nobody is kept from calling for help."""
    outside = meant_outside(request, facts)
    if outside and outside.number_class is NumberClass.EMERGENCY:
        return Verdict("skipped", "an emergency call")
    return _room(request, facts)


def _room(request: Request, facts: Facts) -> Verdict:
    party = caller(facts)
    limits = of_caller(party)
    if not limits:
        return NO_LIMIT
    if facts.slots is None:
        return claim(leg_of(facts), limits, request, parties=asked_where(facts, *_parties(facts)))
    reached = full(facts)
    if reached is None:
        return Verdict("passed", said(facts))
    why = words(reached, "You", "have") if reached.scope is Scope.USER else words(reached)
    warning = ("Warning", f"399 {party.domain} {quoted(why)}")
    return Verdict("refused", said(facts), Reply(403, "Too Many Calls", (warning,)))


def caller_asserted(request: Request, facts: Facts) -> Verdict:
    """Who calls is what was authenticated, not what the phone wrote (RFC 3325 §5)."""
    party = caller(facts)
    return Verdict("asserted", f"{quoted(party.name)} <sip:{party.aor}>", effects=asserted(party))


def called_looked_up(request: Request, facts: Facts) -> Verdict:
    """Sources outside are asked who is called."""
    outside = meant_outside(request, facts)
    emergency = outside is None or outside.number_class is NumberClass.EMERGENCY
    return NOBODY_ASKED if outside is None or emergency else looked_up(caller(facts).domain, outside.number, facts)


def leg_marked(request: Request, facts: Facts) -> Verdict:
    """An internal call, with what the outbound leg must know of who calls."""
    service = "" if meant_outside(request, facts) else service_of(facts)
    told = (*told_headers(request, facts), *media_effects(ipv6=_calls_ipv6(request, facts)), *to_service(service))
    called = called_address(request, facts)
    return marked(request, facts, caller(facts).aor, called, "internal", *told, service=service)


def to_gateway(request: Request, facts: Facts) -> Verdict:
    """To an Asterisk of this node."""
    return relayed(request, facts, called_address(request, facts), leg_of(facts), *_parties(facts))


RULES = (
    forwards_left,
    authenticated,
    own_dialog,
    media_fits,
    code_matched,
    room_for_service,
    code_served,
    number_exists,
    allowed,
    room_for_call,
    called_looked_up,
    caller_asserted,
    timed,
    recorded,
    anchored,
    leg_marked,
    to_gateway,
)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with an INVITE from a device."""
    return decide_by(RULES, request, facts)


def called_address(request: Request, facts: Facts) -> str:
    outside = meant_outside(request, facts)
    if outside:
        return f"{outside.number}@{caller(facts).domain}"
    assert isinstance(facts.callee, Party)
    return facts.callee.aor


def told_headers(request: Request, facts: Facts) -> tuple[Effect, ...]:
    """What the outbound leg must know of who calls, so that it need not look the caller up again.

    Colleagues see who calls, but for a call with a code that says otherwise.
    """
    outside, party, feature = meant_outside(request, facts), caller(facts), dialled(request.uri.user).feature
    if outside is None:
        return (AddHeader(PrivateHeader.WITHHELD, "yes"),) if feature is Feature.WITHHOLD else ()
    wish = party.withhold or request.withheld if feature is None else feature is Feature.WITHHOLD
    headers = told_outside(party, outside, withheld=wish)
    return tuple(AddHeader(name, value) for name, value in headers.items() if value)


def _calls_ipv6(request: Request, facts: Facts) -> bool:
    """Whether the far side wants IPv6 media: all phones of the callee, or the first trunk, if it is an address."""
    outside, party = meant_outside(request, facts), caller(facts)
    if outside is None or not facts.node.gateways6 or facts.routes is UNKNOWN or facts.trunks is UNKNOWN:
        return facts.callee6 and outside is None
    trunks = {name: trunk for (home, name), trunk in facts.trunks.items() if home == party.domain}
    first = next(iter(lines(outside.number, party.site.name, facts.routes, trunks)), None)
    return first is not None and ":" in trunks[first.name].host


def _parties(facts: Facts) -> tuple[str, ...]:
    """The people of whom a call is: nobody outside."""
    return (caller(facts).aor, *((facts.callee.aor,) if isinstance(facts.callee, Party) else ()))


def _not_found() -> Reply:
    return Reply(404, "Not Found")
