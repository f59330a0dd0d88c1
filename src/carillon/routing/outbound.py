"""The outbound leg's main route: from Asterisk to a device (slides "Outbound Call Leg - Main Route")."""

from __future__ import annotations

from dataclasses import replace

from carillon.model.forwarding import Cause
from carillon.model.rights import NumberClass
from carillon.routing import access, rungbesides, spiral, whoanswers
from carillon.routing.admission import forwards_left, unavailable
from carillon.routing.beyond import BEYOND, asked_again, by_own_number, was_silent
from carillon.routing.bytrunk import by_trunk
from carillon.routing.calledname import LATE, address
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import (
    AddHeader,
    Decision,
    Effect,
    KeepDialog,
    RecordRoute,
    Relay,
    RemoveHeader,
    Reply,
    Ring,
    SetFrom,
    StripPrivate,
)
from carillon.routing.dialogs import LiveDialog
from carillon.routing.diversion import told
from carillon.routing.facts import UNKNOWN, Facts, NodeProfile
from carillon.routing.forwarding import (
    by_own_address,
    forwarded_always,
    gone_round,
    not_disturbed,
    room_for_callee,
    sent_on,
)
from carillon.routing.hop import diverted, is_inside
from carillon.routing.memo import Leg, Memo
from carillon.routing.names import name_question, named
from carillon.routing.onward import onward, ring_s
from carillon.routing.outside import (
    hidden,
)
from carillon.routing.questions import NOTHING, Questions
from carillon.routing.recording import outbound_rule, recorded_outbound
from carillon.routing.request import Request
from carillon.routing.ringing import rung_as
from carillon.routing.sendon import ends, forwards_before, not_there, replied
from carillon.routing.sessiontimer import timed
from carillon.routing.transferred import caller_question, name_shown
from carillon.routing.words import said_of
from carillon.sip.dialogproof import proof
from carillon.sip.legid import is_leg_id
from carillon.sip.private import PrivateHeader
from carillon.sip.uri import quoted
from carillon.stores.ports import Party


def ask(request: Request, node: NodeProfile) -> Questions:
    """One look-up: the party called; and whether any phone of theirs is registered, or which trunks there are.

    After a transfer one more: who was transferred. With somebody outside one more: who that is, by the books.
    """
    if PrivateHeader.JOIN in request.private:
        return NOTHING
    domain, user = request.uri.host, request.uri.user
    caller = caller_question(request)
    if PrivateHeader.SERVICE in request.private:
        return Questions(rows=True, domains=bool(node.spiral), callee=(domain, user) if node.spiral else None)
    if request.private.get(PrivateHeader.OUTSIDE) == NumberClass.EMERGENCY:
        # an extension of these digits is not asked
        return Questions(caller=caller, outbound=domain, health=domain, domains=True)
    if PrivateHeader.OUTSIDE in request.private:
        name = name_question(request)
        inside = None if request.private[PrivateHeader.OUTSIDE] == BEYOND else (domain, user)
        return Questions(
            callee=inside, caller=caller, outbound=domain, health=domain, domains=True, rows=True, named=name
        )
    name = name_question(request)
    asked = Questions(
        callee=(domain, user), caller=caller, registered=f"{user}@{domain}", domains=True, rows=True, named=name
    )
    if not node.branch:
        return asked
    return replace(asked, outbound=domain, beyond=request.private.get(PrivateHeader.CALLER, ""))


def of_our_call(request: Request, facts: Facts) -> Verdict:
    """Asterisk calls out only for a call that came in by us: it carries the leg's id."""
    if request.to_tag:
        return Verdict("refused", "a dialog that is not ours", Reply(481, "Call/Transaction Does Not Exist"))
    leg = request.private.get(PrivateHeader.LEG, "")
    if not is_leg_id(facts.node.secrets, leg):
        return Verdict("refused", f"no {PrivateHeader.LEG} of ours", Reply(403, "Not A Leg Of A Call"))
    if PrivateHeader.FORWARD in request.private and request.progress is None:
        return Verdict("refused", f"no {PrivateHeader.FORWARD} of ours", Reply(403, "Not A Forward Of A Call"))
    return Verdict("passed", f"leg {leg}")


