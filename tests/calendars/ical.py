"""Calendars as programs write them."""

from __future__ import annotations

from datetime import UTC, datetime


def calendar(*events: str, head: str = "") -> bytes:
    """An iCalendar of these events."""
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Acme//EN\r\n{head}{''.join(events)}END:VCALENDAR\r\n".encode()


def event(*lines: str, uid: str = "1@acme") -> str:
    """An event with these lines."""
    return "".join(f"{line}\r\n" for line in ("BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT"))


def meeting(starts: float, ends: float, *lines: str, uid: str = "1@acme") -> str:
    """An event between two moments (Unix seconds)."""
    return event(f"DTSTART:{_utc(starts)}", f"DTEND:{_utc(ends)}", *lines, uid=uid)


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y%m%dT%H%M%SZ}"
