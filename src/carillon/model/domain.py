"""A SIP domain: the realm of its devices and the name space of its numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from carillon.model.calllimit import require_most_calls
from carillon.model.refused import Refused

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


DEFAULT_CALLBACK_S = 30 * 60
LONGEST_CALLBACK_S = 24 * 3600


class DigestOffer(StrEnum):
    """Which digest algorithms a challenge offers (RFC 8760); some phones choke on two at once."""

    BOTH = "both"
    MD5 = "md5"
    SHA256 = "sha256"


def domain_name(text: str, field: str = "domain") -> str:
    """Return the canonical form of a domain name: lower case, no dot at the end (RFC 3261 §19.1.4).

    Raises `Refused`, naming `field`, when it is no host name.
    """
    name = text.strip().lower().removesuffix(".")
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise Refused(field, f"{text!r} is no domain name; write one like example.org.")
    return name


def require_canonical(name: str, field: str = "domain") -> None:
    """Raise `Refused` unless `name` is already what `domain_name` makes of it."""
    if domain_name(name, field) != name:
        raise Refused(field, f"{name!r} must be written {domain_name(name, field)!r}.")


LONGEST_DAYS = 36_500
SHORTEST_TIMER_S, LONGEST_TIMER_S = 90, 1800
"""Of a session timer, in seconds: RFC 4028 §4 allows no shorter one."""


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain that we serve. Its name is part of every HA1 (RFC 7616 §3.4.2): it can't be renamed.

    `session_timer_s` (90 to 1800): a call whose phone has vanished ends within that time (RFC 4028).
    `most_calls` is how many calls at once its people may have together, None for any number.
    `recording_days`: how long recordings are kept, 0 for ever.
    `callback_s` is how long at most people wait to be called back by who was busy; 0: they can't. With `callback_hint`
    they are told how, when they find a colleague busy.
    `messages_from` are the other domains whose people may write to its own, with blanks; "*" for all.
    `naptr` are the transports of its NAPTR records, with blanks, the best first; "" for no such records.
    """

    name: str
    digest: DigestOffer = DigestOffer.BOTH
    session_timer_s: int = 1800
    most_calls: int | None = None
    recording_days: int = 0
    callback_s: int = DEFAULT_CALLBACK_S
    callback_hint: bool = True
    naptr: str = "tls tcp udp"
    messages_from: str = ""

    def __post_init__(self) -> None:
        require_canonical(self.name)
        require_most_calls(self.most_calls)
        if self.digest not in set(DigestOffer):
            raise Refused("digest", f"{self.digest!r} isn't known; choose one of both, md5, sha256.")
        if not 0 <= self.recording_days <= LONGEST_DAYS:
            raise Refused("recording_days", f"{self.recording_days} isn't possible; 0 keeps recordings for ever.")
        if not 0 <= self.callback_s <= LONGEST_CALLBACK_S:
            raise Refused("callback", "can't be that long; choose 0 to 1440 minutes, 0 for none.")
        if not SHORTEST_TIMER_S <= self.session_timer_s <= LONGEST_TIMER_S:
            limits = f"use {SHORTEST_TIMER_S} to {LONGEST_TIMER_S} seconds."
            raise Refused("session_timer", f"{self.session_timer_s} can't be kept; {limits}")
