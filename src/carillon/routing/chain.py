"""Running rules in order: the first outcome wins, effects add up, each rule leaves a row in the trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from carillon.model.frozen import dataclass
from carillon.routing.decision import Decision, Effect, Outcome, TraceRow
from carillon.routing.memo import Memo

Subject = TypeVar("Subject")
Known = TypeVar("Known")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says: a word, the fact that decided, perhaps an outcome, effects and a memo."""

    word: str
    fact: str
    outcome: Outcome | None = None
    effects: tuple[Effect, ...] = ()
    memo: Memo | None = None


Rule = Callable[[Subject, Known], Verdict]


class NoOutcome(Exception):
    """A chain ended without an outcome: its last rule must always give one."""


def decide_by(rules: Sequence[Rule[Subject, Known]], subject: Subject, known: Known) -> Decision:
    """Ask `rules` in order until one gives an outcome; raises NoOutcome when none does."""
    effects: list[Effect] = []
    trace: list[TraceRow] = []
    memo: Memo | None = None
    for rule in rules:
        verdict = rule(subject, known)
        effects.extend(verdict.effects)
        memo = verdict.memo or memo
        trace.append(TraceRow(rule.__name__, verdict.word, verdict.fact))
        if verdict.outcome is not None:
            return Decision(verdict.outcome, tuple(effects), memo, tuple(trace))
    raise NoOutcome(f"no rule of {[rule.__name__ for rule in rules]} gave an outcome")
