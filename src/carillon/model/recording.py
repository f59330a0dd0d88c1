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


@dataclass(frozen=True, slots=True)
class Rule:
    """`calls` of `whose` `name` (empty for everybody) are recorded; `id` is 0 until it is kept.

    `required`: a call that can't be recorded is refused. `on_demand`: recorded from when the person presses a key;
    `pausable`: he may pause the recording by the same key, as he may where he has begun it.
    """

    domain: str
    whose: Whose
    name: str
    calls: Calls = Calls.ALL
    required: bool = False
    id: int = 0
    on_demand: bool = False
    pausable: bool = False

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
