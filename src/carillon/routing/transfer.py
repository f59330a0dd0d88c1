"""REFER inside a call (RFC 3515, RFC 5589): whoever transfers calls for somebody else, so it is asked for like a call.

Who asks is authenticated, the number is looked up with that person's rights and number plan, and what was found goes to
Asterisk in private headers, beneath a Refer-To of ours. Asterisk dials by them; it never sees what the phone wrote.
"""

from __future__ import annotations

from dataclasses import replace

from carillon.routing import inbound, indialog
from carillon.routing.admission import account_question, authenticated, caller, home_domain, nonce_question
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import AddHeader, Decision, Effect, Follow, RemoveHeader, Reply, StripPrivate
from carillon.routing.facts import Facts, NodeProfile
from carillon.routing.indialog import stays_inside
from carillon.routing.memo import Leg, Memo
from carillon.routing.numbering import cleaned
from carillon.routing.questions import Questions
from carillon.routing.request import Request, Source
from carillon.sip.legid import make_leg_id
from carillon.sip.private import TRANSFER, PrivateHeader
from carillon.sip.referto import ReferTo
from carillon.sip.uri import quoted


def is_asked(request: Request) -> bool:
    """Whether somebody other than our own Asterisk asks for a transfer, in a dialog of ours."""
    return request.method == "REFER" and request.source is not Source.GATEWAY


def ask(request: Request, node: NodeProfile) -> Questions:
    """The account, and for a number the party that has it. A stranger costs no look-up."""
    if request.credentials is None:
        return Questions(fresh_id=True, domains=True)
    target = _target(request)
    number = None if target is None or target.joins else target.uri
    domain = home_domain(number.host, node, request.credentials.realm) if number else ""
    named = target.replaces if target and node.siblings else None
    return Questions(
        account=account_question(request),
        callee=(domain, cleaned(number.user)) if number else None,
        outbound=domain or None,
        nonce_use=nonce_question(request),
        fresh_id=True,
        domains=True,
        joined=named.call_id if named else None,
    )


def not_by_trunk(request: Request, facts: Facts) -> Verdict:
    """Somebody outside sends nobody anywhere: it would be at our cost."""
    if request.source is Source.TRUNK:
        return Verdict("refused", "a trunk asks", Reply(403, "Transfer Is Not Allowed From Outside"))
    return Verdict("passed", "from a device")


def target_named(request: Request, facts: Facts) -> Verdict:
    """One Refer-To with a SIP URI (RFC 3515 §2.4.1), for a call, and a number of the caller's own domain."""
    target = _target(request)
    if target is None:
        return Verdict("refused", f"Refer-To: {request.refer_to}", Reply(400, "One Refer-To With A SIP URI, Please"))
    if target.method != "INVITE":
        return Verdict("refused", f"a {target.method} is asked for", Reply(403, "Only Calls Can Be Transferred"))
    home = caller(facts).domain
    if not target.joins and home_domain(target.uri.host, facts.node, home) != home:
        warning = ("Warning", f"399 {home} {quoted(f'Transfer to a number of {home}')}")
        return Verdict("refused", f"{target.uri.host} is not {home}", Reply(403, "Not In Your Domain", (warning,)))
    return Verdict("passed", f"{target.uri}")


def joined(request: Request, facts: Facts) -> Verdict:
    """An attended transfer names a call that Asterisk has; it rings nobody, so there is nothing to look up.

    One that the Asterisk of a sibling has is called from here, in place of whose it is (RFC 3891).
    """
    target, gateway = _known_target(request), indialog.target(request)
    if not target.joins:
        return Verdict("skipped", "a number, no call")
    if not facts.joined_at:
        return Verdict("followed", "joins two calls", Follow(gateway), (StripPrivate(),))
    effects, memo = _joined_away(request, facts)
    return Verdict("followed", f"joins a call at sibling {facts.joined_at}", Follow(gateway), effects, memo)


def _joined_away(request: Request, facts: Facts) -> tuple[tuple[Effect, ...], Memo]:
    """Asterisk sends the other side to the sibling; the number is only what lists of calls show."""
    target, person = _known_target(request), caller(facts)
    assert target.replaces is not None
    leg_id = make_leg_id(facts.node.secrets, facts.fresh_id)
    called = f"{cleaned(target.uri.user) or person.extension}@{person.domain}"
    join = f"{facts.joined_at} {str(target.replaces).encode().hex()}"
    effects = (*_sent_on(request, facts, leg_id, called), AddHeader(PrivateHeader.JOIN, join))
    return effects, Memo(Leg.INBOUND, leg_id, called)


def number_exists(request: Request, facts: Facts) -> Verdict:
    """As for a call: somebody's number, or a valid one outside, else 404; both sides keep their call."""
    return inbound.number_exists(_as_call(request), facts)


def allowed(request: Request, facts: Facts) -> Verdict:
    """As for a call: with the rights of who transfers; emergency calls need none."""
    return inbound.allowed(_as_call(request), facts)


def leg_marked(request: Request, facts: Facts) -> Verdict:
    """A leg id for the call to come, and what the outbound leg must know of it. Asterisk adds who is transferred."""
    leg_id, asked = make_leg_id(facts.node.secrets, facts.fresh_id), _as_call(request)
    called = inbound.called_address(asked, facts)
    effects = (*_sent_on(request, facts, leg_id, called), *inbound.told_headers(asked, facts))
    return Verdict("marked", f"leg {leg_id} to {called}", effects=effects, memo=Memo(Leg.INBOUND, leg_id, called))


def _sent_on(request: Request, facts: Facts, leg_id: str, called: str) -> tuple[Effect, ...]:
    """The one Refer-To that Asterisk knows, and whom it is to call."""
    return (
        StripPrivate(),
        RemoveHeader("Refer-To"),
        RemoveHeader("Referred-By"),  # a phone's word; Asterisk would show it to the next one, and to a provider
        AddHeader("Refer-To", f"<sip:{TRANSFER}@{indialog.target(request)}>"),
        AddHeader(PrivateHeader.LEG, leg_id),
        AddHeader(PrivateHeader.CALLED, called),
        AddHeader(PrivateHeader.TRANSFERRED_BY, caller(facts).aor),
    )


def followed(request: Request, facts: Facts) -> Verdict:
    """To the Asterisk that has the call."""
    gateway = indialog.target(request)
    return Verdict("followed", f"gateway {gateway}", Follow(gateway))


RULES = (
    stays_inside,
    not_by_trunk,
    authenticated,
    target_named,
    joined,
    number_exists,
    allowed,
    leg_marked,
    followed,
)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with a REFER from outside, in a proved dialog."""
    return decide_by(RULES, request, facts)


def _target(request: Request) -> ReferTo | None:
    return ReferTo.parse(request.refer_to[0]) if len(request.refer_to) == 1 else None


def _known_target(request: Request) -> ReferTo:
    target = _target(request)
    assert target is not None
    return target


def _as_call(request: Request) -> Request:
    """The call that the transferor might have made himself."""
    return replace(request, uri=_known_target(request).uri)
