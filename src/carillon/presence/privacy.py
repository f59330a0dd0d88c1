"""What a watcher is shown of a person: all of it, less, or what is shown of somebody who is not there. Pure.

Whoever may not watch is told nothing that tells him so: RFC 5025 §3.4.1 calls it *polite blocking*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from carillon.presence.picture import UNKNOWN_PERSON, Line, Picture, Rule

EVERYBODY: Final = "everybody"
NOBODY: Final = "nobody"
GROUPS: Final = "groups"
GROUP: Final = "group:"


@dataclass(frozen=True, slots=True)
class RuleRow:
    """What is set for a person, or for a domain when `extension` is ""; None: as the domain, or as usual.

    `busy_in_call`: a call alone makes the person busy. `watchers`: `everybody`, `nobody`, or extensions, `group:NAME`
    and `groups` (his own), separated by blanks. `note`, `callers`: watchers are shown his note, and who calls.
    """

    domain: str
    extension: str = ""
    busy_in_call: bool | None = None
    watchers: str | None = None
    note: bool | None = None
    callers: bool | None = None


Groups = Mapping[str, frozenset[str]]
"""The members of each group of a domain."""


def rule_of(extension: str, own: RuleRow | None, domain: RuleRow | None, groups: Groups) -> Rule:
    """The rule for a person: his own row first, then that of his domain, then what is usual."""
    rows = [row for row in (own, domain) if row is not None]
    busy = next((row.busy_in_call for row in rows if row.busy_in_call is not None), True)
    note = next((row.note for row in rows if row.note is not None), True)
    callers = next((row.callers for row in rows if row.callers is not None), True)
    who = next((row.watchers for row in rows if row.watchers is not None), EVERYBODY)
    return Rule(busy, None if who == EVERYBODY else _named(who, extension, groups), note, callers)


class Sight(StrEnum):
    """What a watcher sees: all of himself, of a colleague what that one lets him, or somebody who is not there."""

    OWN = "own"
    COLLEAGUE = "colleague"
    NOTHING = "nothing"


def sight_of(watcher: str, watched: str, rule: Rule) -> Sight:
    """What `watcher` sees of `watched`, whose rule it is; both are extensions of one domain."""
    if watcher == watched:
        return Sight.OWN
    lets = rule.watchers is None or watcher in rule.watchers
    return Sight.COLLEAGUE if lets else Sight.NOTHING


def shown_by(sight: Sight, picture: Picture) -> Picture:
    """The picture of somebody as who sees so much is shown it: all of them the same."""
    if sight is Sight.OWN:
        return picture
    if sight is Sight.NOTHING:
        return UNKNOWN_PERSON
    rule = picture.rule
    shown = picture if rule.note else replace(picture, note=None)
    return shown if rule.callers else replace(shown, lines=tuple(map(_unnamed, shown.lines)))


def shown_to(watcher: str, watched: str, picture: Picture) -> Picture:
    """The picture of `watched` for `watcher`, both extensions of one domain. Everybody is shown all of himself."""
    return shown_by(sight_of(watcher, watched, picture.rule), picture)


def _unnamed(line: Line) -> Line:
    return replace(line, other="", other_name="")


def _named(who: str, extension: str, groups: Groups) -> tuple[str, ...]:
    found: set[str] = set()
    for word in who.split():
        if word == GROUPS:
            found.update(*(members for members in groups.values() if extension in members))
        elif word.startswith(GROUP):
            found |= groups.get(word.removeprefix(GROUP), frozenset())
        elif word != NOBODY:
            found.add(word)
    return tuple(sorted(found))
