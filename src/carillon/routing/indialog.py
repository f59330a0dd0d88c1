"""Requests inside a dialog: followed only in dialogs that we set up (RFC 3261 §12.2, §16.12)."""

from __future__ import annotations

from functools import lru_cache

from carillon.routing import semiattended
from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import Decision, DialogEnds, Effect, Follow, NoteReferral, Reply, StripPrivate
from carillon.routing.facts import Facts, Gateway, NodeProfile
from carillon.routing.media import kept_anchored
from carillon.routing.questions import NOTHING, Questions
from carillon.routing.request import Request, Source
from carillon.routing.sessiontimer import still_timed
from carillon.routing.transfertold import transfer_told
from carillon.sip.dialogproof import is_proved
from carillon.sip.referto import ReferTo
from carillon.sip.replaces import Replaces
from carillon.sip.seal import Secrets
from carillon.sip.uri import SipUri, quoted

OURS = frozenset({Source.GATEWAY, Source.PRESENCE})
"""Parts of this node that are one end of each dialog."""

NOT_OUTSIDE = "A branch without Asterisk does not transfer callers from outside"
"""What a phone reads that wants to send a provider somewhere: such a caller can be put on hold, and called back."""


def ask(request: Request, node: NodeProfile) -> Questions:
    """Nothing: the proof rides in the request. Whoever joins two calls that no Asterisk has: the notes of both."""
    named = _joined(request)
    return Questions(dialog=request.call_id, consulted=named.call_id) if named else NOTHING


def belongs(request: Request, node: NodeProfile) -> bool:
    """Whether the request carries our proof for its dialog; otherwise it is treated as an initial one."""
    return bool(request.to_tag) and is_proved(
        node.secrets, request.dialog_proof, request.call_id, request.from_tag, request.to_tag
    )


def is_lasting(request: Request, node: NodeProfile) -> bool:
    """Whether that proof is by the secret of now: one by a former secret is worth nothing some day."""
    return bool(request.to_tag) and is_proved(
        Secrets(node.secrets.current), request.dialog_proof, request.call_id, request.from_tag, request.to_tag
    )


def stays_inside(request: Request, facts: Facts) -> Verdict:
    """One end of each dialog is an Asterisk of ours: what comes from outside is for it and for nobody else."""
    if request.max_forwards <= 0:
        return Verdict("refused", "Max-Forwards is used up", Reply(483, "Too Many Hops"))
    if request.spirals or request.inward:
        return _spirals(request)
    if request.source in OURS:
        return Verdict("passed", f"from our {request.source}")
    gateway = target(request)
    if leads_on(request, facts.node):
        return Verdict("passed", f"{'from' if request.source is Source.SIBLING else 'to'} sibling {request.sibling}")
    if gateway in facts.node.every_gateway:
        return Verdict("passed", f"to gateway {gateway}")
    return Verdict("refused", f"{gateway} is no gateway of ours", Reply(403, "Not Part Of This Dialog"))


def _spirals(request: Request) -> Verdict:
    """The far end is a phone, or a trunk: nobody outside sends a phone of ours anywhere (RFC 3515).

    Behind ourselves it goes where its sender says, but not to parts of this node that believe us.
    """
    if request.inward:
        return Verdict("refused", "it leads to a part of this node", Reply(403, "Not Part Of This Dialog"))
    if request.method == "REFER" and request.source is Source.TRUNK:
        return Verdict("refused", "a trunk asks", Reply(403, "Transfer Is Not Allowed From Outside"))
    if request.method == "REFER" and request.beyond_us:
        warning = ("Warning", f"399 {request.to_uri.host} {quoted(NOT_OUTSIDE)}")
        return Verdict("refused", "no provider is sent anywhere", Reply(403, "Transfer Is Not Possible", (warning,)))
    return Verdict("passed", "to ourselves, and on from here")


def _target(request: Request) -> ReferTo | None:
    return ReferTo.parse(request.refer_to[0]) if request.spirals and len(request.refer_to) == 1 else None


def _joined(request: Request) -> Replaces | None:
    """The call of his into which somebody sends the other side of this one, by Replaces."""
    target = _target(request)
    return target.replaces if target else None


def referral_noted(request: Request, facts: Facts) -> Verdict:
    """That one's phone will ask for it with Replaces, and may: he who is in both calls has sent it (RFC 5589 §7)."""
    target, here = _target(request), facts.dialog
    if target is None or target.replaces is None:
        return Verdict("skipped", "joins no calls")
    if here is None or request.from_tag not in (here.our_tag, *here.phone_tags):
        return Verdict("not noted", "nothing is known of this dialog")
    by = here.caller if request.from_tag == here.our_tag else here.aor
    call_id = target.replaces.call_id
    if rings := semiattended.rings_for(by, target.replaces, facts.consulted):
        return semiattended.sent_on(rings)
    return Verdict("noted", f"{by} sends somebody into {call_id}", effects=(NoteReferral(call_id, by),))


def leads_on(request: Request, node: NodeProfile) -> bool:
    """Whether another node has its part in the dialog, and this one is not where it ends.

    The sibling looks at what we send there as we look at what it sends: at its own gateways it ends, or at a phone.
    """
    if not request.sibling:
        return False
    return request.source is not Source.SIBLING or target(request) not in node.every_gateway


def followed(request: Request, facts: Facts) -> Verdict:
    """Without private headers. From outside, neither further routes nor parameters of the URI lead elsewhere."""
    free = request.source in OURS or leads_on(request, facts.node)
    gateway = facts.node.spiral if request.spirals else None if free else target(request)
    effects: tuple[Effect, ...] = (StripPrivate(), DialogEnds()) if request.method == "BYE" else (StripPrivate(),)
    return Verdict("followed", request.method, Follow(gateway), effects)


RULES = (stays_inside, referral_noted, transfer_told, still_timed, kept_anchored, followed)


REMEMBERED = frozenset({"ACK", "BYE", "NOTIFY"})


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with a request of a proved dialog."""
    told = request.anchor or request.timing or request.fragment
    if told or request.sibling or facts.node.spiral or request.method not in REMEMBERED:
        return decide_by(RULES, request, facts)
    uri, has_hops = request.uri, request.max_forwards > 0
    return _decided(request.method, uri.host, uri.port, request.source, has_hops, facts.node.every_gateway)


@lru_cache(maxsize=1024)
def _decided(
    method: str, host: str, port: int, source: Source, has_hops: bool, gateways: tuple[Gateway, ...]
) -> Decision:
    """For plain sound the rules look at nothing else of these methods; they are pure, and the same come again."""
    uri = SipUri("", host, port)
    request = Request(method, uri, uri, uri, "", source, max_forwards=int(has_hops))
    return decide_by(RULES, request, Facts(0.0, NodeProfile("", gateways)))


def target(request: Request) -> Gateway:
    """The end of the dialog that the Request-URI names; from outside it is one of our gateways."""
    return Gateway(request.uri.host.strip("[]"), request.uri.port)
