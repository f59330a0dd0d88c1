"""Which numbers are being looked up, at which sources, and what comes of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from carillon.names.answers import Unusable
from carillon.names.cache import Cache, Heard, Key
from carillon.names.states import SourceState
from carillon.stores.namesources import NameSource

MOST_AT_ONCE = 64
"""Numbers that are being looked up; more are passed over until there is room: their trunk's name stands."""
TIRED, REST_S = 5, 30.0
"""A source that failed so often in a row is left in peace for so long."""

Ask = Callable[[NameSource, str], Awaitable[str]]
"""Asks a source for a number; raises `Unusable`."""
Tell = Callable[[Key, Heard], Awaitable[None]]
"""Tells the workers what is known of a number."""
Keep = Callable[[Key, Heard], None]
"""Remembers an answer for a daemon that is started anew."""
Known = Callable[[str, str], bool]
"""Whether a book of ours knows a number, so that nobody else need be asked."""


@dataclass
class Lookups:
    """`now` is a clock that goes forward, `clock` that on the wall; both in seconds."""

    ask: Ask
    tell: Tell
    known: Known
    now: Callable[[], float]
    clock: Callable[[], float]
    sources: tuple[NameSource, ...] = ()
    states: dict[tuple[str, str], SourceState] = field(default_factory=dict)
    cache: Cache = field(default_factory=Cache)
    running: set[Key] = field(default_factory=set)
    resting: dict[tuple[str, str], float] = field(default_factory=dict)
    keep: Keep = lambda key, heard: None

    def use(self, sources: tuple[NameSource, ...], known: Iterable[tuple[Key, Heard]] = ()) -> None:
        """Ask these from now on; what others said is forgotten. `known` is what these have said."""
        self.sources = sources
        self.states = {source.key: self.states.get(source.key, SourceState()) for source in sources}
        self.cache.clear()
        for key, heard in known:
            self.cache.put(key, heard)
        self.resting.clear()

    async def look_up(self, domain: str, number: str) -> None:
        """Find the name of an E.164 number and tell the workers; nothing is raised, and nobody waits for it."""
        key = domain, number
        heard = self.cache.get(key, self.now())
        if heard is not None:
            await self.tell(key, heard)
            return
        if key in self.running or len(self.running) >= MOST_AT_ONCE or self.known(domain, number):
            return
        awake = [one for one in self.sources if one.domain == domain and self.resting.get(one.key, 0.0) <= self.now()]
        if not awake:
            return
        self.running.add(key)
        try:
            await self._ask_all(key, awake)
        finally:
            self.running.discard(key)

    async def _ask_all(self, key: Key, awake: list[NameSource]) -> None:
        """All at once; of those that know the number, the first by position is believed."""
        asked = self.sources
        answers = await asyncio.gather(*(self._asked(source, key[1]) for source in awake))
        if self.sources is not asked:
            return  # others are asked now
        named = [(source, name) for source, name in zip(awake, answers, strict=True) if name]
        if named:
            source, name = min(named, key=lambda one: one[0].position)
            await self._told(key, name, source.name, source.keep_s)
        elif None not in answers:
            least = min(source.keep_s for source in awake)
            await self._told(key, "", "", least)

    async def _told(self, key: Key, name: str, source: str, keep_s: int) -> None:
        heard = self.cache.keep(key, name, source, keep_s, self.now())
        self.keep(key, heard)
        await self.tell(key, heard)

    async def _asked(self, source: NameSource, number: str) -> str | None:
        """The name, "" when the source knows none, None when it failed."""
        state = self.states.setdefault(source.key, SourceState())
        before = state.problem
        try:
            name = await self.ask(source, number)
        except Unusable as unusable:
            state.failing(str(unusable), self.clock())
            if state.in_a_row >= TIRED:
                self.resting[source.key] = self.now() + REST_S
            if state.problem != before:
                print(f"source {source.name} of {source.domain}: {state.problem}", file=sys.stderr, flush=True)
            return None
        state.answered(name, self.clock())
        if before:
            print(f"source {source.name} of {source.domain}: answers again", file=sys.stderr, flush=True)
        return name
