"""What a sibling says of the phones that it is home to, brought by the daemon of this node that hears siblings."""

from __future__ import annotations

from typing import Final

from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import Decision, SaveCopy
from carillon.routing.facts import Facts, NodeProfile
from carillon.routing.questions import NOTHING, Questions
from carillon.routing.request import Request

RESTORING: Final = "restoring"
"""A table of shared memory, and its only key: there while a node alone stores registrations of its own again."""


def ask(request: Request, node: NodeProfile) -> Questions:
    """Nothing: the sibling has authenticated the phone."""
    return NOTHING


def copied(request: Request, facts: Facts) -> Verdict:
    """The engine's registrar stores it beside the phones that have their home here."""
    aor = f"{request.to_uri.user}@{request.to_uri.host}"
    return Verdict("copied", aor, SaveCopy(aor))


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with a copy of a registration."""
    return decide_by((copied,), request, facts)
