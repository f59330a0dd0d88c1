"""Where a call may be sent: a person or an outside number, or something that answers by itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carillon.model.e164 import e164
from carillon.model.label import require_label
from carillon.model.refused import Refused
from carillon.model.user import is_extension, require_extension


class TargetKind(StrEnum):
    """What a target is. All but `NUMBER` are written with their kind in front: `group:sales`."""

    NUMBER = "number"
    VOICEMAIL = "voicemail"
    GROUP = "group"
    ANNOUNCEMENT = "announcement"
    MENU = "menu"
    QUEUE = "queue"
    ACCESS = "access"


SERVED: Final = frozenset({TargetKind.NUMBER, TargetKind.GROUP, TargetKind.VOICEMAIL, TargetKind.ANNOUNCEMENT})
"""The kinds that a call can be sent to today. Whoever builds another one adds it here."""

BARE: Final = frozenset({TargetKind.VOICEMAIL, TargetKind.ACCESS})
"""Kinds that are written without a name: one's own voicemail, and calling through the system from outside."""

_GRAMMAR = "write 102, +3225551234, voicemail, voicemail:102, group:NAME, announcement:NAME, menu:NAME or queue:NAME."


@dataclass(frozen=True, slots=True)
class Target:
    """A target. `name` is an extension or an E.164 number, or a label; "" is one's own voicemail."""

    kind: TargetKind
    name: str = ""

    def __str__(self) -> str:
        if self.kind is TargetKind.NUMBER:
            return self.name
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)

    @classmethod
    def typed(cls, field: str, text: str, country: str | None = None) -> Target:
        """The target that somebody typed; national numbers in the way of `country`. Raises `Refused`."""
        kind, colon, name = text.strip().partition(":")
        if colon or kind in BARE:
            return cls(_kind(field, kind), _name(field, kind, name))
        if is_extension(text):
            return cls(TargetKind.NUMBER, text)
        if not text.strip().startswith("+") and country is None:
            raise Refused(field, f"{text!r} is no target; {_GRAMMAR}")
        return cls(TargetKind.NUMBER, e164(field, text.strip(), country))

    @classmethod
    def read(cls, text: str) -> Target:
        """The target that `str()` wrote."""
        kind, colon, name = text.partition(":")
        if colon or kind in BARE:
            return cls(TargetKind(kind), name)
        return cls(TargetKind.NUMBER, text)

    @property
    def is_service(self) -> bool:
        """Whether something of ours answers there."""
        return self.kind is not TargetKind.NUMBER

    @property
    def is_outside(self) -> bool:
        """Whether it is a number outside."""
        return self.kind is TargetKind.NUMBER and self.name.startswith("+")


def require_served(field: str, target: Target) -> None:
    """Raise `Refused` for a target that no call can be sent to yet, or that is for numbers alone."""
    if target.kind is TargetKind.ACCESS:
        raise Refused(field, f"{target} is for numbers alone; see `carillon number add --help`.")
    if target.kind not in SERVED:
        raise Refused(field, f"{target} can't be reached yet: this version does not serve it.")


def names_service(text: str) -> bool:
    """Whether a text, of which the domain may stand behind an `@`, names something of ours that answers by itself."""
    return ":" in text or text.strip().partition("@")[0] in BARE


def _kind(field: str, word: str) -> TargetKind:
    if word not in set(TargetKind) - {TargetKind.NUMBER}:
        raise Refused(field, f"{word!r} is no kind of target; {_GRAMMAR}")
    return TargetKind(word)


def _name(field: str, kind: str, name: str) -> str:
    if kind == TargetKind.VOICEMAIL:
        if name:
            require_extension(field, name)
        return name
    if kind == TargetKind.ACCESS:
        if name:
            raise Refused(field, f"access:{name} is no target: access has no name.")
        return name
    require_label(field, name)
    return name
