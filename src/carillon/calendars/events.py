"""What the events of an iCalendar say of a person (RFC 5545), as spans of time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from carillon.model.calendar import CATEGORY, Kind
from carillon.model.presence import LONGEST_NOTE, PresenceState
from carillon.presence.spans import Span

MOST_SPANS: Final = 2000
"""Events of one calendar within the time that is looked ahead."""
_DAY = timedelta(days=1)
_FREE_BUSY: Final = {"BUSY": Kind.BUSY, "BUSY-UNAVAILABLE": Kind.OUT, "BUSY-TENTATIVE": Kind.TENTATIVE}
_OUTLOOK: Final = {
    "BUSY": Kind.BUSY,
    "OOF": Kind.OUT,
    "TENTATIVE": Kind.TENTATIVE,
    "WORKINGELSEWHERE": Kind.ELSEWHERE,
}
_TOO_OFTEN: Final = {"SECONDLY", "MINUTELY"}
_UNSURE: Final = {"TENTATIVE", "NEEDS-ACTION"}
_WITHHELD: Final = {"PRIVATE", "CONFIDENTIAL"}

Meanings = Mapping[str, PresenceState | None]


class BadCalendar(Exception):
    """Nothing can be read from it; the text says why, in words that go on after "the calendar"."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a calendar is read: the person's time zone for what names none, his address, and what events mean."""

    zone: str
    email: str
    meanings: Meanings
    notes: bool = True


def spans_in(data: bytes, how: Reading, begin: float, end: float) -> list[Span]:
    """The spans that touch the time from `begin` to `end` (Unix seconds), in order. Raises BadCalendar."""
    try:
        calendars = icalendar.Calendar.from_ical(data, multiple=True)
    except Exception as error:
        raise BadCalendar("is no iCalendar") from error
    if not calendars or any(each.name != "VCALENDAR" for each in calendars):
        raise BadCalendar("is no iCalendar")
    found: set[Span] = set()
    for calendar in calendars:
        for span in _spans(calendar, how, begin, end):
            if span.starts < end and span.ends > begin:
                found.add(span)
            if len(found) > MOST_SPANS:
                raise BadCalendar(f"has more than {MOST_SPANS} events in {(end - begin) / 86_400:.0f} days")
    return sorted(found, key=lambda each: (each.starts, each.ends, each.state, each.note or ""))


def kind_of(event: Any, email: str) -> str | None:
    """What an event is: a `Kind`; None when it says nothing of the person."""
    status, answer = _word(event, "STATUS"), _answer(event, email)
    if "CANCELLED" in (status, answer) or answer == "DECLINED":
        return None
    outlook = _word(event, "X-MICROSOFT-CDO-BUSYSTATUS")
    if outlook in _OUTLOOK:
        return _OUTLOOK[outlook]
    if outlook == "FREE" or _word(event, "TRANSP") == "TRANSPARENT":
        return None
    if status == "TENTATIVE" or answer in _UNSURE:
        return Kind.TENTATIVE
    return Kind.ALL_DAY if _is_date(event.get("DTSTART")) else Kind.BUSY


def _spans(calendar: Any, how: Reading, begin: float, end: float) -> Iterator[Span]:
    """A day more at both ends: what names no time zone is placed by the person's own afterwards."""
    calendar.subcomponents = [each for each in calendar.subcomponents if not _never_ends(each)]
    first, last = datetime.fromtimestamp(begin, UTC) - _DAY, datetime.fromtimestamp(end, UTC) + _DAY
    events = _occurrences(calendar, first, last)
    for event in events:
        with suppress(Exception):
            span = _span(event, how)
            if span:
                yield span
    for busy in calendar.walk("VFREEBUSY"):
        yield from _free_busy(busy, how)


def _occurrences(calendar: Any, first: datetime, last: datetime) -> list[Any]:
    """All at once; where one event is broken, each series by itself, so that it costs nobody the others."""
    try:
        return _counted(calendar, first, last)
    except Exception:  # noqa: BLE001 -- whoever wrote the calendar decides what is raised
        found: list[Any] = []
        for series in _series(calendar):
            with suppress(Exception):
                found += _counted(series, first, last)
        return found


