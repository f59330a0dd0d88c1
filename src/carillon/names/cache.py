"""What sources said of numbers, for as long as that holds. `now` is in seconds of any clock that goes forward."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

MOST = 20_000
UNKNOWN_S = 3600
"""A number that no source knows is asked for again after so long, or sooner if names are kept for less."""

Key = tuple[str, str]
"""Domain and number."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A name and which source said it; "" when none knows the number."""

    name: str
    source: str
    until: float


class Cache:
    """Bounded: what was not asked for longest is forgotten first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[Key, Heard] = OrderedDict()

    def get(self, key: Key, now: float) -> Heard | None:
        """What still holds, None when it must be asked."""
        found = self._kept.get(key)
        if found is None or found.until <= now:
            return None
        self._kept.move_to_end(key)
        return found

    def keep(self, key: Key, name: str, source: str, keep_s: int, now: float) -> Heard:
        """Remember an answer for `keep_s` seconds, or for `UNKNOWN_S` if that is less and nobody knows the number."""
        heard = Heard(name, source, now + (keep_s if name else min(keep_s, UNKNOWN_S)))
        self.put(key, heard)
        return heard

    def put(self, key: Key, heard: Heard) -> None:
        """Remember what was heard, perhaps by a daemon before this one."""
        self._kept[key] = heard
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget everything: other sources are asked now."""
        self._kept.clear()
