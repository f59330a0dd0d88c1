"""What the rules say of the plainest messages, for the routes of kamailio.cfg: asked of them, never written here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from carillon.kamailio.tracer import outcome_words
from carillon.routing import examples
from carillon.routing.decision import DialogEnds, StripPrivate
from carillon.routing.facts import Gateway, NodeProfile
from carillon.routing.request import Source

METHODS = ("ACK", "BYE")

_KNOWN = frozenset({StripPrivate(), DialogEnds()})
"""What the routes can do; where there is something to strip they leave the request to the worker."""


@dataclass(frozen=True, slots=True)
class Within:
    """A request of a dialog that goes to `gateway` by `socket`, or to a phone; `words` are the last ones of its row.

    `ends` says whether the dialog is over.
    """

    method: str
    source: str
    words: tuple[str, ...]
    ends: bool
    gateway: Gateway | None = None
    socket: str = ""


def within(node: NodeProfile, gateways: Iterable[Gateway], socket: str) -> tuple[Within, ...]:
    """Each kind that there is on a node with these gateways, spoken to by this socket."""
    to_gateways = ((Source.OUTSIDE, gateway) for gateway in gateways)
    kinds = ((Source.GATEWAY, None), *to_gateways)
    found = (_within(node, method, source, gateway, socket) for method in METHODS for source, gateway in kinds)
    return tuple(each for each in found if each)


def _within(node: NodeProfile, method: str, source: Source, gateway: Gateway | None, socket: str) -> Within | None:
    said = examples.within(node, method, source, str(gateway or "192.0.2.1:5070"))
    if said is None or not _KNOWN.issuperset(said.decision.effects):
        return None
    words = (*outcome_words(said.decision.outcome), *chain.from_iterable(said.decision.trace))
    return Within(method, source, words, DialogEnds() in said.decision.effects, gateway, socket if gateway else "")
