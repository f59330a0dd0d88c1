"""Pick-up: a call that rings at a colleague is taken (slide "Call Pick-up"), by a code or by Replaces (RFC 3891).

Kamailio decides who may take what, and names the dialog; the Asterisk that has the call does it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from carillon.routing.admission import (
    account_question,
    authenticated,
    caller,
    forwards_left,
    home_domain,
    media_fits,
    nonce_question,
    unavailable,
)
from carillon.routing.affinity import asked_where, relayed
from carillon.routing.calledname import address
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.codes import Feature, dialled
from carillon.routing.decision import AddHeader, Decision, Effect, PutHandOver, Relay, Reply
from carillon.routing.dialogs import DialogState, LiveDialog
from carillon.routing.facts import UNKNOWN, Facts, NodeProfile
from carillon.routing.inbound import caller_asserted
from carillon.routing.limits import NO_LIMIT, claim, full, of_caller, said, words
from carillon.routing.media import anchored
from carillon.routing.memo import Memo
from carillon.routing.newleg import leg_of, marked, own_dialog
from carillon.routing.numbering import cleaned
from carillon.routing.pickuprights import refusal
from carillon.routing.questions import Questions
from carillon.routing.request import Request
from carillon.routing.rungbesides import is_way, rung
from carillon.routing.taken import GONE, REASONS, Side, Taken
from carillon.sip.private import PrivateHeader
from carillon.sip.replaces import Replaces
from carillon.sip.uri import quoted
from carillon.stores.ports import Limit, Party, Scope

ANONYMOUS = "anonymous@anonymous.invalid"
"""Whom a picker is shown when the caller withholds who he is (RFC 3323 §4.1.1.3)."""


@dataclass(frozen=True, slots=True)
class No:
    """Why nothing is picked up: for the trace, and what the phone gets."""

    fact: str
    code: int
    reason: str
    words: str


def is_asked(request: Request) -> bool:
    """Whether an INVITE from a phone is to pick up."""
    return bool(request.replaces) or dialled(request.uri.user).feature is Feature.PICK_UP


def is_hidden(memo: Memo) -> bool:
    """Whether who sent the request of this memo is not to see the far side."""
    return memo.called == ANONYMOUS


def ask(request: Request, node: NodeProfile) -> Questions:
    """As a call: who asks, and who is meant. What rings is in the node's shared memory. A stranger costs none."""
    if request.credentials is None:
        return Questions(fresh_id=True, domains=True)
    domain, number = home_domain(request.uri.host, node, request.credentials.realm), _number(request)
    replaces = Replaces.parse(request.replaces) if request.replaces else None
    return Questions(
        account=account_question(request),
        callee=(domain, number) if number else None,
        nonce_use=nonce_question(request),
        fresh_id=True,
        domains=True,
        dialog=replaces.call_id if replaces else None,
        referred=replaces.call_id if replaces and node.spiral else None,
        ringing=None if request.replaces else domain,
    )


def readable(request: Request, facts: Facts) -> Verdict:
    """One dialog is named, and nothing else: 400 (RFC 3891 §3)."""
    if not request.replaces:
        return Verdict("passed", f"the code {dialled(request.uri.user).number or 'alone'}")
    if Replaces.parse(request.replaces) is None:
        warning = _warning(facts, "Replaces must name one call: CALL-ID;to-tag=TAG;from-tag=TAG")
        return Verdict("refused", "Replaces can't be read", Reply(400, "Cannot Read Replaces", (warning,)))
    return Verdict("passed", f"Replaces {Replaces.parse(request.replaces)}")


def person_exists(request: Request, facts: Facts) -> Verdict:
    """Whoever is to be picked up must be somebody of the caller's own domain, else 404."""
    number = _number(request)
    if not number:
        return Verdict("skipped", "nobody is named")
    if facts.callee is UNKNOWN:
        return Verdict("unknown", "the directory did not answer", unavailable(facts))
    if facts.callee is None or facts.callee.domain != caller(facts).domain:
        reply = Reply(404, "Not Found", (_warning(facts, f"Nobody has {number}"),))
        return Verdict("refused", f"nobody has {number}", reply)
    return Verdict("passed", f"{number} is {facts.callee.name} ({facts.callee.aor})")


def may_pick_up(request: Request, facts: Facts) -> Verdict:
    """The call must be there, and its person must allow it: who may not learns not even whether there is a call."""
    found = chosen(request, facts)
    if isinstance(found, No):
        return Verdict("refused", found.fact, Reply(found.code, found.reason, (_warning(facts, found.words),)))
    since = f"{facts.now - found.since:.0f} s"
    where = f", at sibling {found.node}" if found.node else ""
    return Verdict("allowed", f"{found.aor}, {found.state} since {since}, called by {found.caller}{where}")