def joined_away(request: Request, facts: Facts) -> Verdict:
    """A call that was joined with one at a sibling goes to the Asterisk there, and takes its place in it (RFC 3891)."""
    join = request.private.get(PrivateHeader.JOIN)
    if join is None:
        return Verdict("skipped", "not joined with another call")
    name, _, replaces = join.partition(" ")
    sibling = next((one for one in facts.node.siblings if one.name == name), None)
    if sibling is None:
        return replied(request, 481, "Call/Transaction Does Not Exist", f"there is no sibling {name}")
    leg, called = request.private[PrivateHeader.LEG], f"{request.uri.user}@{request.uri.host}"
    effects = (
        RemoveHeader("Route"),
        AddHeader("Replaces", bytes.fromhex(replaces).decode()),
        RecordRoute(proof(facts.node.secrets, request.call_id, request.from_tag)),
    )
    return Verdict(
        "relayed", f"gateway of sibling {name}", Relay(sibling.gateway, called), effects, Memo(Leg.INBOUND, leg, called)
    )


def party_exists(request: Request, facts: Facts) -> Verdict:
    """The called party may have been removed since the inbound leg."""
    if facts.callee is UNKNOWN:
        return Verdict("unknown", "the directory did not answer", unavailable(facts))
    if PrivateHeader.SERVICE in request.private:
        return Verdict("passed", f"{request.private[PrivateHeader.SERVICE]} is a service")
    if access.is_number(facts.callee):
        return replied(request, 404, "Not Found", f"{request.uri.user} is an access number, for calls from outside")
    if facts.callee is None and PrivateHeader.OUTSIDE in request.private:
        return Verdict("passed", f"{request.uri.user} is outside")
    if facts.callee is None:
        fact = f"nobody has {request.uri.user} in {request.uri.host}"
        return not_there(request, fact) or replied(request, 404, "Not Found", fact)
    return Verdict("passed", f"{facts.callee.name} ({facts.callee.aor})")


def registered(request: Request, facts: Facts) -> Verdict:
    """No phone registered: the rows for offline, else 480, and the caller is told so (slide "Offline")."""
    party = facts.callee
    if not isinstance(party, Party) or party.service:
        return Verdict("skipped", "a service" if party else "outside")
    if facts.registered is False:
        why = f"{party.name} has no phone registered"
        return ends(request, facts, party, (Cause.OFFLINE,), 480, "Temporarily Unavailable", why)
    return Verdict("passed", "unknown: tried all the same" if facts.registered is UNKNOWN else "a phone is registered")


def caller_shown(request: Request, facts: Facts) -> Verdict:
    """The callee sees the caller's own address, not Asterisk's; nobody where that is withheld (RFC 3323, 3325)."""
    aor = request.private.get(PrivateHeader.CALLER, "")
    if facts.callee is None:
        return Verdict("skipped", "the trunk says who calls")
    if not aor:
        return Verdict("unchanged", "no caller is known")
    if PrivateHeader.WITHHELD in request.private:
        return Verdict("withheld", "by the caller's wish", effects=hidden())
    name, uri = name_shown(request, facts), f"sip:{aor}"
    asserted = AddHeader("P-Asserted-Identity", f"{quoted(name)} <{uri}>" if name else f"<{uri}>")
    effects = (SetFrom(name, uri), RemoveHeader("P-Asserted-Identity"), asserted)
    return Verdict("shown", f"{name or aor} <{aor}>", effects=effects)


def to_service(request: Request, facts: Facts) -> Verdict:
    """Something of ours answers, at the gateway, where `voicemail:102` is `voicemail-102`."""
    private, party = request.private, facts.callee
    service = private.get(PrivateHeader.SERVICE) or (party.service if isinstance(party, Party) else "")
    if not service:
        return NO_SERVICE
    gateways = tuple(main.gateway for main in facts.mains) if facts.node.spiral else facts.node.gateways
    if not gateways:
        return _without_gateway(request, facts)
    called, gateway = f"{request.uri.user}@{request.uri.host}", gateways[0]
    kept = {**private, PrivateHeader.CALLED: called, PrivateHeader.SERVICE: service}
    if forwards := forwards_before(request) + len(diverted(request)):
        kept[PrivateHeader.FORWARDS] = str(forwards)  # what the service sends on begins to count anew
    effects = (
        StripPrivate(),
        RemoveHeader("Route"),
        *(AddHeader(name, value) for name, value in kept.items()),
        *told(diverted(request), called, lambda one: one.aor),
        RecordRoute(proof(facts.node.secrets, request.call_id, request.from_tag)),
    )
    memo = Memo(
        *(Leg.OUTBOUND, private[PrivateHeader.LEG], called),
        onward=onward(request, facts), service=service, party=whoanswers.at_service(called),
    )  # fmt: skip
    return Verdict("relayed", f"{service} at gateway {gateway}", Relay(gateway, called), effects, memo)


