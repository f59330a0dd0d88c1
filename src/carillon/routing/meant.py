"""Whether a dialled number means somebody inside or a number outside."""

from __future__ import annotations

from carillon.routing.admission import caller, home_domain
from carillon.routing.codes import dialled
from carillon.routing.facts import Facts
from carillon.routing.numbering import OutsideNumber, is_always_emergency, outside_number
from carillon.routing.request import Request
from carillon.stores.ports import Party


def meant_outside(request: Request, facts: Facts) -> OutsideNumber | None:
    """The outside number that is meant: where nobody inside has it, or where it always calls for help."""
    party, number = caller(facts), dialled(request.uri.user).number
    if not facts.routes or home_domain(request.uri.host, facts.node, party.domain) != party.domain:
        return None
    if isinstance(facts.callee, Party) and not is_always_emergency(number, party.site):
        return None
    return outside_number(number, party.site)
