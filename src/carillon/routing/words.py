"""What the caller is told of the person whom he calls: `Bob Dupont is away until 17:30 (dentist)` (behaviours 31)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from phonenumbers import PhoneNumber, country_code_for_region

from carillon.routing.codes import Feature, code_of
from carillon.routing.memo import Leg, Memo
from carillon.routing.presence import state_of
from carillon.sip import warning
from carillon.stores.ports import HandOver, Party

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


CALL_BACK: Final = f"Dial {code_of(Feature.CALL_BACK)} to be called back"
"""What a caller inside reads when a colleague is busy, where he can be called back."""

TO_STRANGERS: Final = {
    404: "Nobody has this number",
    408: "The person you called can't be reached now",
    480: "The person you called can't be reached now",
    486: "The person you called is busy",
    600: "The person you called is busy",
    603: "The call was declined",
}


def for_stranger(handover: HandOver, domain: str) -> HandOver:
    """The same failure without what is said of people here: a caller outside learns neither names nor states.

    What phones say of media (RFC 3261 §20.43: 301 to 370) stays.
    """
    kept = tuple(header for header in handover.headers if not (header[0] == "Warning" and header[1].startswith("399")))
    if len(kept) == len(handover.headers):
        return handover
    words = TO_STRANGERS.get(handover.code)
    told = (("Warning", warning.own(domain, words)),) if words else ()
    return replace(handover, headers=(*told, *kept))


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
