"""REGISTER: a device stores where it is reached under the AOR of its user (RFC 3261 §10.3)."""

from __future__ import annotations

from carillon.routing.admission import account_question, authenticated, caller, home_domain, nonce_question
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import Decision, Reply, Save
from carillon.routing.facts import Facts, NodeProfile
from carillon.routing.questions import Questions
from carillon.routing.request import Request
from carillon.sip.contacts import contacts, count_after
from carillon.sip.uri import quoted
from carillon.stores.ports import Account


def ask(request: Request, node: NodeProfile) -> Questions:
    """One look-up: the account. The contacts that it has come from the engine's memory."""
    return Questions(
        account_question(request), nonce_use=nonce_question(request), bound=True, fresh_id=True, domains=True
    )


def own_address(request: Request, facts: Facts) -> Verdict:
    """A device registers for its own user: by the extension or by its own SIP user, nothing else."""
    party = caller(facts)
    assert isinstance(facts.account, Account)
    own = {party.extension, facts.account.username}
    domain = home_domain(request.to_uri.host, facts.node, party.domain)
    if domain == party.domain and request.to_uri.user in own:
        return Verdict("passed", f"{request.to_uri.user} is {party.aor}")
    return Verdict("refused", f"{request.to_uri} is not of {party.aor}", Reply(403, "Not Your Address"))


def long_enough(request: Request, facts: Facts) -> Verdict:
    """An expiry that is too short is refused with the least that we take (RFC 3261 §21.4.17)."""
    shortest, least = request.shortest_expiry_s, facts.node.minimum_expiry_s
    if shortest is not None and 0 < shortest < least:
        headers = (("Min-Expires", str(least)),)
        return Verdict("refused", f"{shortest} s is under {least} s", Reply(423, "Interval Too Brief", headers))
    return Verdict("passed", "default" if shortest is None else f"{shortest} s")


def few_enough(request: Request, facts: Facts) -> Verdict:
    """An address has at most so many contacts; refreshing and removing them is always allowed."""
    before, most = len(facts.bound), facts.node.most_contacts
    after = count_after(facts.bound, contacts(request.contacts), removes=request.default_expiry_s == 0)
    if after <= max(most, before):
        return Verdict("passed", f"{after} of {most} contacts")
    words = f"An address has at most {most} contacts: remove one, or wait until one expires"
    warning = ("Warning", f"399 {caller(facts).domain} {quoted(words)}")
    return Verdict("refused", f"{after} contacts, {most} are allowed", Reply(403, "Too Many Contacts", (warning,)))


def stored(request: Request, facts: Facts) -> Verdict:
    """The engine's registrar stores the bindings and answers."""
    return Verdict("stored", caller(facts).aor, Save(caller(facts).aor, changes=bool(request.contacts)))


RULES = (authenticated, own_address, long_enough, few_enough, stored)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with a REGISTER."""
    return decide_by(RULES, request, facts)
