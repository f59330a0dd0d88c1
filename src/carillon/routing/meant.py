"""Whether a dialled number means somebody inside or a number outside."""

from __future__ import annotations

from carillon.model.rights import NumberClass
from carillon.routing.admission import caller, home_domain
from carillon.routing.codes import dialled
from carillon.routing.facts import Facts
from carillon.routing.numbering import OutsideNumber, is_always_emergency, outside_number
from carillon.routing.request import Request
from carillon.sip.private import PrivateHeader
from carillon.stores.ports import Party


def meant_outside(request: Request, facts: Facts) -> OutsideNumber | None:
    """The outside number that is meant: where nobody inside has it, or where it always calls for help."""
    party, number = caller(facts), dialled(request.uri.user).number
    if not facts.routes or home_domain(request.uri.host, facts.node, party.domain) != party.domain:
        return None
    return outside_of(number, party, facts.callee if isinstance(facts.callee, Party) else None)


def outside_of(number: str, party: Party, callee: Party | None) -> OutsideNumber | None:
    """The same for what a person has dialled; `callee` is who has that number inside."""
    if callee is not None and not is_always_emergency(number, party.site):
        return None
    return outside_number(number, party.site)


def told_outside(party: Party, outside: OutsideNumber, *, withheld: bool) -> dict[PrivateHeader, str]:
    """What the outbound leg of a call to the outside must know of who calls; nobody calls for help without a number."""
    emergency = outside.number_class is NumberClass.EMERGENCY
    number = (party.site.emergency_caller if emergency else None) or party.caller_number
    return {
        PrivateHeader.OUTSIDE: str(outside.number_class),
        PrivateHeader.SITE: party.site.name,
        PrivateHeader.CALLER_NUMBER: number or "",
        PrivateHeader.WITHHELD: "yes" if withheld and not emergency else "",
    }
