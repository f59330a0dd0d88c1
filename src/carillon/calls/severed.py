"""A listener in the calls daemon: calls that a cut link has parted are ended, and who is left is told.

A phone beyond the link of a branch says nothing any more, not even BYE, and a session timer would take a quarter of an
hour to find out. A silent link alone ends nothing: the sound may still come. Nor does silence alone: phones are muted.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

from carillon.calls.ami import NoAnswer
from carillon.calls.asterisk import Asterisk
from carillon.calls.book import Book
from carillon.calls.channels import Channel, State
from carillon.calls.events import CallEvent
from carillon.calls.livecall import LiveCall
from carillon.calls.settings import Settings
from carillon.siblings import states
from carillon.supervision.bound import bound
from carillon.supervision.rpc import RpcFailed

RECEIVED: Final = "CHANNEL(rtcp,rxcount)"
LOOK_S: Final = 2.0
SILENT_S: Final = 10.0
"""So long no sound has come from a phone beyond a link that is cut; a shorter cut costs no call."""
OUT_OF_ORDER: Final = "38"
"""Network out of order (Q.850)."""


class Severed:
    """`links` are the homes (URIs) of siblings that a branch's link lies before, by name; `homes_of` says those of a
    person's phones. `clock` is monotonic seconds."""

    def __init__(
        self,
        book: Book,
        asterisk: Asterisk,
        links: Mapping[str, str],
        down: Callable[[], Collection[str]],
        homes_of: Callable[[str], Collection[str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._book, self._asterisk, self._links = book, asterisk, links
        self._down, self._homes_of, self._clock = down, homes_of, clock
        self._heard: dict[str, tuple[str, float]] = {}
        self._look_at = 0.0

    @classmethod
    def made(cls, settings: Settings, book: Book, asterisk: Asterisk) -> Severed:
        """For the daemon."""

        def homes_of(aor: str) -> set[str]:
            return {one.received for one in bound(settings.rpc, aor)}

        return cls(book, asterisk, settings.links, lambda: _down(settings.sibling_states), homes_of)

    def heard(self, event: CallEvent) -> None:
        """Nothing at once."""

    def tick(self, clock: float) -> None:
        """While a link is cut, see from whom sound still comes."""
        down = self._down() if self._links else ()
        cut = {home for name, home in self._links.items() if name in down}
        now = self._clock()
        if not cut:
            self._heard.clear()
        elif now >= self._look_at and self._asterisk.manager is not None:
            self._look_at = now + LOOK_S
            try:
                self._look(cut, now)
            except (NoAnswer, RpcFailed) as failed:
                print(f"calls: beyond the link that is cut: {failed}", file=sys.stderr, flush=True)

    def _look(self, cut: Collection[str], now: float) -> None:
        received = {
            message.get("Uniqueid", ""): message.get(f"Variable {RECEIVED}", "")
            for message in self._asterisk.listed("Status", "Status", Variables=RECEIVED)
        }
        known, self._heard = self._heard, {}
        for call in list(self._book.calls.values()):
            for channel in call.channels:
                count = received.get(channel.id, "")
                last, since = known.get(channel.id, ("", now))
                self._heard[channel.id] = (count, since if count == last else now)
                if now - self._heard[channel.id][1] >= SILENT_S and self._is_beyond(channel, cut):
                    self._ends(call, channel)

    def _is_beyond(self, channel: Channel, cut: Collection[str]) -> bool:
        """Whether somebody talks there whose phones are all behind such a link."""
        if channel.state is not State.UP or not channel.bridge or not channel.person:
            return False
        homes = set(self._homes_of(channel.person))
        return bool(homes) and homes <= set(cut)

    def _ends(self, call: LiveCall, silent: Channel) -> None:
        print(f"calls: the link to {silent.person} is cut: call {call.id} is ended", file=sys.stderr, flush=True)
        for other in _with(silent, call.channels):
            self._asterisk.ask("Redirect", Channel=other.name, Context="cut", Exten="s", Priority="1")
        self._asterisk.ask("Hangup", Channel=silent.name, Cause=OUT_OF_ORDER)


def _with(one: Channel, channels: Iterable[Channel]) -> list[Channel]:
    """Who is left."""
    return [other for other in channels if other.id != one.id and other.bridge == one.bridge]


def _down(file: Path | None) -> set[str]:
    return {one.name for one in states.read(file) if not one.up} if file else set()
