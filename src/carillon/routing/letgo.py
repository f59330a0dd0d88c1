"""A phone's connection that is to end, so that it comes to another node: said by the daemon `siblings` of this node."""

from __future__ import annotations

from carillon.routing.chain import Verdict, decide_by
from carillon.routing.decision import Decision, LetGo
from carillon.routing.facts import Facts, NodeProfile
from carillon.routing.questions import NOTHING, Questions
from carillon.routing.request import Request


def ask(request: Request, node: NodeProfile) -> Questions:
    """Nothing: which phones may be let go, the daemon knows."""
    return NOTHING


def let_go(request: Request, facts: Facts) -> Verdict:
    """The engine closes that connection; its phone connects anew, as RFC 5626 §4.4 wants."""
    return Verdict("let go", "this node is drained", LetGo())


def decide(request: Request, facts: Facts) -> Decision:
    """What to do with a connection that the daemon names."""
    return decide_by((let_go,), request, facts)
