"""`python -m carillon.states.daemon SETTINGS`: hears what is said of people, merges it, and has others told."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from carillon.presence.panel import Member
from carillon.siblings import setclock
from carillon.states import sources
from carillon.states.book import Book
from carillon.states.naming import naming
from carillon.states.news import Ear, News, as_watched
from carillon.states.panels import Panels
from carillon.states.reconciling import Reconciler, Siblings, calls_shown
from carillon.states.registrations import EVENT, Registrations
from carillon.states.settings import Settings
from carillon.states.telling import Calls, Watchers, everybody
from carillon.states.watched import Audience, watched
from carillon.stores import repairs
from carillon.stores.calendarspans import SpanReader
from carillon.stores.directory import DirectoryReader
from carillon.stores.pictures import PictureWriter
from carillon.stores.ports import StoreDown
from carillon.stores.published import Published
from carillon.stores.turn import turn_at
from carillon.supervision.rpc import Asker, RpcFailed
from carillon.system.pulse import NAME as PULSE
from carillon.system.pulse import beat
from carillon.system.rhythm import sparingly

ROUND_S = 0.25
"""A change of the directory is noticed within this time."""
MOST_DRAWN = 2000
"""As many at once as take a few tenths of a second."""
TELLING_S = 5.0
"""The presence server answers when it has told everybody who watches: asked again, it would tell them twice."""
AFTER_S = 1.0
"""Who had no room in a NOTIFY is told of so long after it: two at a time may reach the phone in any order."""
LOOK_S = 1.0
"""Registrations are looked at so often, and so is what phones have published; more seldom when there are very many."""


class Daemon:
    """The book, the pictures, and who is told."""

    def __init__(self, settings: Settings) -> None:
        self.book = Book()
        self.pictures = PictureWriter(settings.pictures)
        self.known = self.pictures.all()
        self._turn = turn_at(settings.pictures)
        self._presence = Asker(settings.presence_rpc, "states", TELLING_S)
        panels = Panels(self.pictures.write_news, self.pictures.panels())
        audience = Audience(partial(watched, settings.subscriptions))
        self.watchers = Watchers(self._told_in_turn, audience, panels=panels)
        kamailio = Asker(settings.kamailio_rpc, "states")
        self.calls = Calls(kamailio)
        self.reconciler = Reconciler(self.known)
        self._siblings = Siblings(self.known, time.time())
        self._wrong = 0
        self._repairs = settings.repairs
        self._location = settings.location
        self._registrations = Registrations(settings.location, settings.subscriptions, self.pictures)
        self._naming = naming(DirectoryReader(settings.directory), kamailio)
        self._voice = sources.VoiceSource(settings.voicemail)
        self._manual = sources.ManualSource(settings.directory)
        self._calendars = SpanReader(settings.calendars)
        self._published = Published(settings.publications)
        self._look_at = 0.0
        self._heard: list[News] = []
        self._group_numbers: dict[str, tuple[str, ...]] = {}
        self._unsaid: list[tuple[float, str, str, tuple[str, ...]]] = []
        self._touched: set[str] = set()
        self._touched_now: set[str] = set()
        for node, calls in calls_shown(self.known).items():  # until they are told again
            self._touched |= self.book.calls(calls, time.time(), node=node)
        everybody(self.watchers, self.known)

    def round(self, news: list[News], now: float) -> None:
        """Take in what is new, and have it told. Raises StoreDown, sqlite3.Error or RpcFailed."""
        self._heard += news
        manual = self._manual.changed()
        if manual is not None:
            self._touched |= self.book.manual(manual.said) | self.book.rules(manual.rule_of)
            self._touched |= self.book.forwards(manual.forwards)
            self._panels(manual.panels)
            self._group_numbers = manual.group_numbers
        news, self._heard = self._heard, []
        self._touched_now |= self.book.ended(now) | self._told(news, now)
        if now >= self._look_at:
            began = time.process_time()
            self._look(now)
            self._look_at = now + sparingly(LOOK_S, time.process_time() - began)
        elif any(each.published for each in news):
            self._touched |= self.book.published(sources.published(self._published, now))
        self._draw_some(now)
        self._tell_of_unsaid(now)
        repairs.add(self._repairs, self._wrong, now)
        self._wrong = 0
        self.watchers.tell(now)
        self.calls.tell(now)

    def _look(self, now: float) -> None:
        """At what nobody tells of: each look reads all that there is of it."""
        self._touched |= self.book.published(sources.published(self._published, now))
        self._touched |= self._in_calendars()
        self._touched |= self.book.voice(self._voice.waiting())
        self._touched |= self.book.registered(sources.registered(self._location))
        self.watchers.note((aor, EVENT) for aor in self._registrations.changed(now))
        self._touched |= self._unknown()

    def _told_in_turn(self, method: str, *parameters: str | int) -> Any:
        """The presence server is told one thing at a time: see `stores.turn`. Raises RpcFailed."""
        with self._turn.taken():
            return self._presence(method, *parameters)

    def _panels(self, panels: dict[str, tuple[Member, ...]]) -> None:
        """Written before anybody is told of them."""
        changed = self.watchers.panels.are(panels)
        if changed:
            self.pictures.write_panels(panels)
            self.watchers.note(changed)

    def _tell_of_unsaid(self, now: float) -> None:
        for due, aor, event, members in self._unsaid:
            if due <= now:
                self.watchers.note(self.watchers.panels.members(aor, event, members))
        self._unsaid = [each for each in self._unsaid if each[0] > now]

    def _in_calendars(self) -> set[str]:
        spans = self._calendars.changed()
        return set() if spans is None else self.book.calendars(spans)

    def _told(self, news: list[News], now: float) -> set[str]:
        touched: set[str] = set()
        self._unsaid += [(now + AFTER_S, *each.unsaid) for each in news if each.unsaid]
        for key, at in (each.watched for each in news if each.watched):
            self.watchers.begins(key, at)
        for each in news:
            if each.said is not None:
                touched |= self.book.published_at(each.node, sources.by_phones(each.said))
        news = [each for each in news if each.said is None]
        for told in [*news, *self._siblings.unknown(news, now)]:
            each = as_watched(told, self._group_numbers)
            self._wrong += len(self.reconciler.wrong(each))
            calls = each.calls or {}
            completed = calls if each.node else self._naming.all_completed(calls)  # a sibling's are told completely
            touched |= self.book.calls(completed, now, node=each.node)
            ended = each.ended(self.book.people_in_calls(each.node))
            touched |= self.book.calls(dict.fromkeys(ended, ()), now, node=each.node)
        return touched

    def _unknown(self) -> set[str]:
        """Of whom a daemon before this one knew something, and nobody says anything any more."""
        return self.known.keys() - self.book.people

    @property
    def patience_s(self) -> float:
        """How long a round may wait for news."""
        return 0.0 if self._touched else ROUND_S

    def _draw_some(self, now: float) -> None:
        """Who is in a call, at once; of very many others a part in each round, so that calls don't wait for them."""
        some = self._touched_now | set(islice(self._touched, MOST_DRAWN))
        if some:
            self._draw(some, now)
        self._touched_now = set()
        self._touched -= some

    def _draw(self, touched: set[str], now: float) -> None:
        """Written before anybody is told: who is told looks at once."""
        drawn = {aor: self.book.picture(aor, now) for aor in touched}
        forgotten = {aor for aor in touched if not self.book.knows(aor)}
        known = self.known
        fresh = {aor: one for aor, (one, _) in drawn.items() if aor not in forgotten and known.get(aor) != one}
        if fresh or forgotten:
            self.pictures.write(fresh, forgotten)
        for aor, (picture, result) in drawn.items():
            self.watchers.changed(aor, self.known.get(aor), picture)
            self.calls.changed(aor, result)
            self.known[aor] = picture
        for aor in forgotten:
            self.known.pop(aor, None)


def main() -> None:
    """Run until told to stop; what fails is tried again."""
    settings = Settings.read(Path(sys.argv[1]))
    pulse = Path(sys.argv[1]).with_name(PULSE)
    ear, daemon, failing = Ear(settings.socket), Daemon(settings), ""
    restorer = setclock.Restorer(setclock.Registrations.of(json.loads(Path(sys.argv[1]).read_text())["registrations"]))
    while True:
        beat(pulse)
        restorer.round()
        news = list(ear.heard(daemon.patience_s))
        try:
            daemon.round(news, time.time())
            failing = ""
        except (StoreDown, RpcFailed, sqlite3.Error, OSError) as failed:
            if str(failed) != failing:  # once, not four times a second
                print(f"states: {failed}", file=sys.stderr, flush=True)
                failing = str(failed)
            time.sleep(ROUND_S)


if __name__ == "__main__":
    main()