def room_for_picker(request: Request, facts: Facts) -> Verdict:
    """Whoever has as many calls as he may, takes no other: 603. A call that he has already is no other."""
    taken = _taken(request, facts)
    limits = () if facts.referred_by else _new_limits(caller(facts), taken)
    if not limits:
        return NO_LIMIT
    if facts.slots is None:
        return claim(leg_of(facts), limits, request, parties=asked_where(facts, taken.aor))
    reached = full(facts)
    if reached is None:
        return Verdict("passed", said(facts))
    why = words(reached, "You", "have") if reached.scope is Scope.USER else words(reached)
    return Verdict("refused", said(facts), Reply(603, "Decline", (_warning(facts, why),)))


def _new_limits(picker: Party, taken: LiveDialog) -> tuple[Limit, ...]:
    """The picker's limits under which the call does not count yet: not his domain's, nor those of shared groups."""
    if taken.aor == picker.aor:
        return ()
    shared = taken.rights.groups | taken.rights.closed
    return tuple(
        limit
        for limit in of_caller(picker)
        if limit.scope is Scope.USER or (limit.scope is Scope.GROUP and limit.name.partition("@")[0] not in shared)
    )


def rung_besides(request: Request, facts: Facts) -> Verdict:
    """Where no Asterisk has the call, and nobody hands it over, the picker's phone rings for it, and takes it."""
    found = _taken(request, facts)
    if not (_is_carried(found, facts) and is_way(found)):
        return Verdict("skipped", "it is handed over")
    return rung(request, caller(facts), found, _gone_code(request))


def leg_marked(request: Request, facts: Facts) -> Verdict:
    """A leg that Asterisk joins to the one that rings; what is said should that have ended meanwhile."""
    found, code = _taken(request, facts), _gone_code(request)
    if facts.node.spiral and _is_carried(found, facts):
        return _carried_on(request, facts, found, code)
    verdict = marked(request, facts, caller(facts).aor, found.aor, "internal", *_named(found, code))
    assert verdict.memo is not None
    shown = (ANONYMOUS, "") if found.withheld else (found.caller, found.caller_name)
    left = () if facts.node.siblings else verdict.memo.gateways_left
    memo = replace(verdict.memo, called=shown[0], called_name=shown[1], shown="", gateways_left=left)
    gone = PutHandOver(memo.leg_id, code, REASONS[code], (_warning(facts, GONE),))
    return replace(verdict, effects=(*verdict.effects, gone), memo=memo)


def _carried_on(request: Request, facts: Facts, found: LiveDialog, code: int) -> Verdict:
    """The same for a call of two phones: a call of the picker to the one that takes it, which he is told."""
    assert facts.node.spiral is not None
    side = _side(request, found, facts)
    aor, name = (found.aor, "") if side is Side.CALLED else (found.caller, found.caller_name)
    taking = AddHeader(PrivateHeader.PICKUP, str(Taken(code, found.call_id, side, aor)))
    verdict = marked(request, facts, caller(facts).aor, aor, "internal", taking, way=(facts.node.spiral,))
    assert verdict.memo is not None
    hidden = found.withheld and side is not Side.CALLED
    called, shown = (ANONYMOUS, "") if hidden else (aor, address(name, aor))
    return replace(
        verdict, memo=replace(verdict.memo, called=called, called_name=name, shown=shown, says="", caller="")
    )


def to_gateway(request: Request, facts: Facts) -> Verdict:
    """To the Asterisk that has the call, and to no other: here, or at the sibling that has told of it."""
    taken = _taken(request, facts)
    sibling = next((one for one in facts.node.siblings if one.name == taken.node), None)
    if facts.node.spiral and _is_carried(taken, facts):
        return Verdict("relayed", "by this node itself", Relay(facts.node.spiral, taken.aor))
    if sibling is None:
        return relayed(request, facts, taken.aor, leg_of(facts), taken.aor)
    return Verdict("relayed", f"gateway of sibling {sibling.name}", Relay(sibling.gateway, taken.aor))


