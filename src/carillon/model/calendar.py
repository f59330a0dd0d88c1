"""A calendar of a person, and what its events say of him."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from carillon.model.domain import require_canonical
from carillon.model.label import require_label
from carillon.model.presence import PresenceState
from carillon.model.refused import Refused
from carillon.model.user import require_extension

SHORTEST_EVERY_S: Final = 60
LONGEST_EVERY_S: Final = 86_400
DEFAULT_EVERY_S: Final = 300
IGNORED: Final = "ignored"
CATEGORY: Final = "category:"
_LONGEST_LOCATION = 2000
_STATES = (PresenceState.AWAY, PresenceState.BUSY, PresenceState.VACATION)


class Kind(StrEnum):
    """What an event is by itself: RFC 5545's TRANSP and STATUS, Outlook's BUSYSTATUS."""

    BUSY = "busy"
    TENTATIVE = "tentative"
    OUT = "out"
    ALL_DAY = "all-day"
    ELSEWHERE = "elsewhere"


DEFAULTS: Final[dict[str, PresenceState | None]] = {
    Kind.BUSY: PresenceState.BUSY,
    Kind.TENTATIVE: None,
    Kind.OUT: PresenceState.VACATION,
    Kind.ALL_DAY: PresenceState.AWAY,
    Kind.ELSEWHERE: None,
}
"""What each kind says of a person, unless it is set otherwise; None: nothing."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """One calendar. `shown` says where it is, without what is secret in that; it is looked at each `every_s` seconds.

    `meanings` differ from `DEFAULTS`: pairs of a kind, or `category:NAME`, and a state or `ignored`. `notes`: the
    summary of an event is shown to watchers, unless the event is private.
    """

    domain: str
    extension: str
    name: str
    shown: str
    every_s: int = DEFAULT_EVERY_S
    meanings: tuple[tuple[str, str], ...] = ()
    notes: bool = True

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_extension("extension", self.extension)
        require_label("name", self.name)
        if not SHORTEST_EVERY_S <= self.every_s <= LONGEST_EVERY_S:
            raise Refused("every", f"can't be; choose {SHORTEST_EVERY_S // 60} to {LONGEST_EVERY_S // 60} minutes.")
        meanings_of(self.meanings)


def meanings_of(pairs: Iterable[tuple[str, str]]) -> dict[str, PresenceState | None]:
    """What each kind and category says of a person, defaults below; categories without regard to case.

    Raises `Refused` for a kind or state that isn't known.
    """
    found = dict(DEFAULTS)
    for kind, state in pairs:
        if kind not in set(Kind) and not kind.removeprefix(CATEGORY).strip():
            raise Refused("means", "a category needs its name: category:Holiday=vacation.")
        if kind not in set(Kind) and not kind.startswith(CATEGORY):
            raise Refused("means", f"{kind!r} isn't known; choose among {', '.join(Kind)}, category:NAME.")
        if state != IGNORED and state not in _STATES:
            raise Refused("means", f"{state!r} isn't known; choose among {', '.join(_STATES)}, {IGNORED}.")
        found[kind.casefold()] = None if state == IGNORED else PresenceState(state)
    return found


def meanings_typed(typed: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """`out=away` and the like; the last word on a kind counts. Raises `Refused`."""
    found: dict[str, str] = {}
    for each in typed:
        kind, equals, state = each.rpartition("=")
        if not equals:
            raise Refused("means", f"{each!r} says nothing; write such as out=away.")
        found[kind.strip()] = state.strip()
    meanings_of(found.items())
    return tuple(sorted(found.items()))


def location_typed(text: str) -> str:
    """Where a calendar is: an absolute path, or a URL of http or https (webcal is https). Raises `Refused`."""
    text = text.strip()
    if len(text) > _LONGEST_LOCATION or not text.isprintable() or (" " in text.strip("/") and "://" in text):
        raise Refused("location", "can't be a URL or a path; look whether it was copied whole.")
    if "://" not in text:
        if not PurePosixPath(text).is_absolute():
            raise Refused("location", "is neither an absolute path nor a URL; write /srv/bob.ics or https://….")
        return text
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Refused("location", "is no URL; look whether it was copied whole.") from error
    scheme = "https" if parts.scheme in ("webcal", "webcals") else parts.scheme
    if scheme not in ("http", "https") or not host:
        raise Refused("location", "is a URL of neither http, https nor webcal with a host.")
    return urlunsplit((scheme, *parts[1:4], ""))


def location_shown(location: str) -> str:
    """Where a calendar is, for people: of a URL only the host, since the rest is often its password."""
    if "://" not in location:
        return location
    parts = urlsplit(location)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}/…"
