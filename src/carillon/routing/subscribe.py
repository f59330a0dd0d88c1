"""SUBSCRIBE: somebody wants to be told of changes (RFC 6665); the presence server keeps it and tells him."""

from __future__ import annotations

from typing import Final

from carillon.model import panel
from carillon.model.panel import OPTION, names_panel
from carillon.presence import featurekeys
from carillon.routing.admission import (
    account_question,
    authenticated,
    caller,
    forwards_left,
    home_domain,
    nonce_question,
    not_understood,
    unavailable,
)
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import (
    AddHeader,
    CountMessage,
    Decision,
    Effect,
    Follow,
    MarkWatched,
    RecordRoute,
    RemoveHeader,
    Reply,
    StripPrivate,
    Submit,
)
from carillon.routing.facts import UNKNOWN, Facts, NodeProfile
from carillon.routing.indialog import belongs, is_lasting, target
from carillon.routing.numbering import cleaned
from carillon.routing.questions import Questions
from carillon.routing.request import Request, Source
from carillon.routing.whose import is_own
from carillon.sip.dialogproof import proof
from carillon.sip.private import PrivateHeader
from carillon.sip.uri import SipUri, quoted
from carillon.stores.ports import Party

EVENTS: Final = ("presence", "dialog", "message-summary", "presence.winfo", "reg", featurekeys.EVENT)
OF_ONESELF: Final = frozenset({"message-summary", "presence.winfo", "reg", featurekeys.EVENT})
"""What nobody may be told of others."""
MOST: Final = 300
WINDOW_S: Final = 10
"""So many subscriptions and refreshes of one device within so many seconds: a panel begins with all its lamps."""


def is_asked(request: Request, node: NodeProfile) -> bool:
    """Whether somebody refreshes or ends a subscription of ours; one inside a call is for Asterisk."""
    return request.method == "SUBSCRIBE" and request.source is Source.OUTSIDE and target(request) == node.presence


def ask(request: Request, node: NodeProfile) -> Questions:
    """Two look-ups: the account and the person watched; for a panel one. A stranger costs none."""
    if request.credentials is None:
        return Questions(fresh_id=True, domains=True)
    watched = _watched(request, node)
    domain = home_domain(watched.host, node, request.credentials.realm)
    on_panel = names_panel(watched.user)
    return Questions(
        account=account_question(request),
        callee=None if on_panel else (domain, cleaned(watched.user)),
        panel=(domain, watched.user) if on_panel else None,
        nonce_use=nonce_question(request),
        sent_by=_device(request),
        fresh_id=True,
        domains=True,
    )


def not_too_many(request: Request, facts: Facts) -> Verdict:
    """A device that floods is slowed down, by 503 with a time: what it watches lives on (RFC 6665 §4.1.2.3)."""
    if facts.messages_sent >= MOST:
        words = f"At most {MOST} subscriptions and refreshes in {WINDOW_S} s"
        warning = ("Warning", f"399 {facts.node.default_domain} {quoted(words)}")
        reply = Reply(503, "Too Many Subscriptions", (("Retry-After", str(WINDOW_S)), warning))
        return Verdict("refused", f"{facts.messages_sent} of this device", reply)
    return Verdict("passed", f"{facts.messages_sent} before", effects=(CountMessage(_device(request)),))


def event_served(request: Request, facts: Facts) -> Verdict:
    """The event package must be one of ours, else 489 with those (RFC 6665 §8.2.1)."""
    served = panel.EVENTS if _is_on_panel(request, facts) else EVENTS
    if request.event in served:
        return Verdict("passed", request.event)
    allowed = (("Allow-Events", ", ".join(served)),)
    return Verdict("refused", f"event {request.event or 'none'}", Reply(489, "Bad Event", allowed))


def extensions_known(request: Request, facts: Facts) -> Verdict:
    """An extension that is required must be ours, else 420 (RFC 3261 §8.2.2.3); a list is for who reads lists.

    Others get 421; a refresh is of somebody who has shown that (RFC 4662 §4.1).
    """
    if refused := not_understood(request, frozenset({OPTION})):
        return refused
    if not _is_on_panel(request, facts):
        return Verdict("passed", "nothing special is required")
    if request.to_tag or OPTION in request.supported | request.required:
        return Verdict("passed", "reads lists")
    return Verdict("refused", "can't read lists", Reply(421, "Extension Required", (("Require", OPTION),)))


