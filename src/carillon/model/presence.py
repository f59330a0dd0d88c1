"""The state of a person: one of four presence states, or not to be disturbed (RFC 4480, slide "Presence")."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carillon.model.domain import require_canonical
from carillon.model.refused import Refused
from carillon.model.user import require_extension

LONGEST_NOTE = 120


class PresenceState(StrEnum):
    """What others see of a person, and what forwarding rows ask for."""

    DEFAULT = "default"
    AWAY = "away"
    BUSY = "busy"
    VACATION = "vacation"


DND: Final = "dnd"
"""Typed as a state: busy, and no phone rings."""

MANUAL: Final = "manual"
"""The source of what people and administrators set themselves. It counts before every other source."""


@dataclass(frozen=True, slots=True)
class Presence:
    """What one source says of a person. `since` and `until` are Unix seconds; `until` None is until further notice.

    `dnd` (do not disturb) goes with the state busy only.
    """

    domain: str
    extension: str
    source: str
    state: PresenceState
    since: float
    dnd: bool = False
    note: str | None = None
    until: float | None = None

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_extension("extension", self.extension)
        if self.dnd and self.state is not PresenceState.BUSY:
            raise Refused("state", "do not disturb is a kind of busy.")
        if self.note is not None and (len(self.note) > LONGEST_NOTE or not self.note.isprintable()):
            raise Refused("note", f"can't be shown; use at most {LONGEST_NOTE} printable characters.")
        if self.until is not None and self.until <= self.since:
            raise Refused("until", "is in the past; choose a later time.")


def state_typed(text: str) -> tuple[PresenceState, bool]:
    """The state that somebody typed, and whether it means do not disturb. Raises `Refused`."""
    if text == DND:
        return PresenceState.BUSY, True
    if text not in set(PresenceState):
        raise Refused("state", f"{text!r} isn't known; choose among {', '.join(PresenceState)}, {DND}.")
    return PresenceState(text), False
