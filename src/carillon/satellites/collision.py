"""Two changes of the same setting of the same person, made while neither side knew of the other. Pure.

The rule: the later one wins, by the time when it was made; judged for each setting by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from carillon.model.change import Change, Noun, Subject
from carillon.model.presence import MANUAL

BY_HAND = "by hand"
_NOUNS = {"presence": Noun.PRESENCE, "dnd": Noun.PRESENCE, "forwarding": Noun.FORWARDING}


@dataclass(frozen=True, slots=True)
class Setting:
    """What a change is about: what is said of somebody by hand, or his forwarding for one cause (`part`)."""

    subject: Subject
    part: str


@dataclass(frozen=True, slots=True)
class Rival:
    """Another change of the same setting: who made it, and when by the mains' clock, in Unix seconds."""

    who: str
    made: float

    @property
    def words(self) -> str:
        """For whoever has lost."""
        return f"{self.who} changed the same at {instant(self.made)}, which is later"


def instant(seconds: float) -> str:
    """UTC to a tenth of a second: 2026-12-24T17:30:01.5Z."""
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat(timespec='milliseconds')[:-8]}Z"


def setting_of(change: str, domain: str, extension: str, arguments: tuple[Any, ...]) -> Setting:
    """What a change of `asterisk.changes.KEPT` is about; `arguments` are those behind whose it is. Raises KeyError."""
    noun = _NOUNS[change.partition(" ")[0]]
    part = str(arguments[0]) if noun is Noun.FORWARDING and arguments else BY_HAND
    return Setting(Subject(noun, domain, extension), part)


def winner(made: float, rivals: Iterable[Rival]) -> Rival | None:
    """Who wins against a change that was made then, the latest of them; None when nobody does."""
    return max((one for one in rivals if one.made > made), key=lambda one: one.made, default=None)


def touches(journalled: Change, setting: Setting) -> bool:
    """Whether what a journal says changed this setting."""
    if journalled.subject != setting.subject:
        return False
    before, after = journalled.before or {}, journalled.after or {}
    if setting.subject.noun is Noun.FORWARDING:
        return _rows(before, setting.part) != _rows(after, setting.part)
    return MANUAL in (before.get("source"), after.get("source"))


def _rows(state: Any, cause: str) -> list[str]:
    """Rows of one cause, as the journal of forwarding has them: `12: always → 103`."""
    rows = (state.get("rows") or "").split("; ")
    return [row for row in rows if row.partition(": ")[2].partition(" ")[0] == cause]
