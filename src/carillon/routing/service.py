"""Requests that are neither calls nor registrations: answered after authentication, so that strangers learn nothing."""

from __future__ import annotations

from carillon.routing.admission import account_question, authenticated, nonce_question
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import Decision, Drop, Reply
from carillon.routing.facts import Facts, NodeProfile
from carillon.routing.questions import NOTHING, Questions
from carillon.routing.request import Request, Source

ALLOWED = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, PRACK, UPDATE, INFO, REFER, NOTIFY, SUBSCRIBE, PUBLISH, MESSAGE"
IN_DIALOG_ONLY = frozenset({"BYE", "PRACK", "UPDATE", "INFO", "REFER", "NOTIFY"})
REFUSED_EVENTS = frozenset({"SUBSCRIBE", "PUBLISH"})


def ask(request: Request, node: NodeProfile) -> Questions:
    """One look-up: the account; none for our own Asterisk and for trunks."""
    if request.source is not Source.OUTSIDE:
        return NOTHING
    return Questions(account_question(request), nonce_use=nonce_question(request), fresh_id=True, domains=True)


def stray(request: Request, facts: Facts) -> Verdict:
    """An ACK is never answered (RFC 3261 §17.1.1.3)."""
    if request.method == "ACK":
        return Verdict("dropped", "an ACK of no transaction", Drop())
    return Verdict("passed", request.method)


def known_asker(request: Request, facts: Facts) -> Verdict:
    """Our own Asterisk and our providers, known by address, need no credentials; everybody else does."""
    if request.source is not Source.OUTSIDE:
        return Verdict("passed", f"a {request.source}")
    return authenticated(request, facts)


def answered(request: Request, facts: Facts) -> Verdict:
    """The answer for each method that is served, or not."""
    method = request.method
    allow = (("Allow", ALLOWED),)
    if method == "OPTIONS":
        return Verdict("answered", "alive", Reply(200, "OK", allow))
    if request.to_tag or method in IN_DIALOG_ONLY:
        return Verdict("refused", "no such dialog", Reply(481, "Call/Transaction Does Not Exist"))
    if method in REFUSED_EVENTS:
        return Verdict("refused", "no event package is served", Reply(489, "Bad Event"))
    if method == "MESSAGE":
        return Verdict("refused", "no messages from outside", Reply(405, "Method Not Allowed", allow))
    return Verdict("refused", f"{method} is not known", Reply(501, "Not Implemented", allow))


RULES = (stray, known_asker, answered)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with any other request."""
    return decide_by(RULES, request, facts)
