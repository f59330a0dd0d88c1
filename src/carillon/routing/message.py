"""MESSAGE: words from person to person (RFC 3428), to all devices of the person, or kept until one is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from carillon.messages.keeping import Fate, fate
from carillon.routing.admission import (
    account_question,
    authenticated,
    caller,
    forwards_left,
    home_domain,
    nonce_question,
    unavailable,
)
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import (
    CountMessage,
    Decision,
    Deliver,
    Header,
    RemoveHeader,
    Reply,
    SetFrom,
    StripPrivate,
)
from carillon.routing.facts import UNKNOWN, Facts, Gateway, NodeProfile
from carillon.routing.numbering import cleaned
from carillon.routing.questions import Questions
from carillon.routing.request import Request, Source
from carillon.routing.whose import is_own
from carillon.sip.uri import quoted
from carillon.stores.ports import DomainProfile, Party

LONGEST: Final = 1300
"""Bytes of a body: what fits into a datagram on every way (RFC 3428 §8), for whoever gets it may use UDP."""
MOST: Final = 20
WINDOW_S: Final = 10
"""So many messages of one device within so many seconds."""


def ask(request: Request, node: NodeProfile) -> Questions:
    """Two look-ups: the sender and whom it is for. A stranger costs none."""
    if request.source is Source.PRESENCE:
        sender = (home_domain(request.from_uri.host, node), request.from_uri.user)
        return Questions(callee=(request.uri.host, request.uri.user), caller=sender)
    if request.credentials is None:
        return Questions(fresh_id=True, domains=True)
    domain = home_domain(request.uri.host, node, request.credentials.realm)
    return Questions(
        account=account_question(request),
        callee=(domain, cleaned(request.uri.user)),
        nonce_use=nonce_question(request),
        sent_by=_device(request),
        fresh_id=True,
        domains=True,
    )


def known_sender(request: Request, facts: Facts) -> Verdict:
    """A message that was kept comes from our own presence server, and was checked when it came in."""
    if request.source is Source.PRESENCE:
        return Verdict("passed", "it was kept")
    return authenticated(request, facts)


def own_name(request: Request, facts: Facts) -> Verdict:
    """Nobody writes in another's name."""
    if request.source is Source.PRESENCE:
        return Verdict("passed", "it was kept")
    if is_own(request.from_uri, facts):
        return Verdict("passed", f"{request.from_uri.user} is {caller(facts).aor}")
    return Verdict("refused", f"{request.from_uri} is not of {caller(facts).aor}", Reply(403, "Not Your Address"))


def small_enough(request: Request, facts: Facts) -> Verdict:
    """What is too large for a datagram is refused: 413 (RFC 3261 §21.4.11)."""
    if request.body_bytes <= LONGEST:
        return Verdict("passed", f"{request.body_bytes} bytes")
    words = f"A message has at most {LONGEST} bytes"
    reply = Reply(413, "Request Entity Too Large", (_warning(facts, words),))
    return Verdict("refused", f"{request.body_bytes} bytes", reply)


def not_too_many(request: Request, facts: Facts) -> Verdict:
    """A device that floods is slowed down: 503 would mean us, so it is 480 with a time."""
    if request.source is Source.PRESENCE:
        return Verdict("passed", "it was kept")
    if facts.messages_sent >= MOST:
        headers = (("Retry-After", str(WINDOW_S)), _warning(facts, f"At most {MOST} messages in {WINDOW_S} s"))
        return Verdict("refused", f"{facts.messages_sent} messages", Reply(480, "Too Many Messages", headers))
    return Verdict("passed", f"{facts.messages_sent} before", effects=(CountMessage(_device(request) or ""),))


def person_exists(request: Request, facts: Facts) -> Verdict:
    """It must be for a person of the sender's own domain, or of one that lets him in, else 404.

    One that was kept was let in when it came: it is delivered, whatever is set since.
    """
    if facts.callee is UNKNOWN or facts.caller is UNKNOWN or facts.domains is UNKNOWN:
        return Verdict("unknown", "the directory did not answer", unavailable(facts))
    kept, callee = request.source is Source.PRESENCE, facts.callee
    home = request.from_uri.host if kept else caller(facts).domain
    if isinstance(callee, Party) and not callee.service and (kept or _lets_in(callee.domain, home, facts)):
        return Verdict("passed", f"{request.uri.user} is {callee.name} ({callee.aor})")
    reply = Reply(404, "Not Found", (_warning(facts, _whom(home, facts.domains)),))
    return Verdict("refused", f"nobody of {home} has {request.uri.user or 'this address'}", reply)


def _lets_in(domain: str, home: str, facts: Facts) -> bool:
    """Whether people of `home` may write to those of a domain."""
    profile = facts.domains.get(domain) if facts.domains is not UNKNOWN else None
    return domain == home or (profile is not None and profile.takes_messages_from(home))


def _whom(home: str, domains: Mapping[str, DomainProfile]) -> str:
    """Whom messages of a domain go to, in words that don't tell which other domains there are."""
    others = any(each.takes_messages_from(home) for each in domains.values() if each.name != home)
    more = ", and of domains that let them in" if others else ""
    return f"Messages go to people of {home}{more} only"


def delivered(request: Request, facts: Facts) -> Verdict:
    """To all devices that are registered, under the sender's own name; without any, it is kept, once."""
    assert isinstance(facts.callee, Party)
    kept = request.source is Source.PRESENCE
    sender = facts.caller if kept else caller(facts)
    named = (SetFrom(sender.name, f"sip:{sender.aor}"),) if isinstance(sender, Party) else ()
    effects = (StripPrivate(), RemoveHeader("P-Asserted-Identity"), *named)
    return Verdict(
        "delivered", facts.callee.aor, Deliver(facts.callee.aor, None if kept else facts.node.presence), effects
    )


RULES = (forwards_left, known_sender, own_name, small_enough, not_too_many, person_exists, delivered)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with a MESSAGE."""
    return decide_by(RULES, request, facts)


def is_kept_after(code: int, keeper: Gateway | None) -> bool:
    """Whether a message that no phone took is kept."""
    return keeper is not None and fate(code) is Fate.WAITS


def _device(request: Request) -> str | None:
    return f"{request.credentials.username}@{request.credentials.realm}" if request.credentials else None


def _warning(facts: Facts, words: str) -> Header:
    return "Warning", f"399 {facts.node.default_domain} {quoted(words)}"