def _counted(calendar: Any, first: datetime, last: datetime) -> list[Any]:
    return list(recurring_ical_events.of(calendar, skip_bad_series=True).between(first, last))


def _series(calendar: Any) -> Iterator[Any]:
    """A calendar for each event, with its days that were moved."""
    by_id: dict[str, list[Any]] = {}
    for event in calendar.walk("VEVENT"):
        by_id.setdefault(str(event.get("UID", "")), []).append(event)
    for events in by_id.values():
        alone = calendar.copy()
        alone.subcomponents = events
        yield alone


def _never_ends(component: Any) -> bool:
    """Whether it is repeated each second or minute: nobody's event is, and counting them takes all day."""
    rules = (each for each in _listed(component.get("RRULE")) if isinstance(each, Mapping))
    return any(str(each.get("FREQ", [""])[0]).upper() in _TOO_OFTEN for each in rules)


def _span(event: Any, how: Reading) -> Span | None:
    kind = kind_of(event, how.email)
    state = None if kind is None else _state(event, kind, how.meanings)
    if state is None:
        return None
    zone = ZoneInfo(how.zone)
    start = event["DTSTART"].dt
    stop = event["DTEND"].dt if "DTEND" in event else start + _DAY if _is_date(event["DTSTART"]) else start
    starts, ends = _seconds(start, zone), _seconds(stop, zone)
    return Span(starts, ends, state, _note(event) if how.notes else None) if ends > starts else None


def _free_busy(busy: Any, how: Reading) -> Iterator[Span]:
    """Calendars that only say when, as Exchange and Zimbra publish them (RFC 5545 §3.6.4)."""
    zone = ZoneInfo(how.zone)
    for periods in _listed(busy.get("FREEBUSY")):
        kind = _FREE_BUSY.get(str(getattr(periods, "params", {}).get("FBTYPE", "BUSY")).upper())
        state = how.meanings.get(kind) if kind else None
        if state:
            for start, stop in (each.dt for each in _listed(getattr(periods, "dts", periods))):
                ends = start + stop if isinstance(stop, timedelta) else stop
                yield Span(_seconds(start, zone), _seconds(ends, zone), state)


def _state(event: Any, kind: str, meanings: Meanings) -> PresenceState | None:
    for each in _categories(event):
        named = f"{CATEGORY}{each}".casefold()
        if named in meanings:
            return meanings[named]
    return meanings.get(kind)


def _categories(event: Any) -> Iterator[str]:
    for group in _listed(event.get("CATEGORIES")):
        for each in getattr(group, "cats", [group]):
            yield str(each).strip()


def _answer(event: Any, email: str) -> str:
    """What the person himself answered to an invitation (PARTSTAT)."""
    for attendee in _listed(event.get("ATTENDEE")):
        if email and str(attendee).casefold().removeprefix("mailto:") == email.casefold():
            return str(attendee.params.get("PARTSTAT", "")).upper()
    return ""


def _note(event: Any) -> str | None:
    """The summary, for everybody who may watch; nothing of an event that is not public."""
    if _word(event, "CLASS") in _WITHHELD:
        return None
    text = "".join(each if each.isprintable() else " " for each in str(event.get("SUMMARY", "")))
    return " ".join(text.split())[:LONGEST_NOTE] or None


def _seconds(moment: date | datetime, zone: ZoneInfo) -> float:
    """A day begins at midnight where the person is; a time without a zone is his."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time(), zone).timestamp()
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()


def _word(event: Any, name: str) -> str:
    found = event.get(name)
    return str(found[0] if isinstance(found, list) else found or "").strip().upper()


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _is_date(value: Any) -> bool:
    moment = getattr(value, "dt", None)
    return isinstance(moment, date) and not isinstance(moment, datetime)
