"""One request of each kind, as it would be gathered, with the facts that its route asks for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from bench.people import DOMAIN, PEOPLE, Person
from carillon.routing.decision import Challenge, Follow, Outcome, Relay, Ring, Save
from carillon.routing.facts import Facts, Gateway, NodeProfile
from carillon.routing.request import Request, Source
from carillon.sip.dialogproof import proof
from carillon.sip.digest import Credentials, make_nonce
from carillon.sip.legid import make_leg_id
from carillon.sip.private import PrivateHeader
from carillon.sip.seal import Secrets
from carillon.sip.uri import SipUri
from carillon.stores.ports import Account, DomainProfile, Party

NOW = 1_700_000_000.0
NODE = NodeProfile(DOMAIN, (Gateway("127.79.0.1", 5080),), frozenset({"10.79.0.1"}), Secrets(b"s" * 32))
LEG_ID = make_leg_id(NODE.secrets, "0123456789abcdef01234567")


@dataclass(frozen=True, slots=True)
class Case:
    """A request, its facts, and the kind of outcome that it must get."""

    what: str
    request: Request
    facts: Facts
    outcome: type[Outcome]


def cases() -> tuple[Case, ...]:
    """In the order of a call."""
    caller, callee = (Party(person.extension, DOMAIN, person.name) for person in PEOPLE[:2])
    facts = Facts(
        now=NOW,
        node=NODE,
        domains={DOMAIN: DomainProfile(DOMAIN)},
        account=_account(PEOPLE[0], caller),
        callee=callee,
        registered=True,
        fresh_id="ab" * 12,
    )
    stranger = _request("INVITE", callee.extension)
    proved = replace(stranger, credentials=_credentials(PEOPLE[0], "INVITE"))
    binding = replace(_request("REGISTER", ""), to_uri=SipUri(caller.extension, DOMAIN), shortest_expiry_s=3600)
    private: dict[str, str] = {
        PrivateHeader.LEG: LEG_ID,
        PrivateHeader.CALLER: caller.aor,
        PrivateHeader.ORIGIN: "internal",
    }
    leg = replace(stranger, source=Source.GATEWAY, private=private, from_name=caller.name)
    mark = proof(NODE.secrets, stranger.call_id, stranger.from_tag)
    bye = replace(leg, method="BYE", to_tag="t2", dialog_proof=mark, private={})
    return (
        Case("INVITE without credentials", stranger, replace(facts, account=None, callee=None), Challenge),
        Case("INVITE inbound", proved, facts, Relay),
        Case("INVITE outbound", leg, replace(facts, account=None), Ring),
        Case("BYE in the dialog", bye, Facts(NOW, NODE), Follow),
        Case("REGISTER", replace(binding, credentials=_credentials(PEOPLE[0], "REGISTER")), facts, Save),
    )


def _request(method: str, called: str) -> Request:
    own = SipUri(PEOPLE[0].extension, DOMAIN)
    return Request(method, SipUri(called, DOMAIN), own, SipUri(called, DOMAIN), "1-4711@10.79.0.9", from_tag="t1")


def _account(person: Person, party: Party) -> Account:
    return Account(person.extension, DOMAIN, person.ha1("md5"), person.ha1("sha256"), party)


def _credentials(person: Person, method: str) -> Credentials:
    """What a phone that speaks SHA-256 answers to our challenge."""
    nonce, uri = make_nonce(NODE.secrets, DOMAIN, NOW, "cd" * 12), f"sip:{DOMAIN}"
    ha2 = hashlib.sha256(f"{method}:{uri}".encode()).hexdigest()
    whole = f"{person.ha1('sha256')}:{nonce}:00000001:cnonce:auth:{ha2}"
    response = hashlib.sha256(whole.encode()).hexdigest()
    return Credentials(person.extension, DOMAIN, nonce, uri, response, "SHA-256", "auth", "00000001", "cnonce")
