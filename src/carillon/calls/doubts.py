"""Asking Asterisk for everything shows whose lamps were wrong: those of calls whose events were lost. Pure.

What differs from the book may also be news that is still on its way. So a difference is a doubt first: an event about
the same channel explains it. What nothing has explained for some seconds was lost, and counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from carillon.calls.ami import Message

PATIENCE_S: Final = 2.0
"""Asterisk's news is late by milliseconds."""


@dataclass
class Doubts:
    """People by the channel that differed, and since when (seconds of a clock that only rises)."""

    _open: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)

    def about(self, differing: dict[str, frozenset[str]], now: float) -> None:
        """These channels are not what the book had; of each, the people whose lamps it lights."""
        self._open |= {id: (now, people) for id, people in differing.items() if people}

    def explained(self, messages: Iterable[Message]) -> None:
        """What was on its way has come."""
        if self._open:
            for message in messages:
                for key in ("Uniqueid", "DestUniqueid"):
                    self._open.pop(message.get(key, ""), None)

    def lost(self, now: float) -> int:
        """How many people's lamps have been wrong for lack of an event; each is counted once."""
        old = [id for id, (since, _) in self._open.items() if now - since >= PATIENCE_S]
        return len(frozenset().union(*(self._open.pop(id)[1] for id in old)))