def still_there(request: Request, facts: Facts) -> Verdict:
    """Inside a subscription, but none that we made: 481, and the phone begins anew (RFC 6665 §4.1.2.2).

    So does one whose proof is by a former secret: no subscription outlives its renewal by more than a refresh.
    """
    if request.to_tag and not is_lasting(request, facts.node):
        fact = "proved by a former secret" if belongs(request, facts.node) else "no such subscription"
        return Verdict("refused", fact, Reply(481, "Subscription Does Not Exist"))
    return Verdict("passed", "one of ours" if request.to_tag else "a new one")


def own_name(request: Request, facts: Facts) -> Verdict:
    """Who watches is who he says: those that he watches may ask who does."""
    if is_own(request.from_uri, facts):
        return Verdict("passed", f"{request.from_uri.user} is {caller(facts).aor}")
    return Verdict("refused", f"{request.from_uri} is not of {caller(facts).aor}", Reply(403, "Not Your Address"))


def watched_exists(request: Request, facts: Facts) -> Verdict:
    """Whoever is watched must be somebody of the watcher's own domain, else 404; a line outside has no lamp."""
    if UNKNOWN in (facts.callee, facts.panel):
        return Verdict("unknown", "the directory did not answer", unavailable(facts))
    if isinstance(facts.panel, str) and facts.panel.partition("@")[2] == caller(facts).domain:
        return Verdict("passed", f"the panel {facts.panel}")
    number = _watched(request, facts.node).user
    if not isinstance(facts.callee, Party) or facts.callee.domain != caller(facts).domain:
        return Verdict("refused", f"nobody has {number or 'this address'}", Reply(404, "Not Found"))
    return Verdict("passed", f"{number} is {facts.callee.name} ({facts.callee.aor})")


def may_watch(request: Request, facts: Facts) -> Verdict:
    """Colleagues of one domain watch each other; who watches somebody is told to nobody but him (RFC 3857)."""
    if request.event in OF_ONESELF and _aor(facts) != caller(facts).aor:
        return Verdict("refused", f"{request.event} of somebody else", Reply(403, "Only Your Own"))
    return Verdict("passed", f"both are of {caller(facts).domain}")


def submitted(request: Request, facts: Facts) -> Verdict:
    """To the presence server, under the person's one address; it answers, and tells him by this way back."""
    server = facts.node.presence
    if server is None:
        return Verdict("refused", "no presence server", Reply(489, "Bad Event"))
    if belongs(request, facts.node):
        return Verdict("followed", f"to {server}", Follow(server), (StripPrivate(), *_carried(request, facts)))
    mark = proof(facts.node.secrets, request.call_id, request.from_tag)
    aor = _aor(facts)
    marks = MarkWatched(aor, caller(facts).extension), RecordRoute(mark)
    effects = (StripPrivate(), *_carried(request, facts), *marks)
    return Verdict("submitted", f"{request.event} of {aor}", Submit(aor, server), effects)


RULES = (
    forwards_left,
    authenticated,
    not_too_many,
    event_served,
    extensions_known,
    still_there,
    own_name,
    watched_exists,
    may_watch,
    submitted,
)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with a SUBSCRIBE."""
    return decide_by(RULES, request, facts)


def _carried(request: Request, facts: Facts) -> tuple[Effect, ...]:
    """Keys of phones go by another name, and what they set is for whom the rules have found, whatever it says."""
    if request.event != featurekeys.EVENT:
        return ()
    event = RemoveHeader("Event"), AddHeader("Event", featurekeys.CARRIED)
    return (*event, AddHeader(PrivateHeader.CALLED, caller(facts).aor))


def _watched(request: Request, node: NodeProfile) -> SipUri:
    """Inside a subscription the Request-URI is the server's, and To names the person (RFC 3261 §12.2.1.1)."""
    return request.to_uri if is_asked(request, node) else request.uri


def _device(request: Request) -> str:
    """How it is counted: apart from its messages."""
    assert request.credentials is not None
    return f"SUBSCRIBE {request.credentials.username}@{request.credentials.realm}"


def _is_on_panel(request: Request, facts: Facts) -> bool:
    return names_panel(_watched(request, facts.node).user)


def _aor(facts: Facts) -> str:
    """Of the person or the panel that is watched."""
    if isinstance(facts.panel, str):
        return facts.panel
    assert isinstance(facts.callee, Party)
    return facts.callee.aor
