"""One state from all that is said of a person (behaviours: manual, calendar, calls, phones, registration)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carillon.model.presence import MANUAL, PresenceState


class Source(StrEnum):
    """Who says something of a person, what counts first first."""

    MANUAL = MANUAL
    CALENDAR = "calendar"
    CALLS = "calls"
    PHONE = "phone"


RANK: Final = {source: rank for rank, source in enumerate(Source)}
_STRENGTH: Final = {PresenceState.VACATION: 0, PresenceState.BUSY: 1, PresenceState.AWAY: 2, PresenceState.DEFAULT: 3}
"""Of two events at one time, a vacation counts more than a meeting in it."""
NOTHING: Final = "nothing"
"""The source when nobody says anything."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says of a person. `since` and `until` are Unix seconds; `until` None is until further notice.

    `who` tells several of one kind apart: the tag of a publication, the name of a calendar.
    """

    source: Source
    state: PresenceState
    since: float
    dnd: bool = False
    note: str | None = None
    until: float | None = None
    who: str = ""

    def counts_at(self, now: float) -> bool:
        """Whether it still counts."""
        return self.until is None or self.until > now


@dataclass(frozen=True, slots=True)
class Merged:
    """The one state. `said` are all that still count, what counts most first."""

    state: PresenceState
    dnd: bool = False
    note: str | None = None
    source: str = NOTHING
    until: float | None = None
    said: tuple[Said, ...] = ()


def merged(said: Iterable[Said], now: float) -> Merged:
    """The state that counts at `now`: of the first source that says anything; of several phones, the last one's word.

    A registration says nothing of its own: whoever nobody speaks of is in the default state, registered or not.
    """
    order = in_order(each for each in said if each.counts_at(now))
    if not order:
        return Merged(PresenceState.DEFAULT)
    first = order[0]
    return Merged(first.state, first.dnd, first.note, first.source, first.until, tuple(order))


def in_order(said: Iterable[Said]) -> list[Said]:
    """What counts most first; what was said later comes before what was said earlier by the same kind of source.

    Of events in calendars, vacation comes before busy, and that before away.
    """
    return sorted(said, key=_place)


def _place(said: Said) -> tuple[object, ...]:
    """All of it, so that no two words have one place and the order in which they came in never shows."""
    until = math.inf if said.until is None else said.until
    strength = _STRENGTH[said.state] if said.source is Source.CALENDAR else 0
    return RANK[said.source], strength, -said.since, said.who, said.state, said.dnd, said.note or "", until


def next_end(said: Sequence[Said], now: float) -> float | None:
    """When the next of these ends, in Unix seconds; None when none does."""
    return min((each.until for each in said if each.until is not None and each.until > now), default=None)