def _without_gateway(request: Request, facts: Facts) -> Verdict:
    if facts.node.spiral:
        return replied(request, 480, "Temporarily Unavailable", "no main is heard", spiral.CUT_OFF)
    return Verdict("unavailable", "no gateway is configured", unavailable(facts))


def rung(request: Request, facts: Facts) -> Verdict:
    """Ring all phones of the called party; what each is offered is decided for its branch (`media`)."""
    assert isinstance(facts.callee, Party)
    party, leg = facts.callee, request.private[PrivateHeader.LEG]
    if not facts.relay:
        words = f"{party.name} has encrypting phones only, and the media relay is out of order"
        return replied(request, 488, "Not Acceptable Here", "no phone could be offered plain sound", words)
    told_of = whoanswers.person(request, party)
    ring = Ring(party.aor, ring_s(request, facts))
    memo = Memo(
        *(Leg.OUTBOUND, leg, party.aor, party.name),
        onward=onward(request, facts), party=told_of, ring_until=facts.now + ring.ring_s,
        shown=_shown_to_caller(request, party), says=_said_to_caller(request, facts, party),
        recording=_recording(request, facts), if_silent=asked_again(request, facts, party),
    )  # fmt: skip
    effects = (
        StripPrivate(),
        RemoveHeader("Route"),
        *_told_inside(request, party),
        KeepDialog(_dialog(request, facts, party)),
        *rungbesides.noted(request, facts),
        RecordRoute(proof(facts.node.secrets, request.call_id, request.from_tag)),
        *spiral.named(facts, told_of, party.aor),
    )
    return Verdict("rings", f"{party.aor} for {ring.ring_s} s", ring, effects, memo)


def _shown_to_caller(request: Request, party: Party) -> str:
    """Who rings, where that is not whom the caller has called."""
    if PrivateHeader.GROUP in request.private:
        return LATE + address(party.name, party.aor)
    return "" if request.private.get(PrivateHeader.CALLED) == party.aor else address(party.name, party.aor)


def _said_to_caller(request: Request, facts: Facts, party: Party) -> str:
    inside = is_inside(request)
    return said_of(party, facts.now, inside=inside) if inside and party.presence else ""


NO_SERVICE = Verdict("skipped", "no service")

RULES = (
    forwards_left,
    of_our_call,
    joined_away,
    party_exists,
    gone_round,
    by_own_address,
    sent_on,
    not_disturbed,
    forwarded_always,
    by_own_number,
    was_silent,
    registered,
    room_for_callee,
    named,
    caller_shown,
    timed,
    recorded_outbound,
    rung_as,
    to_service,
    by_trunk,
    rung,
)


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with an INVITE from our own Asterisk."""
    return decide_by(RULES, request, facts)


def _recording(request: Request, facts: Facts) -> str:
    recording = outbound_rule(request, facts)[1] if facts.relay else None
    return str(recording) if recording else ""


def _dialog(request: Request, facts: Facts, party: Party) -> LiveDialog:
    """What pick-up must know of the dialog with the phones that are to ring."""
    caller, withheld = request.private.get(PrivateHeader.CALLER, ""), PrivateHeader.WITHHELD in request.private
    name = "" if withheld else name_shown(request, facts)
    return LiveDialog(
        *(request.call_id, party.aor, request.from_tag, caller, name, party.pickup), since=facts.now, withheld=withheld
    )


def _told_inside(request: Request, party: Party) -> tuple[Effect, ...]:
    """The phone is told who sent the call on."""
    by = diverted(request)
    return told(by, party.aor, lambda one: one.aor) if by else ()
