"""A call from elsewhere that leaves by the line of a branch is made there: only the branch may reach it."""

from __future__ import annotations

from collections.abc import Container

from carillon.routing.facts import UNKNOWN, Facts, NodeProfile, Sibling
from carillon.routing.meant import meant_outside
from carillon.routing.outside import lines
from carillon.routing.request import Request, Source
from carillon.stores.ports import Account, OutboundRoute
from carillon.trunks.places import place_of


def satellites_up(node: NodeProfile, up: Container[str]) -> tuple[Sibling, ...]:
    """The satellites among siblings that could make a call, of the nodes that are `up`, by name."""
    return tuple(one for one in node.siblings if one.makes_calls and one.name in up)


def satellite(request: Request, facts: Facts) -> Sibling | None:
    """The one whose line is the first for this call; None where it is ours, or the link to that branch is cut.

    Whoever calls has the right to that line by a route of his own site: the satellite looks at the same routes.
    """
    if not facts.satellites or request.source is Source.TRUNK or not isinstance(facts.account, Account):
        return None
    outside = meant_outside(request, facts)
    if outside is None or facts.routes is UNKNOWN or facts.trunks is UNKNOWN:
        return None
    party = facts.account.party
    trunks = {name: trunk for (home, name), trunk in facts.trunks.items() if home == party.domain}
    first = next(iter(lines(outside.number, party.site.name, facts.routes, trunks)), None)
    return None if first is None else _owner(first.name, facts.routes, party.domain, facts)


def _owner(trunk: str, routes: tuple[OutboundRoute, ...], domain: str, facts: Facts) -> Sibling | None:
    own = f"{facts.node.branch}@{facts.node.default_domain}" if facts.node.branch else ""
    offices = {office for office in (own, *(one.office for one in facts.node.siblings)) if office}
    branches = {site for site, _, home in (office.rpartition("@") for office in offices) if home == domain}
    office = f"{place_of(trunk, routes, branches)}@{domain}"
    return next((one for one in facts.satellites if one.office == office), None)
