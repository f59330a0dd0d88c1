"""What the caller is told of the person whom he calls: `Bob Dupont is away until 17:30 (dentist)` (behaviours 31)."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from phonenumbers import PhoneNumber, country_code_for_region

from carillon.routing.memo import Leg, Memo
from carillon.routing.presence import state_of
from carillon.stores.ports import Party

STATES: Final = {"away": "is away", "busy": "is busy", "vacation": "is on vacation"}
DISTURBED: Final = "does not want to be disturbed"
BUSY: Final = frozenset({486, 600})


def said_of(party: Party, now: float, *, inside: bool) -> str:
    """What is said of a person in words, "" for nothing. Callers from `inside` are told until when, and the note."""
    state = state_of(party, now)
    words = DISTURBED if state.dnd else STATES.get(state.state, "")
    if not words:
        return ""
    until = f" until {_clock(state.until, now, party.site.country)}" if inside and state.until else ""
    note = f" ({state.note})" if inside and state.note else ""
    return f"{party.name} {words}{until}{note}"


def hints(memo: Memo, code: int, *, far_end_said: bool) -> tuple[str, ...]:
    """What the caller is told besides what the far end says, with a failure. Further hints have their place here."""
    if memo.leg is Leg.INBOUND or memo.trunk:
        return ()
    if memo.says:
        return (memo.says,)
    return (f"{memo.called_name} is busy",) if code in BUSY and not far_end_said and memo.called_name else ()


def _clock(until: float, now: float, country: str) -> str:
    """A time of today, or one with its date, on the clock of the person."""
    zone = ZoneInfo(_zone(country))
    end, today = datetime.fromtimestamp(until, zone), datetime.fromtimestamp(now, zone).date()
    return end.strftime("%H:%M") if end.date() == today else end.strftime("%Y-%m-%d %H:%M")


@lru_cache(maxsize=64)
def _zone(country: str) -> str:
    """The first time zone of a country. Loaded when first asked: the table is large, and few states have an end."""
    from phonenumbers.timezone import time_zones_for_geographical_number

    number = PhoneNumber(country_code=country_code_for_region(country), national_number=1)
    found = time_zones_for_geographical_number(number)[0]
    return found if "/" in found else "UTC"