RULES = (
    forwards_left,
    authenticated,
    own_dialog,
    media_fits,
    readable,
    person_exists,
    may_pick_up,
    room_for_picker,
    rung_besides,
    caller_asserted,
    anchored,
    leg_marked,
    to_gateway,
)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with an INVITE that is to pick up."""
    return decide_by(RULES, request, facts)


def chosen(request: Request, facts: Facts) -> LiveDialog | No:
    """The dialog that is taken, or why none."""
    if request.replaces:
        return _within_reach(_replaced(request, facts), facts)
    found = _directed(facts, facts.callee) if isinstance(facts.callee, Party) else _longest(facts)
    return _within_reach(found, facts)


def _within_reach(found: LiveDialog | No, facts: Facts) -> LiveDialog | No:
    """A sibling without Asterisk gives its calls to phones there only."""
    if isinstance(found, No) or all(one.name != found.node or one.has_gateway for one in facts.node.siblings):
        return found
    return _declined(f"sibling {found.node} has no Asterisk", f"Only at {found.node} can that call be picked up")


def _directed(facts: Facts, person: Party) -> LiveDialog | No:
    picker = caller(facts)
    why = refusal(picker, person.aor, person.pickup)
    if why:
        return _declined(f"{picker.aor} may not pick up {person.aor}: {why}", f"You may not pick up {person.name}")
    found = [one for one in facts.ringing if one.aor == person.aor and one.caller != picker.aor]
    return _first(found) or _declined(f"nothing rings at {person.aor}", f"No call rings at {person.name}")


def _longest(facts: Facts) -> LiveDialog | No:
    """One's own phones are no colleagues: they can be answered."""
    picker = caller(facts)
    others = [one for one in facts.ringing if picker.aor not in (one.aor, one.caller)]
    allowed = [one for one in others if not refusal(picker, one.aor, one.rights)]
    fact = f"{len(others)} calls ring, none that {picker.aor} may pick up"
    near = [one for one in allowed if isinstance(_within_reach(one, facts), LiveDialog)]
    return _first(near) or _first(allowed) or _declined(fact, "No call rings that you may pick up")


def _replaced(request: Request, facts: Facts) -> LiveDialog | No:
    """Whoever names a dialog must know both tags; vendors write them either way round."""
    replaces, found, picker = Replaces.parse(request.replaces), facts.dialog, caller(facts)
    if replaces is None or found is None or not _matches(replaces, found) or found.domain != picker.domain:
        return No("no such dialog", 481, "Call/Transaction Does Not Exist", "There is no such call")
    if found.state is DialogState.UP and facts.referred_by in (found.aor, found.caller):
        return found
    why = refusal(picker, found.aor, found.rights)
    if not why and found.state is DialogState.UP and found.aor != picker.aor:
        why = "it is answered, and only his own other phone may take it over"
    if why:
        return _declined(f"{picker.aor} may not take the call of {found.aor}: {why}", "You may not take this call")
    if found.state is DialogState.UP and replaces.early_only:
        return No("answered already", 486, "Busy Here", "The call was answered")
    return found


def _matches(replaces: Replaces, found: LiveDialog) -> bool:
    return found.is_named(replaces.to_tag, replaces.from_tag)


def _gone_code(request: Request) -> int:
    """What is said should the call have ended."""
    return 481 if request.replaces else 603


def _is_carried(taken: LiveDialog, facts: Facts) -> bool:
    """Whether no Asterisk has the call, but this node by itself."""
    return facts.node.spiral is not None and not taken.node


def _side(request: Request, taken: LiveDialog, facts: Facts) -> Side:
    """Whose phone takes the new call: the caller's, or after an attended transfer that of whom the transferor left."""
    if taken.state is not DialogState.UP:
        return Side.EARLY
    named = Replaces.parse(request.replaces)
    if facts.referred_by and taken.aor == taken.caller:  # a call between two phones of one person
        return Side.CALLER if named and named.to_tag == taken.our_tag else Side.CALLED
    return Side.CALLED if facts.referred_by == taken.caller else Side.CALLER


def _first(dialogs: list[LiveDialog]) -> LiveDialog | None:
    return min(dialogs, key=lambda one: one.since, default=None)


def _named(found: LiveDialog, code: int) -> tuple[Effect, ...]:
    """A ringing dialog is named to the dial plan, with what it says when it is gone; an answered one as it is."""
    if found.state is DialogState.UP:
        return (AddHeader("Replaces", str(Replaces(found.call_id, found.our_tag, found.phone_tags[0]))),)
    return (AddHeader(PrivateHeader.PICKUP, f"{code} {found.call_id}"),)


def _taken(request: Request, facts: Facts) -> LiveDialog:
    found = chosen(request, facts)
    assert isinstance(found, LiveDialog)
    return found


def _number(request: Request) -> str:
    return "" if request.replaces else cleaned(dialled(request.uri.user).number)


def _declined(fact: str, words: str) -> No:
    return No(fact, 603, "Decline", words)


def _warning(facts: Facts, words: str) -> tuple[str, str]:
    return "Warning", f"399 {caller(facts).domain} {quoted(words)}"
