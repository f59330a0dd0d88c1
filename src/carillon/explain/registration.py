"""A registration without a phone: what would be kept of it, rule by rule."""

from __future__ import annotations

from dataclasses import dataclass

from carillon.routing import register
from carillon.routing.decision import Decision, Save
from carillon.routing.facts import Facts, NodeProfile
from carillon.routing.request import Request
from carillon.sip.digest import OFFERS, Credentials, make_nonce, proved
from carillon.sip.uri import SipUri
from carillon.stores.ports import Account, Directory

FRESH = "0123456789abcdef01234567"


@dataclass(frozen=True, slots=True)
class Phone:
    """What a phone says of itself when it registers; `q` as it is written there, "" for none."""

    agent: str = ""
    transport: str = "udp"
    q: str = ""


def explain(account: Account, phone: Phone, now: float, node: NodeProfile, directory: Directory) -> Decision:
    """Decide the REGISTER of a device with the right password, at a Unix time; raises StoreDown."""
    domains = directory.domains()
    home, own = SipUri("", account.domain), SipUri(account.party.extension, account.domain)
    nonce = make_nonce(node.secrets, account.domain, now, FRESH)
    algorithm = OFFERS[domains[account.domain].digest][0]
    asked = Credentials(account.username, account.domain, nonce, str(home), "", algorithm, "auth", "00000001", "-")
    contact = f"<sip:{own.user}@192.0.2.1>" + (f";q={phone.q}" if phone.q else "")
    request = Request(
        *("REGISTER", home, own, own, "explained"),
        from_tag="explained", contacts=contact, user_agent=phone.agent, transport=phone.transport,
        credentials=proved(asked, "REGISTER", account.ha1_md5, account.ha1_sha256),
    )  # fmt: skip
    return register.decide(request, Facts(now, node, domains, account, fresh_id=FRESH))


def words(decision: Decision, phone: Phone) -> str:
    """What becomes of it."""
    match decision.outcome:
        case Save(aor, priority=None):
            return f"stored; it rings for {aor} at {float(phone.q or 1):g}" + (", its own q" if phone.q else "")
        case Save(aor, priority=priority):
            return f"stored; it rings for {aor} at {priority:g}"
        case other:
            return f"it gets {getattr(other, 'code', '')} {getattr(other, 'reason', other)}".strip()
