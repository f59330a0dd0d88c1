"""What events say of a person: kinds, repetitions, time zones, and calendars that are none."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.calendars.ical import calendar, event

from carillon.calendars.events import BadCalendar, Reading, spans_in
from carillon.model.calendar import meanings_of
from carillon.model.presence import PresenceState
from carillon.presence.spans import Span

BRUSSELS = ZoneInfo("Europe/Brussels")
BUSY, AWAY, VACATION = PresenceState.BUSY, PresenceState.AWAY, PresenceState.VACATION
MONDAY = datetime(2026, 11, 30, tzinfo=BRUSSELS).timestamp()
HOUR, DAY = 3600.0, 86_400.0
TEN = ("DTSTART;TZID=Europe/Brussels:20261130T100000", "DTEND;TZID=Europe/Brussels:20261130T110000")


def read(data: bytes, *means: tuple[str, str], email: str = "bob@example.org", notes: bool = True) -> list[Span]:
    return spans_in(data, Reading("Europe/Brussels", email, meanings_of(means), notes), MONDAY, MONDAY + 14 * DAY)


def only(*lines: str, means: tuple[tuple[str, str], ...] = ()) -> PresenceState | None:
    """What one event at ten says; None for nothing."""
    spans = read(calendar(event(*TEN, *lines)), *means)
    assert all((span.starts, span.ends) == (MONDAY + 10 * HOUR, MONDAY + 11 * HOUR) for span in spans)
    return spans[0].state if spans else None


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ((), BUSY),
        (("TRANSP:OPAQUE",), BUSY),
        (("TRANSP:TRANSPARENT",), None),
        (("STATUS:CANCELLED",), None),
        (("STATUS:TENTATIVE",), None),
        (("X-MICROSOFT-CDO-BUSYSTATUS:FREE",), None),
        (("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",), None),
        (("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",), None),
        (("X-MICROSOFT-CDO-BUSYSTATUS:BUSY",), BUSY),
        (("X-MICROSOFT-CDO-BUSYSTATUS:OOF",), VACATION),
        (("X-MICROSOFT-CDO-BUSYSTATUS:OOF", "STATUS:CANCELLED"), None),
        (("ATTENDEE;PARTSTAT=DECLINED:mailto:Bob@example.org",), None),
        (("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:bob@example.org",), None),
        (("ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.org",), BUSY),
        (("ATTENDEE;PARTSTAT=DECLINED:mailto:carol@example.org",), BUSY),
    ],
)
def test_what_an_event_says_of_itself(lines: tuple[str, ...], state: PresenceState | None) -> None:
    assert only(*lines) is state


def test_what_events_mean_can_be_chosen() -> None:
    assert only("X-MICROSOFT-CDO-BUSYSTATUS:OOF", means=(("out", "away"),)) is AWAY
    assert only("STATUS:TENTATIVE", means=(("tentative", "busy"),)) is BUSY
    assert only(means=(("busy", "ignored"),)) is None
    assert only("CATEGORIES:Team,Holiday", means=(("category:holiday", "vacation"),)) is VACATION


def test_a_day_begins_and_ends_where_the_person_is() -> None:
    spans = read(calendar(event("DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261203")))
    assert spans == [Span(MONDAY + DAY, MONDAY + 3 * DAY, AWAY)]
    assert read(calendar(event("DTSTART;VALUE=DATE:20261201"))) == [Span(MONDAY + DAY, MONDAY + 2 * DAY, AWAY)]


def test_a_time_without_a_zone_is_the_persons() -> None:
    spans = read(calendar(event("DTSTART:20261130T100000", "DURATION:PT30M")))
    assert spans == [Span(MONDAY + 10 * HOUR, MONDAY + 10.5 * HOUR, BUSY)]


def test_a_zone_that_a_program_defines_itself() -> None:
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Plant\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        "TZOFFSETFROM:+0300\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    spans = read(calendar(event("DTSTART;TZID=Plant:20261130T100000", "DURATION:PT1H"), head=zone))
    assert spans == [Span(MONDAY + 8 * HOUR, MONDAY + 9 * HOUR, BUSY)]


def test_repetitions_with_an_exception_and_a_day_that_was_moved() -> None:
    daily = event(*TEN, "RRULE:FREQ=DAILY;COUNT=4", "EXDATE;TZID=Europe/Brussels:20261201T100000")
    moved = event(
        "RECURRENCE-ID;TZID=Europe/Brussels:20261202T100000",
        "DTSTART;TZID=Europe/Brussels:20261202T150000",
        "DTEND;TZID=Europe/Brussels:20261202T160000",
    )
    starts = [span.starts - MONDAY for span in read(calendar(daily, moved))]
    assert starts == [10 * HOUR, 2 * DAY + 15 * HOUR, 3 * DAY + 10 * HOUR]


def test_a_meeting_at_nine_is_at_nine_in_summer_and_winter() -> None:
    """Weekly since before the end of summer time."""
    weekly = event(
        "DTSTART;TZID=Europe/Brussels:20261005T090000",
        "DTEND;TZID=Europe/Brussels:20261005T100000",
        "RRULE:FREQ=WEEKLY;BYDAY=MO",
    )
    assert [span.starts - MONDAY for span in read(calendar(weekly))] == [9 * HOUR, 7 * DAY + 9 * HOUR]


def test_the_note_is_the_summary_unless_it_is_private() -> None:
    def note(*lines: str, notes: bool = True) -> str | None:
        return read(calendar(event(*TEN, *lines)), notes=notes)[0].note

    assert note("SUMMARY:Board\\n meeting \\, room 2") == "Board meeting , room 2"
    assert note("SUMMARY:Doctor", "CLASS:PRIVATE") is None
    assert note("SUMMARY:Doctor", "CLASS:confidential") is None
    assert note("SUMMARY:Doctor", notes=False) is None
    assert note(f"SUMMARY:{'x' * 500}") == "x" * 120
    assert note() is None


def test_who_only_says_when_he_is_busy() -> None:
    lines = (
        "BEGIN:VFREEBUSY",
        "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261130T100000Z/20261130T110000Z,20261201T100000Z/PT1H",
        "FREEBUSY;FBTYPE=FREE:20261130T120000Z/PT1H",
        "FREEBUSY:20261202T100000Z/PT1H",
        "END:VFREEBUSY",
    )
    spans = read(calendar("".join(f"{line}\r\n" for line in lines)))
    assert [(span.starts - MONDAY, span.state) for span in spans] == [
        (11 * HOUR, VACATION),
        (DAY + 11 * HOUR, VACATION),
        (2 * DAY + 11 * HOUR, BUSY),
    ]


def test_an_event_each_second_costs_nobody_the_others() -> None:
    bomb = event("DTSTART:20260101T000000Z", "DTEND:20260101T000001Z", "RRULE:FREQ=SECONDLY", uid="bomb")
    assert [span.starts for span in read(calendar(bomb, event(*TEN)))] == [MONDAY + 10 * HOUR]


def test_too_many_events() -> None:
    hourly = event("DTSTART:20260101T000000Z", "DURATION:PT1M", "RRULE:FREQ=HOURLY;BYMINUTE=0,6,12,18,24,30,36,42")
    with pytest.raises(BadCalendar, match="more than 2000 events in 14 days"):
        read(calendar(hourly))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>Log in</html>",
        b"\xff\xfe\x00",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n",
        b"BEGIN:VCARD\r\nEND:VCARD\r\n",
    ],
)
def test_what_is_no_calendar(data: bytes) -> None:
    with pytest.raises(BadCalendar, match="is no iCalendar"):
        read(data)


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:yesterday", "DTEND:tomorrow"),
        ("SUMMARY:no time at all",),
        ("DTSTART:20261130T100000Z", "DTEND:20261130T090000Z"),
        ("DTSTART:20261130T100000Z", "RRULE:FREQ=NEVER"),
        ("DTSTART:20261130T100000Z", "DTEND;VALUE=DATE:20261130"),
        ("DTSTART;TZID=Nowhere/Land:20261130T100000", "DURATION:-PT1H"),
    ],
)
def test_a_broken_event_costs_nobody_the_others(lines: tuple[str, ...]) -> None:
    assert MONDAY + 10 * HOUR in [span.starts for span in read(calendar(event(*lines, uid="bad"), event(*TEN)))]


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_bad(data: bytes) -> None:
    try:
        read(b"BEGIN:VCALENDAR\r\n" + data + b"\r\nEND:VCALENDAR\r\n")
    except BadCalendar:
        return
