"""Whose clock is wrong, as one node sees it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from carillon.siblings.states import SiblingState

OFF_S: Final = 5
"""Less is nobody's trouble, and may be the way between nodes."""

ADVICE: Final = "set it right (`timedatectl` shows whether it is synchronised): schedules and times go by it"


def is_ours(siblings: Iterable[SiblingState]) -> bool:
    """Whether the clock here is the wrong one: two others and more agree that it is."""
    ahead = [one.ahead_s for one in siblings if one.up]
    return len(ahead) > 1 and abs(min(ahead, key=abs)) > OFF_S and max(ahead) - min(ahead) <= OFF_S


def clock_words(one: SiblingState, own: str) -> str:
    """How a sibling's clock differs from that of the node `own`; "" when it does not."""
    if abs(one.ahead_s) <= OFF_S:
        return ""
    return f"its clock is {abs(one.ahead_s)} s {'ahead of' if one.ahead_s > 0 else 'behind'} that of {own}"


def advice(siblings: Iterable[SiblingState], own: str) -> str:
    """Which clocks differ, and what to do; "" when none does."""
    known = tuple(siblings)
    if is_ours(known):
        ahead_s = -known[0].ahead_s
        way = "ahead of" if ahead_s > 0 else "behind"
        return f"the clock of this node is {abs(ahead_s)} s {way} those of all others; {ADVICE}"
    said = [f"{one.name}: {words}" for one in known if (words := clock_words(one, own))]
    return f"{'; '.join(said)}; of these, find the one that is wrong, and {ADVICE}" if said else ""
