"""What the rules say of one example of each plain message, made of texts that occur nowhere else: the blanks.

A blank is a text by the name of the word that stands there in a real message. Everything that may change what a rule
says and is no blank is given; what is neither is as `routing.plain` and the directory's conditions demand it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from carillon.routing import inbound, indialog, outbound, register, replies
from carillon.routing.decision import Challenge, Decision, Follow, Relay, Ring, Save
from carillon.routing.facts import Facts, NodeProfile, ReplyFacts
from carillon.routing.memo import Leg, Memo
from carillon.routing.progress import key_of
from carillon.routing.request import Request, Source
from carillon.sip.dialogproof import proof
from carillon.sip.digest import OFFERS, Credentials, make_nonce, proved
from carillon.sip.legid import make_leg_id
from carillon.sip.private import PrivateHeader
from carillon.sip.sdp import audio_codecs
from carillon.sip.sessiontimer import Timing
from carillon.sip.uri import SipUri, quoted
from carillon.stores.ports import Account, DomainProfile, Party, RingProfile

NOW: Final = 4102444800.0
FRESH: Final = "0f" * 12
CALL_ID, TAG, DEVICE = "⟦Call-ID⟧", "⟦tag⟧", "⟦device⟧"
CALLED_NUMBER, CALLER_USER, CALLED_USER = "7301945862", "5917364028", "8640917253"
CALLER, CALLED = "⟦caller⟧", "⟦called⟧"
SHOWN: Final = '"⟦shown⟧" <sip:⟦shown⟧>'


class Example(NamedTuple):
    """What was decided, and the text that stood for each word."""

    decision: Decision
    blanks: Mapping[str, str]


def within(node: NodeProfile, method: str, source: str, target: str) -> Example | None:
    """ACK and BYE of a dialog, to this host and port."""
    uri = SipUri.parse(f"sip:{target}")
    if uri is None:
        return None
    request = Request(method, uri, uri, uri, CALL_ID, Source(source), from_tag=TAG, to_tag=TAG)
    decision = indialog.decide(request, Facts(NOW, node))
    return Example(decision, {}) if isinstance(decision.outcome, Follow) else None


def reply(node: NodeProfile, leg: str, code: int, reason: str, timer: str, shown: bool) -> Example:
    """A reply; `timer` is its Session-Expires, `shown` whether the caller is told of somebody."""
    memo = Memo(Leg(leg), "-", "-@-", shown=SHOWN if shown else "")
    known = ReplyFacts(code, reason, session_expires=timer if code >= 200 else "")
    return Example(replies.decide(memo, known), {"shown": SHOWN, "call_id": CALL_ID, "tag": TAG})


def challenge(node: NodeProfile, method: str, profile: DomainProfile, host: str, hops: int) -> Example | None:
    """A stranger of this domain asks for something at `host`."""
    uri = SipUri("", host)
    request = Request(method, uri, SipUri("", profile.name), uri, CALL_ID, from_tag=TAG, max_forwards=hops)
    facts = Facts(NOW, node, domains={profile.name: profile}, fresh_id=FRESH)
    decision = (register if method == "REGISTER" else inbound).decide(request, facts)
    if not isinstance(decision.outcome, Challenge) or decision.outcome.realm != profile.name:
        return None
    return Example(decision, {"nonce": make_nonce(node.secrets, profile.name, NOW, FRESH)})


def call(
    node: NodeProfile, profile: DomainProfile, hops: int, timer: Timing, payloads: str, named: tuple[str, ...]
) -> Example | None:
    """A phone calls a colleague. `payloads` and `named` are what its offer says of audio."""
    if len(node.every_gateway) != 1 or _special(profile):
        return None
    domain, lines = profile.name, "".join(f"a={name}\r\n" for name in named)
    party, called = Party(CALLER_USER, domain, CALLER), Party(CALLED_USER, domain, CALLED)
    credentials = _credentials(node, profile, "INVITE")
    request = Request(
        *("INVITE", SipUri(CALLED_NUMBER, domain), SipUri("", domain), SipUri("", domain), CALL_ID),
        from_tag=TAG, max_forwards=hops, credentials=credentials, timing=timer,
        codecs=audio_codecs(f"m=audio 1 RTP/AVP {payloads}\r\n{lines}"),
    )  # fmt: skip
    facts = Facts(*(NOW, node, {domain: profile}, Account(DEVICE, domain, _HA1, _HA1, party), called), fresh_id=FRESH)
    decision = inbound.decide(request, facts)
    blanks = {
        **_who(party, called),
        "device": DEVICE,
        "number": CALLED_NUMBER,
        "use": credentials.use,
        "by": request.fingerprint,
        "leg": make_leg_id(node.secrets, FRESH),
        "proof": proof(node.secrets, CALL_ID, TAG),
    }
    return Example(decision, blanks) if isinstance(decision.outcome, Relay) else None


def registered(
    node: NodeProfile, profile: DomainProfile, hops: int, parameter: str | None, header: str | None, agent: str
) -> Example | None:
    """A phone registers for its user, whose only contact this is. Two expiries: of the contact, and of all."""
    if any(row.transport or row.device for row in profile.priorities):
        return None  # an example has neither
    domain, uri = profile.name, SipUri("", profile.name)
    contact = f"<sip:{CALLER_USER}@192.0.2.1:5070>" + (f";expires={parameter}" if parameter else "")
    credentials = _credentials(node, profile, "REGISTER")
    own = SipUri(CALLER_USER, domain)
    expiry = parameter or header
    request = Request(
        *("REGISTER", uri, own, own, CALL_ID),
        from_tag=TAG, max_forwards=hops, credentials=credentials, contacts=contact, user_agent=agent,
        shortest_expiry_s=int(expiry) if expiry else None, default_expiry_s=int(header) if header else None,
    )  # fmt: skip
    party = Party(CALLER_USER, domain, CALLER)
    facts = Facts(NOW, node, {domain: profile}, Account(DEVICE, domain, _HA1, _HA1, party), fresh_id=FRESH)
    decision = register.decide(request, facts)
    blanks = {
        "caller": CALLER_USER,
        "device": DEVICE,
        "use": credentials.use,
        "by": request.fingerprint,
    }
    return Example(decision, blanks) if isinstance(decision.outcome, Save) else None


def rung(
    node: NodeProfile, profile: DomainProfile, hops: int, timer: Timing, ring: RingProfile | None
) -> Example | None:
    """Our Asterisk calls a colleague for a call of a phone; `ring` is what the domain has chosen for such calls."""
    if _special(profile):
        return None
    domain, leg = profile.name, make_leg_id(node.secrets, FRESH)
    called, caller = Party(CALLED_USER, domain, CALLED), f"{CALLER_USER}@caller.invalid"
    private: dict[str, str] = {
        PrivateHeader.LEG: leg,
        PrivateHeader.CALLER: caller,
        PrivateHeader.CALLED: called.aor,
        PrivateHeader.ORIGIN: "internal",
    }
    uri = SipUri(CALLED_USER, domain)
    request = Request(
        *("INVITE", uri, uri, uri, CALL_ID, Source.GATEWAY),
        from_tag=TAG, from_name=CALLER, max_forwards=hops, timing=timer, private=private,
    )  # fmt: skip
    facts = Facts(
        *(NOW, node, {domain: profile}), callee=called, registered=True,
        rings={(domain, "internal"): ring} if ring else {},
    )  # fmt: skip
    decision = outbound.decide(request, facts)
    blanks = {
        "caller": caller,
        "caller_name": CALLER,
        "caller_quoted": quoted(CALLER),
        "called": CALLED_USER,
        "called_name": CALLED,
        "leg": leg,
        "key": key_of(node.secrets, leg),
        "proof": proof(node.secrets, CALL_ID, TAG),
        "call_id": CALL_ID,
        "tag": TAG,
        "since": repr(NOW),
        "until": f"{NOW + node.ring_s:.0f}",
    }
    usual = decision.outcome == Ring(called.aor, node.ring_s)
    return Example(decision, blanks) if usual else None


_HA1: Final = "0" * 32


def _credentials(node: NodeProfile, profile: DomainProfile, method: str) -> Credentials:
    nonce, algorithm = make_nonce(node.secrets, profile.name, NOW, FRESH), OFFERS[profile.digest][0]
    asked = Credentials(DEVICE, profile.name, nonce, "sip:", "", algorithm, "auth", "00000001", "-")
    return proved(asked, method, _HA1, _HA1)


def _who(caller: Party, called: Party) -> dict[str, str]:
    return {
        "caller": caller.extension,
        "caller_name": caller.name,
        "caller_quoted": quoted(caller.name),
        "called": called.extension,
        "called_name": called.name,
        "called_quoted": quoted(called.name),
    }


def _special(profile: DomainProfile) -> bool:
    """Whether calls of a domain are special for all: anything that is not named here."""
    usual = DomainProfile(
        *(profile.name, profile.digest, profile.session_timer_s, profile.asks_names, None, profile.recording_days),
        callback_hint=profile.callback_hint, priorities=profile.priorities,
        messages_from=profile.messages_from,
    )  # fmt: skip
    return profile != usual
