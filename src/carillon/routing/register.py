"""REGISTER: a device stores where it is reached under the AOR of its user (RFC 3261 §10.3)."""

from __future__ import annotations

from carillon.model.dialect import dialect_of
from carillon.routing.admission import (
    account_question,
    authenticated,
    caller,
    home_domain,
    nonce_question,
    not_understood,
)
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import Decision, Header, Reply, Save
from carillon.routing.facts import Facts, Gateway, NodeProfile
from carillon.routing.priority import priority_of
from carillon.routing.questions import Questions
from carillon.routing.request import Request
from carillon.sip.contacts import contacts, count_after, fault
from carillon.sip.path import LONGEST, first_hop
from carillon.sip.uri import quoted
from carillon.stores.ports import Account

# What a REGISTER may require of us (RFC 3327, RFC 5626).
EXTENSIONS = frozenset({"path", "outbound"})


def ask(request: Request, node: NodeProfile) -> Questions:
    """One look-up: the account. The contacts that it has come from the engine's memory."""
    return Questions(
        account_question(request), nonce_use=nonce_question(request), bound=True, fresh_id=True, domains=True,
        moving=bool(node.siblings),
    )  # fmt: skip


def own_address(request: Request, facts: Facts) -> Verdict:
    """A device registers for its own user: by the extension or by its own SIP user, nothing else."""
    party = caller(facts)
    assert isinstance(facts.account, Account)
    own = {party.extension, facts.account.username}
    domain = home_domain(request.to_uri.host, facts.node, party.domain)
    if domain == party.domain and request.to_uri.user in own:
        return Verdict("passed", f"{request.to_uri.user} is {party.aor}")
    return Verdict("refused", f"{request.to_uri} is not of {party.aor}", Reply(403, "Not Your Address"))


def understood(request: Request, facts: Facts) -> Verdict:
    """An extension that is required and that we do not know is refused (RFC 3261 §10.3, step 2)."""
    known = Verdict("passed", ", ".join(sorted(request.required)) or "nothing special is required")
    return not_understood(request, EXTENSIONS) or known


def contacts_readable(request: Request, facts: Facts) -> Verdict:
    """One broken contact spoils the request: nothing of it is stored (RFC 3261 §10.3, step 7)."""
    words = fault(request.contacts, request.default_expiry_s)
    if words is None:
        return Verdict("passed", "they can be read")
    return Verdict("refused", words, Reply(400, "Bad Contact", (_warning(facts, words),)))


def path_leads_back(request: Request, facts: Facts) -> Verdict:
    """Path names the proxies on the way back (RFC 3327 §5.3); the nearest one must be who sent this.

    Else a phone could have its calls sent to anybody, our own Asterisk among them. A phone that does not know Path is
    told so by 420: its calls would take a way that it has not agreed to.
    """
    if not request.path:
        return Verdict("passed", "no proxy on the way")
    if "path" not in request.supported:
        return Verdict(
            "refused", "the phone does not know Path", Reply(420, "Bad Extension", (("Unsupported", "path"),))
        )
    hop = first_hop(request.path)
    if hop is None or len(request.path) > LONGEST:
        words = f"The first Path is <sip:ADDRESS:PORT;lr>, all together {LONGEST} characters at most"
        return Verdict("refused", request.path, Reply(400, "Bad Path", (_warning(facts, words),)))
    address = hop.host.strip("[]")
    if address != request.source_address or Gateway(address, hop.port) in facts.node.gateways:
        words = f"Path leads to {hop.host}, and this came from {request.source_address}"
        return Verdict("refused", words, Reply(403, "Not Your Path", (_warning(facts, words),)))
    return Verdict("passed", f"back by {hop}")


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
    reply = Reply(403, "Too Many Contacts", (_warning(facts, words),))
    return Verdict("refused", f"{after} contacts, {most} are allowed", reply)


def stored(request: Request, facts: Facts) -> Verdict:
    """The engine's registrar stores the bindings and answers.

    Each remembers whether its device wants encryption, in which words it is told of rings, and when it is to ring. At a
    drained node it comes back soon, and asks the DNS anew where to.
    """
    account = facts.account
    assert isinstance(account, Account)
    dialect = dialect_of(request.user_agent)
    priority, order = priority_of(request, account, facts)
    removes = request.default_expiry_s == 0 or any(one.expires_s == 0 for one in contacts(request.contacts))
    longest = facts.node.minimum_expiry_s if facts.moving and not removes else None
    save = Save(
        caller(facts).aor, account.encryption, bool(request.contacts), dialect.number, priority, longest, removes
    )
    moves = f", for {longest} s: it is to go to another node" if longest else ""
    return Verdict("stored", f"{caller(facts).aor}, told of rings as {dialect.name}{order}{moves}", save)


RULES = (
    authenticated,
    own_address,
    understood,
    contacts_readable,
    long_enough,
    path_leads_back,
    few_enough,
    stored,
)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with a REGISTER."""
    return decide_by(RULES, request, facts)


def _warning(facts: Facts, words: str) -> Header:
    return "Warning", f"399 {caller(facts).domain} {quoted(words)}"
