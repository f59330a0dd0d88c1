"""A panel: colleagues whose lamps a phone watches by one subscription, to the panel's own address (RFC 4662)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from carillon.model.domain import require_canonical
from carillon.model.label import require_label
from carillon.model.pickup import GROUP
from carillon.model.refused import Refused
from carillon.model.user import require_extension

MOST_MEMBERS: Final = 100
"""All of them at once must have room in what a phone is told at the beginning: a line each, and a document each."""
EVENTS: Final = ("dialog", "presence")
"""What can be watched of a panel."""
OPTION: Final = "eventlist"
"""The option tag that a phone names which can read lists (RFC 4662 §4.1)."""
_LETTER = re.compile(r"[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Panel:
    """`members` are extensions and `group:NAME`, for all of a group, of its domain, in the order of the phone's keys.

    A short number of a ring group is its lamp.

    The name begins with a letter: no number of the domain is like it.
    """

    domain: str
    name: str
    members: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_label("name", self.name)
        if not names_panel(self.name):
            raise Refused("name", f"{self.name!r} must begin with a letter: a number could be like it.")
        for member in self.members:
            if not member.startswith(GROUP):
                require_extension("members", member)
        twice = [member for member in self.members if self.members.count(member) > 1]
        if twice:
            raise Refused("members", f"{twice[0]} is there twice; write each once.")

    @property
    def address(self) -> str:
        """What is typed into a phone, such as `reception@example.org`."""
        return f"{self.name}@{self.domain}"


def names_panel(user: str) -> bool:
    """Whether an address with this user part is one of a panel: people have numbers."""
    return bool(_LETTER.match(user))


def people_of(members: Iterable[str], groups: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """The extensions of a panel's members, each once, in their order; `groups` are those of its domain by name."""
    found: dict[str, None] = {}
    for member in members:
        found |= dict.fromkeys(groups.get(member.removeprefix(GROUP), ()) if member.startswith(GROUP) else (member,))
    return tuple(found)
