"""Which calls are recorded: a rule, as an administrator writes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from carillon.model.domain import require_canonical
from carillon.model.refused import Refused


class Whose(StrEnum):
    """Whose calls a rule is about."""

    USER = "user"
    GROUP = "group"
    TRUNK = "trunk"
    EVERYBODY = "everybody"


class Calls(StrEnum):
    """Which of their calls; `external` is in and out. A trunk has external ones only."""

    ALL = "all"
    IN = "in"
    OUT = "out"
    EXTERNAL = "external"
    INTERNAL = "internal"


TONE = "tone"
"""What both sides hear, where no announcement of one's own was made."""

LONGEST_SOUND_S = 20
"""Of an announcement: meanwhile neither side hears the other."""

SHORTEST_S, LONGEST_S = 5, 300
"""How far apart tones may be."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`calls` of `whose` `name` (empty for everybody) are recorded; `id` is 0 until it is kept.

    `required`: a call that can't be recorded is refused. `on_demand`: recorded from when the person presses a key;
    `pausable`: he may pause the recording by the same key, as he may where he has begun it. `announce`: what both
    sides hear when it begins, and when it goes on after a pause: `tone`, `announcement:NAME`, or "" for nothing;
    `tone_every_s`: a tone again and again, so many seconds apart, 0 for never.
    """

    domain: str
    whose: Whose
    name: str
    calls: Calls = Calls.ALL
    required: bool = False
    id: int = 0
    on_demand: bool = False
    pausable: bool = False
    announce: str = ""
    tone_every_s: int = 0

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        if (self.whose is Whose.EVERYBODY) != (not self.name):
            raise Refused("whose", "name a person, a group or a trunk, or everybody.")
        if self.whose is Whose.TRUNK and self.calls is Calls.INTERNAL:
            raise Refused("calls", "internal calls use no trunk; choose in, out or all.")
        if self.whose is Whose.TRUNK and (self.on_demand or self.pausable):
            raise Refused("whose", "a trunk presses no key; make the rule for people or a group.")
        if self.on_demand and self.required:
            raise Refused("on_demand", "is for calls that need not be recorded; leave --required out.")
        if self.tone_every_s and not SHORTEST_S <= self.tone_every_s <= LONGEST_S:
            raise Refused(
                "tone_every", f"{self.tone_every_s} isn't possible; choose {SHORTEST_S} to {LONGEST_S} seconds, or 0."
            )
        if self.tone_every_s and not self.announce:
            raise Refused("tone_every", "is for a recording that is announced; add --announce tone.")

    @property
    def subject(self) -> str:
        """As people type it: `101`, `group:sales`, `trunk:provider`, `everybody`."""
        if self.whose in (Whose.USER, Whose.EVERYBODY):
            return self.name or Whose.EVERYBODY
        return f"{self.whose}:{self.name}"


def whose(typed: str) -> tuple[Whose, str]:
    """What somebody typed for `subject`, which may name a domain after `@`. Raises `Refused`."""
    kind, colon, name = typed.strip().partition(":")
    if not colon:
        own, at, domain = typed.strip().partition("@")
        if own == Whose.EVERYBODY:
            return Whose.EVERYBODY, f"{at}{domain}"
        return Whose.USER, typed.strip()
    if kind not in (Whose.USER, Whose.GROUP, Whose.TRUNK) or not name:
        raise Refused("whose", f"{typed!r} isn't known; write 101, group:sales, trunk:provider or everybody.")
    return Whose(kind), name


def calls(typed: str) -> Calls:
    """The calls that somebody typed. Raises `Refused`."""
    if typed not in set(Calls):
        raise Refused("calls", f"{typed!r} isn't known; choose among {', '.join(Calls)}.")
    return Calls(typed)
