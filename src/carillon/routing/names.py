"""Who an outside number is (slides "Caller/Called ID Name substitution"): only the name changes, never the number.

A person of ours, then a book of the person who looks at the name, then a shared book, then a source
outside that was asked in the background, then what the trunk said.
"""

from __future__ import annotations

from carillon.routing.chain import Verdict
from carillon.routing.decision import AskName
from carillon.routing.facts import UNKNOWN, Facts
from carillon.routing.request import Request
from carillon.sip.private import PrivateHeader
from carillon.stores.ports import Named, Party

Question = tuple[str, str, str]
"""Domain, E.164 number, and the extension of the person whose own books are asked."""

UNKNOWN_HERE = Verdict("unknown", "the directory did not answer")


def name_question(request: Request) -> Question | None:
    """Whom to look up on an outbound leg: who calls from outside, for who is called; or who is called outside.

    A plain internal call asks nothing.
    """
    private, domain, called = request.private, request.uri.host, request.uri.user
    caller = private.get(PrivateHeader.CALLER, "").partition("@")[0]
    if PrivateHeader.OUTSIDE in private:
        return (domain, called, "" if caller.startswith("+") else caller) if called.startswith("+") else None
    if not caller.startswith("+") or PrivateHeader.WITHHELD in private:
        return None
    return domain, caller, called


def known_name(request: Request, facts: Facts) -> str:
    """The caller's name: of a person of ours, of a book, else what came with the call."""
    if isinstance(facts.caller, Party):
        return facts.caller.name
    outside = PrivateHeader.OUTSIDE in request.private
    return facts.named.name if isinstance(facts.named, Named) and not outside else request.from_name


def named(request: Request, facts: Facts) -> Verdict:
    """Where the name of the side that is outside comes from; for the trace."""
    question = name_question(request)
    if question is None:
        return NOBODY_OUTSIDE
    if facts.named is UNKNOWN:
        return UNKNOWN_HERE
    if isinstance(facts.named, Named):
        return Verdict("known", f"{question[1]} is {facts.named.name}: {facts.named.source}")
    said = f"; the trunk says {request.from_name}" if request.from_name else ""
    return Verdict("not known", f"{question[1]} is in no book" + ("" if _calls_out(request) else said))


def looked_up(domain: str, number: str, facts: Facts) -> Verdict:
    """Where a domain has sources outside, they are asked now: the outbound leg, some ms later, may know the name."""
    profile = None if facts.domains is UNKNOWN else facts.domains.get(domain)
    if profile is None or not profile.asks_names or not number.startswith("+"):
        return NOBODY_ASKED
    return Verdict("asked", number, effects=(AskName(domain, number),))


def _calls_out(request: Request) -> bool:
    return PrivateHeader.OUTSIDE in request.private


NOBODY_ASKED = Verdict("skipped", "no source outside is asked")
NOBODY_OUTSIDE = Verdict("skipped", "no outside number to name")
