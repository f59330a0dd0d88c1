"""Who is on which panel, and of whom their watchers are still to be told. Pure but for what `keep` writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from carillon.model.panel import EVENTS
from carillon.presence.panel import Member

Key = tuple[str, str]
"""A panel by its address, and an event."""


@dataclass
class Panels:
    """`keep` writes of whom watchers are told next, where each NOTIFY looks as it leaves.

    News of a panel is kept until it was told to the end: who is told again is told of all that was to be told before.
    """

    keep: Callable[[Mapping[Key, Iterable[str] | None]], Any] = field(default=lambda _: None)
    all: dict[str, tuple[Member, ...]] = field(default_factory=dict)
    news: dict[Key, set[str] | None] = field(default_factory=dict)
    _with: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def are(self, panels: Mapping[str, tuple[Member, ...]]) -> list[Key]:
        """These are all panels. Watchers of one that has changed are told of everybody; returns what is to be told."""
        different = {aor for aor in panels.keys() | self.all.keys() if panels.get(aor) != self.all.get(aor)}
        self.all, self._with = dict(panels), {}
        for aor, members in panels.items():
            for each in members:
                person = f"{each.extension}@{aor.partition('@')[2]}"
                self._with[person] = (*self._with.get(person, ()), aor)
        return self.anew(different)

    def anew(self, panels: Iterable[str] | None = None) -> list[Key]:
        """Watchers of these panels, or of all, are told of everybody; returns what is to be told."""
        keys = [(aor, event) for aor in (self.all if panels is None else panels) for event in EVENTS]
        self.news |= dict.fromkeys(keys)
        return keys

    def changed(self, person: str, event: str) -> list[Key]:
        """Something of a person has changed; returns what is to be told."""
        extension = person.partition("@")[0]
        return [key for aor in self._with.get(person, ()) for key in self.members(aor, event, [extension])]

    def members(self, aor: str, event: str, extensions: Iterable[str]) -> list[Key]:
        """Watchers of a panel are to be told of these; returns what is to be told."""
        if event not in EVENTS:
            return []
        waiting = self.news.setdefault((aor, event), set())
        if waiting is not None:
            waiting.update(extensions)
        return [(aor, event)]

    def begin(self, keys: Iterable[Key]) -> None:
        """These are told now."""
        now = {key: self.news[key] for key in keys if key in self.news}
        if now:
            self.keep(now)

    def told(self, key: Key) -> None:
        """This was told to all who watch."""
        self.news.pop(key, None)
