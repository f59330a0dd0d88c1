"""When each calendar is looked at, and what comes of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from carillon.calendars.events import BadCalendar, Reading
from carillon.calendars.fetching import AT_ONCE, Got, Seen
from carillon.model.calendar import meanings_of
from carillon.presence.spans import Span
from carillon.stores.calendarsources import CalendarSource
from carillon.stores.calendarspans import CalendarSpans, Feed, Key
from carillon.stores.ports import StoreDown

AHEAD_S: Final = 14 * 86_400.0
"""Events are known so far ahead."""
BEHIND_S: Final = 3600.0
COUNTED_S: Final = 12 * 3600.0
"""Events of an unchanged calendar are counted anew after so long: the time that is looked ahead has moved."""
KEPT_S: Final = 7 * 86_400.0
"""What a calendar said counts for so long after it was last read."""
SELDOMEST_S: Final = 3600.0
"""A calendar that fails is looked at more and more seldom, down to this."""

Get = Callable[[str, Seen], Awaitable[Got]]
Read = Callable[[bytes, Reading, float, float], Awaitable[list[Span]]]


@dataclass
class Feeds:
    """`get` fetches a calendar, `read` reads one; both raise BadCalendar. `clock` is Unix seconds."""

    store: CalendarSpans
    get: Get
    read: Read
    clock: Callable[[], float]
    sources: dict[Key, CalendarSource] = field(default_factory=dict)
    known: dict[Key, Feed] = field(default_factory=dict)
    running: dict[Key, asyncio.Task[None]] = field(default_factory=dict)
    _getting: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    def use(self, sources: Sequence[CalendarSource]) -> None:
        """Look at these from now on. Of others, and of those that are read otherwise now, nothing is kept."""
        self.sources = {source.key: source for source in sources}
        self.known = self.store.feeds()
        gone = [key for key, feed in self.known.items() if self._print(key) != feed.print]
        if gone:
            self.store.forget(gone)
        for key in gone:
            del self.known[key]

    def begin(self) -> None:
        """Begin to look at all whose time has come; forget what is too old."""
        now = self.clock()
        for key, source in self.sources.items():
            feed = self.known.get(key)
            if feed and feed.parsed_at and now - feed.read_at > KEPT_S:
                self._keep(replace(feed, tag="", modified="", parsed_at=0.0), [])
            if key not in self.running and (feed is None or now >= _next_look(source, feed) or feed.tried_at > now):
                task = asyncio.ensure_future(self.look(source))
                self.running[key] = task
                task.add_done_callback(lambda _, key=key: self.running.pop(key, None))  # type: ignore[misc]

    async def look(self, source: CalendarSource) -> None:
        """Look at one calendar."""
        before = self.known.get(source.key) or Feed(*source.key, source.print)
        now = self.clock()
        try:
            after, spans = await self._looked(source, before)
        except BadCalendar as bad:
            since = before.since if before.problem else now
            after = replace(before, tried_at=now, in_a_row=before.in_a_row + 1, problem=str(bad), since=since)
            spans = None
        if self._print(source.key) == source.print:
            _say(before, after)
            try:
                self._keep(after, spans)
            except StoreDown as down:
                del self.known[source.key]
                print(f"calendars: {down}", file=sys.stderr, flush=True)

    async def _looked(self, source: CalendarSource, before: Feed) -> tuple[Feed, list[Span] | None]:
        if not source.location:
            raise BadCalendar("has an address that can't be opened; set it again")
        fresh = self.clock() - before.parsed_at < COUNTED_S
        async with self._getting:
            got = await self.get(source.location, Seen(before.tag, before.modified) if fresh else Seen())
        now = self.clock()
        well = replace(before, tried_at=now, read_at=now, in_a_row=0, problem="", since=0.0)
        if got.data is None:
            return well, None
        how = Reading(source.zone, source.email, meanings_of(source.meanings), source.notes)
        async with self._reading:
            try:
                spans = await self.read(got.data, how, now - BEHIND_S, now + AHEAD_S)
            except OSError as error:
                raise BadCalendar(f"can't be read now: {error.strerror}") from error
        return replace(well, tag=got.seen.tag, modified=got.seen.modified, parsed_at=now), spans

    def _keep(self, feed: Feed, spans: list[Span] | None) -> None:
        self.known[feed.key] = feed
        self.store.keep(feed, spans)

    def _print(self, key: Key) -> str:
        source = self.sources.get(key)
        return source.print if source else ""


def _next_look(source: CalendarSource, feed: Feed) -> float:
    seldomer = source.every_s * 2.0 ** min(feed.in_a_row, 10)
    return feed.tried_at + min(seldomer, max(SELDOMEST_S, source.every_s))


def _say(before: Feed, after: Feed) -> None:
    """Once for each trouble, not at each look."""
    if after.problem != before.problem:
        words = f"the calendar {after.problem}" if after.problem else "the calendar is read again"
        print(f"{after.name} of {after.extension}@{after.domain}: {words}", file=sys.stderr, flush=True)
