"""PUBLISH: a phone says how its user is (RFC 3903); the presence server keeps it."""

from __future__ import annotations

from carillon.routing.admission import (
    account_question,
    authenticated,
    caller,
    forwards_left,
    nonce_question,
    not_understood,
)
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import Decision, Reply, StripPrivate, Submit
from carillon.routing.facts import Facts, NodeProfile
from carillon.routing.questions import Questions
from carillon.routing.request import Request
from carillon.routing.whose import is_own

EVENT = "presence"


def ask(request: Request, node: NodeProfile) -> Questions:
    """One look-up: the account."""
    return Questions(account_question(request), nonce_use=nonce_question(request), fresh_id=True, domains=True)


def own_state(request: Request, facts: Facts) -> Verdict:
    """Everybody speaks for himself only: both the address published for and the sender must be his own."""
    for uri in (request.uri, request.from_uri):
        if not is_own(uri, facts):
            return Verdict("refused", f"{uri} is not of {caller(facts).aor}", Reply(403, "Not Your Address"))
    return Verdict("passed", f"{request.uri.user} is {caller(facts).aor}")


def event_taken(request: Request, facts: Facts) -> Verdict:
    """Phones publish presence; what calls they have, we know better (RFC 3903 §6, step 2)."""
    if request.event == EVENT:
        return Verdict("passed", EVENT)
    allowed = (("Allow-Events", EVENT),)
    return Verdict("refused", f"event {request.event or 'none'}", Reply(489, "Bad Event", allowed))


def extensions_known(request: Request, facts: Facts) -> Verdict:
    """We know no extension that a PUBLISH could require."""
    return not_understood(request) or Verdict("passed", "nothing special is required")


def submitted(request: Request, facts: Facts) -> Verdict:
    """To the presence server, under the person's one address; it answers."""
    server = facts.node.presence
    if server is None:
        return Verdict("refused", "no presence server", Reply(489, "Bad Event"))
    return Verdict("submitted", caller(facts).aor, Submit(caller(facts).aor, server), (StripPrivate(),))


RULES = (forwards_left, authenticated, event_taken, extensions_known, own_state, submitted)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with a PUBLISH."""
    return decide_by(RULES, request, facts)
