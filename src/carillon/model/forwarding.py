"""A row of a person's forwarding table: in which case a call goes where instead (slide "Forwarding")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from carillon.model.domain import require_canonical
from carillon.model.label import require_label
from carillon.model.presence import PresenceState
from carillon.model.refused import Refused
from carillon.model.target import Target
from carillon.model.user import require_extension

MOST_TARGETS = 8
LEAST_S, MOST_S = 5, 180
NOT = "not:"
"""In front of a schedule's name: outside its hours."""

_CODE = re.compile(r"code:[3-6][0-9]{2}")


class Cause(StrEnum):
    """Why a call is forwarded; besides these `code:NNN`, a final code of the called phone."""

    ALWAYS = "always"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    OFFLINE = "offline"
    UNREACHABLE = "unreachable"
    DECLINED = "declined"
    FAILED_TRANSFER = "failed-transfer"


class Origin(StrEnum):
    """Where a call comes from; a call from outside that is forwarded stays external."""

    INTERNAL = "internal"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class ForwardingRow:
    """One row. No `presence` is any state, no `origin` either one, no `caller` anybody, no `schedule` any time.

    `caller` names a caller list, `schedule` a schedule, perhaps behind `not:`. `after_s` is how long the person's own
    phones ring first (no-answer), `ring_s` how long each target does. `id` is 0 before it is written.
    """

    domain: str
    extension: str
    cause: str
    targets: tuple[Target, ...]
    presence: tuple[PresenceState, ...] = ()
    origin: Origin | None = None
    caller: str | None = None
    schedule: str | None = None
    after_s: int | None = None
    ring_s: int | None = None
    id: int = 0

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_extension("extension", self.extension)
        require_cause(self.cause)
        if not 0 < len(self.targets) <= MOST_TARGETS:
            raise Refused("to", f"give 1 to {MOST_TARGETS} targets.")
        if self.caller is not None:
            require_label("caller", self.caller)
        if self.schedule is not None:
            require_label("schedule", self.schedule.removeprefix(NOT))
        for field, seconds in (("after", self.after_s), ("ring", self.ring_s)):
            if seconds is not None and not LEAST_S <= seconds <= MOST_S:
                raise Refused(field, f"{seconds} s isn't possible; choose {LEAST_S} to {MOST_S} seconds.")
        if self.after_s is not None and self.cause != Cause.NO_ANSWER:
            raise Refused("after", "is for --when no-answer only; --ring is how long a target rings.")

    @property
    def has_conditions(self) -> bool:
        """Whether it is for some calls only."""
        return bool(self.presence or self.origin or self.caller or self.schedule)

    @property
    def is_plain(self) -> bool:
        """Whether it is as a feature code sets it: no condition, one number, no ring time of that."""
        one_number = len(self.targets) == 1 and not self.targets[0].is_service
        return one_number and not self.has_conditions and self.ring_s is None

    def __str__(self) -> str:
        return f"{self.id}: {self.cause} → {' '.join(map(str, self.targets))}"


def require_cause(text: str) -> None:
    """Raise `Refused` unless `text` is a cause: a `Cause` or `code:NNN`."""
    if text not in set(Cause) and not _CODE.fullmatch(text):
        raise Refused("when", f"{text!r} isn't known; choose among {', '.join(Cause)}, or code:NNN such as code:488.")


def states_typed(text: str) -> tuple[PresenceState, ...]:
    """The states of `away,busy`, in their order. Raises `Refused`."""
    words = {word for word in re.split(r"[\s,;]+", text.strip()) if word}
    unknown = sorted(words - set(PresenceState))
    if unknown or not words:
        known = ", ".join(PresenceState)
        raise Refused("presence", f"{unknown[0] if unknown else text!r} isn't known; choose among {known}.")
    return tuple(state for state in PresenceState if state in words)
