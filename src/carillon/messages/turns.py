"""Whose messages a node delivers: its own, and those of nodes that are down, if it is the first that is up. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether a node delivers what was kept at itself, and what at all others but these; None for none of them."""

    own: bool
    all_but: frozenset[str] | None = None

    @property
    def words(self) -> str:
        """The same in words, for the log."""
        if not self.own:
            return "messages that are kept wait: what was delivered elsewhere is not known, or Kamailio does not answer"
        but = f" but {', '.join(sorted(self.all_but))}" if self.all_but else ""
        others = "" if self.all_but is None else f", and those of all other nodes{but}"
        return f"messages that are kept here are delivered{others}"


ALONE = Turn(own=True)
"""A node that has no siblings, or whose daemon `siblings` says nothing."""
NOBODY = Turn(own=False)
"""A node that can't know yet what others have delivered meanwhile."""


@dataclass(frozen=True, slots=True)
class Sibling:
    """What a node knows of another: whether it `is_up`, None for not yet, and whether it `copies` messages at all.

    `is_heard` once all was heard of it that others have delivered since it was seen last.
    """

    name: str
    is_up: bool | None
    copies: bool
    is_heard: bool


def turn(own: str, *, copies: bool, serves: bool, siblings: Iterable[Sibling]) -> Turn:
    """What the node `own` delivers now; nothing before it knows what was delivered while it was away.

    Of those that hold copies and are up, the first by name delivers what lies at nodes that are down.
    """
    up = [one for one in siblings if one.is_up is not False]
    if not serves or not all(one.is_heard for one in up):
        return NOBODY
    is_first = copies and all(own < one.name for one in up if one.copies)
    return Turn(own=True, all_but=frozenset(one.name for one in up) if is_first else None)
