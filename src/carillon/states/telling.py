"""Telling others of a change: the presence server, which tells watchers, and Kamailio, whose calls ask for it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from carillon.presence import documents, featurekeys
from carillon.presence.aggregate import Merged, Source
from carillon.presence.picture import Picture
from carillon.states.panels import Key, Panels
from carillon.states.watched import WRITTEN_S, Audience
from carillon.stores.ports import StoreDown
from carillon.supervision.rpc import NotThere, RpcFailed

TABLE: Final = "states"
TOLD: Final = "told"
"""Key of that table, which says that Kamailio was told: a restarted one has forgotten it."""

EVENTS: Final = documents.EVENTS
JUST_REFRESHED = 1
MOST_AT_ONCE = 200
"""Watched people who are told of in one round; the others are next."""

ASK_S = 1.0
"""Kamailio is asked so often whether it was started anew."""
SORT_S = 1.0
LOOK_S = 5.0
"""The presence server is asked so often whether it is still the same."""
LATELY_S = 60.0
"""What it was told before that may not have reached phones when it died; a NOTIFY is repeated for 32 seconds."""

Rpc = Callable[..., Any]


@dataclass
class Watchers:
    """Who is still to be told of whom; `rpc` speaks to the presence server, `audience` knows of whom somebody is told.

    `waiting` is in order. Of those in `unwatched` nobody is told as far as is known; with each the moment of its change
    by `clock` (monotonic seconds). They are forgotten when nobody watches by the time that every subscription before is
    written: who subscribes later reads by himself what is new.
    One that was started anew knows its subscriptions, but not whom it was just about to tell: it is told again.
    """

    rpc: Rpc
    audience: Audience
    waiting: dict[Key, None] = field(default_factory=dict)
    unwatched: dict[Key, float] = field(default_factory=dict)
    lately: dict[tuple[str, str], float] = field(default_factory=dict)
    panels: Panels = field(default_factory=Panels)
    clock: Callable[[], float] = time.monotonic
    _up_since: object = None
    _look_at: float = 0.0
    _sort_at: float = 0.0

    def changed(self, aor: str, before: Picture | None, after: Picture) -> None:
        """Note what of a picture has changed for watchers."""
        if before is None or _presence(before) != _presence(after) or before.rule != after.rule:
            self._note(aor, "presence")
        if before is None or before.lines != after.lines or before.rule != after.rule:
            self._note(aor, "dialog")
        if before is None or before.voice != after.voice:
            self._note(aor, "message-summary")
        if before is None or (before.dnd, before.forwards) != (after.dnd, after.forwards):
            self._note(aor, featurekeys.CARRIED)

    def note(self, keys: Iterable[Key]) -> None:
        """Whoever watches these is to be told."""
        for key in keys:
            if key in self.waiting or key in self.audience:
                self._wait(key)
            else:
                self.unwatched[key] = self.clock()

    def begins(self, key: Key, at: float) -> None:
        """Somebody begins to watch, at this moment of the clock: what has changed before he is shown by the answer."""
        self.audience.begins(key, at)
        changed_at = self.unwatched.get(key)
        if changed_at is not None and changed_at < at:
            self._forget(key)
        elif changed_at is not None:
            self._wait(key)

    def _forget(self, key: Key) -> None:
        del self.unwatched[key]
        self.panels.told(key)

    def _wait(self, key: Key) -> None:
        self.unwatched.pop(key, None)
        self.waiting[key] = None

    def _note(self, aor: str, event: str) -> None:
        self.note([(aor, event), *self.panels.changed(aor, event)])

    def tell(self, now: float) -> None:
        """Have watchers told; who can't be told now waits. `now` is in Unix seconds. Raises RpcFailed.

        Watchers of panels are told of changes alone, so the server must be the one that told them before.
        """
        if now >= self._look_at or self.panels.news:
            self._look(now)
        if self.unwatched and now >= self._sort_at:
            self._sort(now)
            self._sort_at = now + SORT_S
        keys = list(islice(self.waiting, MOST_AT_ONCE))
        self.panels.begin(keys)
        for aor, event in keys:
            self.rpc("presence.refreshWatchers", f"sip:{aor}", event, JUST_REFRESHED)
            self.lately[aor, event] = now
            del self.waiting[aor, event]
            self.panels.told((aor, event))

    def _sort(self, now: float) -> None:
        """Whom somebody watches after all is waiting; while nobody can say, that is everybody."""
        moment = self.clock()
        try:
            self.audience.look(now, moment)
            watched = [key for key in self.unwatched if key in self.audience]
        except StoreDown:
            watched = list(self.unwatched)
        for key in watched:
            self._wait(key)
        for key in [key for key, at in self.unwatched.items() if moment - at >= WRITTEN_S]:
            self._forget(key)

    def _look(self, now: float) -> None:
        up_since = self.rpc("core.uptime")["up_since"]
        self.lately = {each: at for each, at in self.lately.items() if now - at < LATELY_S}
        if up_since != self._up_since:
            self.note([*self.lately, *self.panels.anew()])
        self._up_since, self._look_at = up_since, now + LOOK_S


@dataclass
class Calls:
    """What Kamailio knows of people's states beside what they say by hand; `rpc` speaks to it."""

    rpc: Rpc
    wanted: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    _due: dict[str, None] = field(default_factory=dict)
    _ask_at: float = 0.0

    def changed(self, aor: str, result: Merged) -> None:
        """Note what calls must know of a person: all that is said of him, but by hand."""
        rows = [
            [str(each.source), str(each.state), each.dnd, each.until]
            for each in result.said
            if each.source is not Source.MANUAL
        ]
        if rows:
            self.wanted[aor] = json.dumps(rows, separators=(",", ":"))
        else:
            self.wanted.pop(aor, None)
        self._due[aor] = None

    def tell(self, now: float) -> None:
        """Bring Kamailio's table up to date. `now` is in Unix seconds. Raises RpcFailed."""
        if now >= self._ask_at:
            self._tell_again_if_forgotten()
            self._ask_at = now + ASK_S
        for aor in list(self._due):
            self._tell_of(aor)
            del self._due[aor]

    def _tell_of(self, aor: str) -> None:
        text, before = self.wanted.get(aor), self.told.get(aor)
        if text is None and before is not None:
            with suppress(NotThere):
                self.rpc("htable.delete", TABLE, aor)
            del self.told[aor]
        elif text is not None and text != before:
            self.rpc("htable.sets", TABLE, aor, text)
            self.told[aor] = text

    def _tell_again_if_forgotten(self) -> None:
        if self._has_forgotten():
            self.told, self._due = {}, dict.fromkeys(self.wanted)
            self.rpc("htable.sets", TABLE, TOLD, "yes")

    def _has_forgotten(self) -> bool:
        try:
            self.rpc("htable.get", TABLE, TOLD)
        except RpcFailed:
            return True
        return False


def _presence(of: Picture) -> tuple[object, ...]:
    return of.state, of.note, of.registered, of.in_call


def everybody(waiting: Watchers, aors: Iterable[str]) -> None:
    """All watchers of these people are told: nobody knows what they were told last."""
    waiting.note((aor, event) for aor in aors for event in EVENTS)
