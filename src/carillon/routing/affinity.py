"""To the Asterisk that has a call of caller or called already (behaviours 19, 28): there calls can be joined.

On a node with one Asterisk nothing is asked. With several, it is asked in the one trip that also claims places. Which
siblings have calls of whom, is in shared memory.
"""

from __future__ import annotations

from dataclasses import replace

from carillon.routing import lineowner, spiral
from carillon.routing.admission import unavailable
from carillon.routing.chain import Verdict
from carillon.routing.decision import Claim, Relay
from carillon.routing.elsewhere import HERE
from carillon.routing.facts import UNKNOWN, Facts, Gateway, Sibling, Slots
from carillon.routing.request import Request
from carillon.sip.uri import quoted


def asked_where(facts: Facts, *aors: str) -> tuple[str, ...]:
    """The people of whose calls a claim asks where they are: nobody's, on a node with one Asterisk."""
    return aors if len(facts.node.gateways) > 1 else ()


def in_order(request: Request, facts: Facts, *, service: bool = False) -> tuple[Gateway, ...]:
    """The Asterisks that are tried, the one first that has a call of these people; the caller's counts first.

    Our own are tried before those of siblings, which stand for what is behind them. `service` says that what was
    dialled is something of ours that answers by itself.
    """
    if facts.node.spiral:
        return spiral.in_order(request, facts, service=service)
    return _in_order(request, facts, None if service else lineowner.satellite(request, facts))


def _in_order(request: Request, facts: Facts, line: Sibling | None) -> tuple[Gateway, ...]:
    """The same, for a call that leaves by the `line` of that satellite."""
    own, siblings = facts.node.gateways_for(media6=request.media6), facts.node.siblings
    if not own:
        return ()
    held, away = _held(facts), _held_away(facts)
    gateways = (*own, *(sibling.gateway for sibling in siblings if not sibling.branch))
    first = line.gateway if line else away[1].gateway if away else own[held[1]] if held else gateways[0]
    return (first, *(one for one in gateways if one != first))


def relayed(request: Request, facts: Facts, called: str, leg: str, *aors: str) -> Verdict:
    """To one Asterisk; the others are left in the memo for the failure route. `aors` are who may have calls."""
    if facts.node.spiral:
        return _by_ourselves(request, facts, called)
    line = lineowner.satellite(request, facts)
    gateways = _in_order(request, facts, line)
    if not gateways:
        return no_gateway(facts)
    asked = asked_where(facts, *aors)
    if asked and facts.slots is None:
        return Verdict("asked", f"where {', '.join(asked)} have calls", Claim(leg, (), parties=asked))
    why = _why(facts) if asked or _held_away(facts) else ""
    if line:
        why = f" of {line.name}, whose line it leaves by"
    return Verdict("relayed", f"gateway {gateways[0]}{why}", Relay(gateways[0], called))


def _by_ourselves(request: Request, facts: Facts, called: str) -> Verdict:
    gateways = spiral.in_order(request, facts, service=False)
    if not gateways:
        return no_gateway(facts)
    return Verdict("relayed", spiral.why(gateways[0], facts), Relay(gateways[0], called))


def no_gateway(facts: Facts) -> Verdict:
    """503: there is no Asterisk, or none within reach of a branch that has none."""
    if not facts.node.spiral:
        return Verdict("unavailable", "no gateway is configured", unavailable(facts))
    refused, domain = unavailable(facts), facts.node.default_domain
    warning = ("Warning", f"399 {domain} {quoted(spiral.CUT_OFF)}")
    return Verdict("unavailable", "no main is heard", replace(refused, headers=(*refused.headers, warning)))


def _why(facts: Facts) -> str:
    away = _held_away(facts)
    if away:
        return f" of sibling {away[1].name}, which has a call of {away[0]}"
    held = _held(facts)
    if held:
        return f", which has a call of {held[0]}"
    return ", unknown who has calls where" if facts.slots is UNKNOWN else ", nobody has a call elsewhere"


def _held(facts: Facts) -> tuple[str, int] | None:
    """Who has a call already, and the place of its Asterisk among ours."""
    if not isinstance(facts.slots, Slots):
        return None
    places = {str(gateway): place for place, gateway in enumerate(facts.node.gateways)}
    return next(((aor, places[at]) for aor, at in facts.slots.gateways.items() if at in places), None)


def _held_away(facts: Facts) -> tuple[str, Sibling] | None:
    """Who has a call at a sibling and none here; nobody where one who counts before has a call here."""
    siblings = {sibling.name: sibling for sibling in facts.node.siblings if sibling.has_gateway}
    for aor, nodes in facts.elsewhere.items():
        if HERE in nodes:
            return None
        found = next((siblings[name] for name in nodes if name in siblings), None)
        if found:
            return aor, found
    return None
