"""What calendars say of a person: spans of time, each with a state. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from carillon.model.presence import PresenceState
from carillon.presence.aggregate import Said, Source


@dataclass(frozen=True, slots=True)
class Span:
    """An event of a calendar: from `starts` until `ends` (Unix seconds) a person is in a state."""

    starts: float
    ends: float
    state: PresenceState
    note: str | None = None
    calendar: str = ""


def said_at(spans: Sequence[Span], now: float) -> tuple[Said, ...]:
    """What the events that are on now say."""
    return tuple(
        Said(Source.CALENDAR, each.state, each.starts, False, each.note, each.ends, each.calendar)
        for each in spans
        if each.starts <= now < each.ends
    )


def next_start(spans: Sequence[Span], now: float) -> float | None:
    """When the next event begins; None when none does."""
    return min((each.starts for each in spans if each.starts > now), default=None)
