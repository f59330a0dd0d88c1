"""A REFER and the call that it makes, in the simulated office: what Asterisk does between them is written out here."""

from __future__ import annotations

import itertools

from tests.worlds.simulated import DOMAIN, SimulatedOffice, SimulatedPerson

from carillon.routing.decision import AddHeader, Challenge, Decision
from carillon.routing.request import Request, Source
from carillon.sip.dialogproof import proof
from carillon.sip.private import PREFIX, PrivateHeader
from carillon.sip.uri import SipUri

GATEWAY = SipUri("", "127.0.0.1", 5080)
_calls = itertools.count(1)


def request_of(office: SimulatedOffice, person: SimulatedPerson | None, *refer_to: str, **more: object) -> Request:
    """A REFER of this person, or of nobody, in a dialog of ours."""
    me, call_id = SipUri(person.extension if person else "", DOMAIN), f"talk-{next(_calls)}"
    mark = proof(office.engine.node.secrets, call_id, "f")
    fields = {"from_tag": "f", "to_tag": "t", "dialog_proof": mark, "refer_to": refer_to, **more}
    return Request("REFER", GATEWAY, me, SipUri("102", DOMAIN), call_id, **fields)  # type: ignore[arg-type] -- by name


def refers(office: SimulatedOffice, person: SimulatedPerson, *refer_to: str, **more: object) -> Decision:
    """Ask for a transfer, and once more with credentials."""
    asked = request_of(office, person, *refer_to, **more)
    challenged = office.engine.route(asked).outcome
    assert isinstance(challenged, Challenge)
    credentials = person.phone.responds(challenged.headers[-1][1], "REFER", str(asked.uri))
    return office.engine.route(request_of(office, person, *refer_to, credentials=credentials, **more))


def given(decision: Decision) -> dict[str, str]:
    """The headers that a decision adds."""
    return {effect.name: effect.value for effect in decision.effects if isinstance(effect, AddHeader)}


def rung_after(
    office: SimulatedOffice, transfer: Decision, transferee: SimulatedPerson | str, **changed: str | None
) -> Decision:
    """Asterisk calls where the transfer says, for a person of ours or a number outside; `changed` headers by name."""
    private = {name: value for name, value in given(transfer).items() if name.startswith(PREFIX)}
    inside = isinstance(transferee, SimulatedPerson)
    who = transferee.extension if isinstance(transferee, SimulatedPerson) else transferee
    private |= {PrivateHeader.CALLER: f"{who}@{DOMAIN}", PrivateHeader.ORIGIN: "internal" if inside else "external"}
    for name, value in changed.items():
        private |= {PrivateHeader[name]: value or ""}
    private = {name: value for name, value in private.items() if value}
    user, _, host = private[PrivateHeader.CALLED].partition("@")
    target = SipUri(user, host)
    return office.engine.route(
        Request(
            *("INVITE", target, SipUri("asterisk", "127.0.0.1"), target, f"sent-{next(_calls)}"),
            source=Source.GATEWAY,
            from_tag="g",
            private=private,
        )
    )
