"""Feature codes behind which something of ours answers, at the gateway: rules of the inbound leg.

Here it is decided who may ask for it; what it does is a script in `asterisk/services`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from carillon.model.frozen import dataclass
from carillon.routing import callback
from carillon.routing.admission import caller
from carillon.routing.affinity import in_order, no_gateway
from carillon.routing.callback import number_behind
from carillon.routing.chain import Verdict
from carillon.routing.codes import Feature, dialled
from carillon.routing.decision import AddHeader, Relay
from carillon.routing.facts import Facts, Gateway
from carillon.routing.media import anchored
from carillon.routing.newleg import asserted, marked
from carillon.routing.ownforwarding import FORWARDS, KEEPS, forwarded_to, may_not_forward, says
from carillon.routing.request import Request
from carillon.sip.private import PrivateHeader
from carillon.sip.uri import SipUri

Refusal = Callable[[Request, Facts], Verdict | None]
Argument = Callable[[Request, Facts], str]


def to_everybody(request: Request, facts: Facts) -> None:
    """Everybody in the house may ask for it."""


@dataclass(frozen=True, slots=True)
class CodeService:
    """A service behind a code: the script's name, what it is told, and why somebody may not have it."""

    name: str
    argument: Argument = number_behind
    refused: Refusal = to_everybody


SERVICES: Final[Mapping[Feature, CodeService]] = {
    Feature.ECHO: CodeService("echo"),
    Feature.CLOCK: CodeService("clock", lambda request, facts: caller(facts).site.country),
    Feature.OWN_EXTENSION: CodeService("own-extension"),
    Feature.MAILBOX: CodeService("mailbox", lambda request, facts: caller(facts).extension),
    Feature.MAILBOX_LOGIN: CodeService("mailbox-login"),
    Feature.CALL_BACK: CodeService("callback", callback.waited_for, callback.for_nobody),
    Feature.CANCEL_CALL_BACK: CodeService("callback-cancel", callback.number_behind),
    Feature.LIST_CALL_BACKS: CodeService("callback-list"),
    **{code: CodeService("forward", forwarded_to(cause), may_not_forward) for code, cause in FORWARDS.items()},
    **{code: CodeService("forward-clear", says(cause)) for code, cause in KEEPS.items()},
    Feature.DISTURB_NOT: CodeService("do-not-disturb", says("on")),
    Feature.DISTURB: CodeService("do-not-disturb", says("off")),
}

NO_SERVICE = Verdict("skipped", "no code of a service")


def served_code(request: Request) -> CodeService | None:
    """The service of the code that was dialled, None when it has none."""
    code = dialled(request.uri.user).code
    return SERVICES.get(code.feature) if code else None


def served_by(request: Request, facts: Facts) -> tuple[Gateway, ...]:
    """The Asterisks of this node; those of mains where it has none."""
    if facts.node.spiral:
        return in_order(request, facts, service=True)
    return facts.node.gateways_for(media6=request.media6)


def code_served(request: Request, facts: Facts) -> Verdict:
    """A code that has a service goes to the gateway, which answers by itself: no number is looked up, nobody rings."""
    service = served_code(request)
    if service is None:
        return NO_SERVICE
    refused = service.refused(request, facts)
    if refused is not None:
        return refused
    by_relay = anchored(request, facts)
    gateways = served_by(request, facts)
    if by_relay.outcome:
        return Verdict("unavailable", by_relay.fact, by_relay.outcome)
    if not gateways:
        return no_gateway(facts)
    party, argument = caller(facts), service.argument(request, facts)
    named = f"{service.name}:{argument}" if argument else service.name
    called = str(SipUri(request.uri.user, party.domain)).removeprefix("sip:")  # a code may begin with #
    told = AddHeader(PrivateHeader.SERVICE, named)
    leg = marked(request, facts, party.aor, called, "internal", told, service=service.name)
    effects = (*asserted(party), *by_relay.effects, *leg.effects)
    return Verdict("served", f"{named} at gateway {gateways[0]}", Relay(gateways[0], called), effects, leg.memo)
