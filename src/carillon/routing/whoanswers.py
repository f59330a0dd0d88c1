"""What Asterisk is told of somebody whom it can't know: see `PrivateHeader.PARTY`."""

from __future__ import annotations

from carillon.routing.request import Request
from carillon.sip.private import Kind, PrivateHeader
from carillon.stores.ports import Party


def by_trunk(name: str, called: str) -> str:
    """Somebody outside, by the trunk of that name; `called` is a number with our domain."""
    return f"{Kind.TRUNK}:{name}@{called.rpartition('@')[2]} {called}"


def at_service(called: str) -> str:
    """Something of ours answers."""
    return f"{Kind.SERVICE} {called}"


def person(request: Request, party: Party) -> str:
    """Who answers on an outbound leg; "" when it is whom Asterisk has dialled."""
    return "" if request.private.get(PrivateHeader.CALLED) == party.aor else f"{Kind.PERSON} {party.aor}"
