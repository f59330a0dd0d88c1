"""Which route a request takes: a table, in the order of the tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from carillon.model.frozen import dataclass
from carillon.routing import (
    cancel,
    fromsibling,
    fromtrunk,
    inbound,
    indialog,
    letgo,
    message,
    outbound,
    pickup,
    publish,
    register,
    registeredaway,
    service,
    sibling,
    subscribe,
    takeover,
    transfer,
    watchends,
)
from carillon.routing.decision import Decision
from carillon.routing.facts import Facts, NodeProfile
from carillon.routing.questions import Questions
from carillon.routing.request import Request, Source


@dataclass(frozen=True, slots=True)
class Route:
    """A pair of pure functions: what to ask, what to decide."""

    name: str
    ask: Callable[[Request, NodeProfile], Questions]
    decide: Callable[[Request, Facts], Decision]


REGISTER: Final = Route("register", register.ask, register.decide)
IN_DIALOG: Final = Route("in-dialog", indialog.ask, indialog.decide)
TRANSFER: Final = Route("transfer", transfer.ask, transfer.decide)
INBOUND: Final = Route("inbound", inbound.ask, inbound.decide)
PICK_UP: Final = Route("pick-up", pickup.ask, pickup.decide)
FROM_TRUNK: Final = Route("from trunk", fromtrunk.ask, fromtrunk.decide)
OUTBOUND: Final = Route("outbound", outbound.ask, outbound.decide)
TAKE_OVER: Final = Route("take-over", takeover.ask, takeover.decide)
SUBSCRIBE: Final = Route("subscribe", subscribe.ask, subscribe.decide)
PUBLISH: Final = Route("publish", publish.ask, publish.decide)
MESSAGE: Final = Route("message", message.ask, message.decide)
CANCEL: Final = Route("cancel", cancel.ask, cancel.decide)
SERVICE: Final = Route("service", service.ask, service.decide)
SIBLING: Final = Route("sibling", sibling.ask, sibling.decide)
FROM_SIBLING: Final = Route("from sibling", fromsibling.ask, fromsibling.decide)
REGISTERED_AWAY: Final = Route("registered away", registeredaway.ask, registeredaway.decide)
LET_GO: Final = Route("let go", letgo.ask, letgo.decide)
WATCH_ENDS: Final = Route("watch ends", watchends.ask, watchends.decide)


def route_of(request: Request, node: NodeProfile) -> Route:
    """The route for a request; a dialog that is not ours is treated as a new request."""
    return dialog_route_of(request, node) if indialog.belongs(request, node) else new_route_of(request)


def dialog_route_of(request: Request, node: NodeProfile) -> Route:
    """The route for a request in a dialog of ours."""
    if request.spirals or (request.sibling and indialog.leads_on(request, node)):
        return IN_DIALOG
    if subscribe.is_asked(request, node):
        return SUBSCRIBE
    return TRANSFER if transfer.is_asked(request) else IN_DIALOG


def new_route_of(request: Request) -> Route:
    """The route for a request that belongs to no dialog of ours."""
    if request.method == "REGISTER":
        return REGISTERED_AWAY if request.source is Source.FEED else REGISTER
    if request.method == "INVITE":
        return _call_route_of(request)
    if request.method == "CANCEL":
        return CANCEL
    return _OTHERS.get(request.source, {}).get(request.method, SERVICE)


def _call_route_of(request: Request) -> Route:
    if request.source is Source.OUTSIDE and pickup.is_asked(request):
        return PICK_UP
    if request.source is Source.SIBLING and not request.home:
        return FROM_SIBLING
    if request.source is Source.GATEWAY and takeover.is_meant(request):
        return TAKE_OVER
    return _LEGS.get(request.source, SERVICE)


_LEGS: Final = {
    Source.GATEWAY: OUTBOUND,
    Source.TRUNK: FROM_TRUNK,
    Source.OUTSIDE: INBOUND,
    Source.SIBLING: SIBLING,
}
_FROM_PHONES: Final = {"SUBSCRIBE": SUBSCRIBE, "PUBLISH": PUBLISH, "MESSAGE": MESSAGE}
_FROM_PRESENCE: Final = {"MESSAGE": MESSAGE}
_FROM_SIBLINGS: Final = {"MESSAGE": SIBLING}
_OTHERS: Final = {
    Source.OUTSIDE: _FROM_PHONES,
    Source.PRESENCE: _FROM_PRESENCE,
    Source.SIBLING: _FROM_SIBLINGS,
    Source.FEED: {"OPTIONS": LET_GO, "NOTIFY": WATCH_ENDS},
}
