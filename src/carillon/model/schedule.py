"""A schedule: weekly hours and holidays, in the time of one place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from carillon.model.domain import require_canonical
from carillon.model.label import require_label
from carillon.model.refused import Refused

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"(?P<from>[0-2]?\d:[0-5]\d)-(?P<to>[0-2]?\d:[0-5]\d)")
_EXAMPLE = "write such as 'mon-fri 09:00-12:30,13:30-18:00'"


@dataclass(frozen=True, slots=True)
class Hours:
    """Open on `day` (0 is Monday) from `begin` to `end`, minutes of the local day; past midnight when `end` is less."""

    day: int
    begin: int
    end: int

    def __str__(self) -> str:
        return f"{DAYS[self.day]} {_clock(self.begin)}-{_clock(self.end)}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Open in its weekly `hours`, but not on its `holidays`. `timezone` is a name of the IANA database."""

    domain: str
    name: str
    timezone: str
    hours: tuple[Hours, ...]
    holidays: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_label("name", self.name)
        if not self.hours:
            raise Refused("hours", f"are missing; {_EXAMPLE}.")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
            raise Refused("timezone", f"{self.timezone!r} isn't known; write such as Europe/Brussels.") from unknown


def hours_typed(texts: tuple[str, ...]) -> tuple[Hours, ...]:
    """The hours of `mon-fri 09:00-12:30,13:30-18:00`, one text a group of days, in order. Raises `Refused`."""
    found = {hours for text in texts for hours in _hours(text.strip().lower())}
    return tuple(sorted(found, key=lambda one: (one.day, one.begin, one.end)))


def holidays_typed(texts: tuple[str, ...]) -> tuple[date, ...]:
    """The dates, each once, in order. Raises `Refused`."""
    try:
        return tuple(sorted({date.fromisoformat(text.strip()) for text in texts}))
    except ValueError as wrong:
        raise Refused("holidays", f"{wrong}; write dates such as 2026-12-25.") from wrong


def _hours(text: str) -> list[Hours]:
    days, _, spans = text.partition(" ")
    found = [_span(text, span) for span in spans.split(",")]
    return [Hours(day, begin, end) for day in _days(text, days) for begin, end in found]


def _days(text: str, words: str) -> list[int]:
    first, _, last = words.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        raise Refused("hours", f"{text!r} has no days; {_EXAMPLE}.")
    begin, end = DAYS.index(first), DAYS.index(last or first)
    return [(begin + step) % 7 for step in range((end - begin) % 7 + 1)]


def _span(text: str, span: str) -> tuple[int, int]:
    match = _HOURS.fullmatch(span.strip())
    try:
        if match is not None:
            begin, end = _minutes(match["from"]), _minutes(match["to"])
            if begin != end:
                return begin, end
    except ValueError:
        pass
    raise Refused("hours", f"{text!r} has no hours; {_EXAMPLE}.")


def _minutes(clock: str) -> int:
    """Minutes since midnight; raises ValueError."""
    if clock == "24:00":
        return 24 * 60
    at = time.fromisoformat(clock.zfill(5))
    return at.hour * 60 + at.minute


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
