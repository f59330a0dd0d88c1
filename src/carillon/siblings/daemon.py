"""`python -m carillon.siblings.daemon SETTINGS`: tells the other nodes of this one's phones and calls, and hears of
theirs."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import socket
import sys
import time
from collections.abc import Collection, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

from carillon.siblings import parts, states
from carillon.siblings.bans import BanBook, Row
from carillon.siblings.callbook import CallBook
from carillon.siblings.copies import Copies, Registrar
from carillon.siblings.endedbyclock import EndedByClock
from carillon.siblings.hearing import Hearing
from carillon.siblings.kept import KeptBook
from carillon.siblings.lettinggo import LettingGo
from carillon.siblings.mirror.inventory import Moment
from carillon.siblings.mirror.mirror import PROBLEM, Mirror
from carillon.siblings.orphans import forget, orphans
from carillon.siblings.parts import CALLS, PHONES, PLACES, PUBLISHED, Part
from carillon.siblings.places import PlaceBook
from carillon.siblings.publications import PublicationBook
from carillon.siblings.removals import Removals
from carillon.siblings.saying import BANS, CLAIMS, REMOVED
from carillon.siblings.setclock import SetClock
from carillon.siblings.settings import LEAVING, Settings, renew
from carillon.siblings.shared import look_and_tell
from carillon.siblings.subscriptions import Own, SubscriptionBook
from carillon.siblings.telling import Telling
from carillon.siblings.told import are_same, own
from carillon.states.news import Ear
from carillon.stores.heldsubscriptions import Key
from carillon.stores.keptcopies import Place as KeptPlace
from carillon.stores.ports import StoreDown
from carillon.stores.registrationjournal import Binding
from carillon.stores.registrations import bindings
from carillon.stores.removals import Removal
from carillon.stores.removals import Row as Removed
from carillon.stores.secretring import Ring
from carillon.supervision.bound import bound
from carillon.supervision.rpc import Asker, RpcFailed
from carillon.system.pulse import beat

ROUND_S = 1.0
SCAN_S = 5.0
"""How often the whole file of registrations is looked through, for what no REGISTER says: connections that ended."""

READ_S = 10.0
"""What Kamailio has not read so long after it began to answer has ended meanwhile."""

TURN_S = 0.5
"""How often it is said whose messages are delivered here."""

LEAVE_S = 1.0
"""So long the node's end waits for the goodbye."""

LONGEST = 4096
THREADS = 32
"""Most of them wait: for a sibling that is dead, or for what an administrator asks; a round must not wait for those."""


class Daemon:
    """One connection to each sibling, by which this node tells; one from each, by which it hears."""

    def __init__(self, settings: Settings, run: Path) -> None:
        self.settings, self._pulse, self._told_to_leave = settings, run / "pulse", run / LEAVING
        self._homes = frozenset(peer.home for peer in settings.peers)
        self.phones: dict[str, tuple[Binding, ...]] = {}
        place, calls_changed = settings.changed.parent, partial(self._changed_in, CALLS)
        self.book = CallBook(settings.rpc, settings.directory, settings.people, place, calls_changed)
        self.ban_book = BanBook(settings.rpc, settings.trusted, partial(self._adds, BANS))
        self.place_book = PlaceBook(settings.redis, partial(self._changed_in, PLACES), partial(self._adds, CLAIMS))
        published = partial(self._changed_in, PUBLISHED)
        self.publication_book = PublicationBook(settings.publications, settings.people, published)
        self._registrar = Registrar()
        self.subscription_book = SubscriptionBook(settings, self._registrar, self._subscribed)
        self.parts: Mapping[str, Part] = {
            PHONES: parts.Phones(self.phones),
            CALLS: parts.Calls(self.book.own),
            PUBLISHED: parts.Published(self.publication_book.own),
            PLACES: parts.Places(self.place_book.own),
        }
        self.mirror = Mirror(settings, run / PROBLEM, self._mirrored)
        homes = {peer.home: peer.name for peer in settings.peers}
        journal = settings.location.with_name("journal")
        self.removals = Removals(settings.rpc, journal, homes, self._removed, self._forgotten, self._look_up_soon)
        self.kept_book = KeptBook(settings, self._keeps_more)
        self._tasks: set[asyncio.Task[None]] = set()
        self.tellings = [Telling(settings, peer, self) for peer in settings.peers]
        self._kamailio, self._moving = Asker(settings.rpc, "siblings-round"), False
        self.serving = self.knows_phones = self.leaving = False
        self.secret = ""
        self._due, self._knows_at_last = 0.0, math.inf
        self._clock = EndedByClock(SetClock())

    async def run(self) -> None:
        """Until a signal ends it."""
        while not self.settings.peers:
            await self._alone()
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(THREADS, "siblings"))
        loop.add_signal_handler(signal.SIGTERM, lambda: self._begin(self._leave()))
        registrar = self._registrar
        await loop.create_datagram_endpoint(
            lambda: registrar, local_addr=self.settings.speak_from, remote_addr=self.settings.kamailio
        )
        self._copies = copies = Copies(self.settings.rpc, registrar, self.settings.speak_from, self.settings.socket)
        speaks_from = self.settings.speak_from
        self._letting_go = LettingGo(self.settings.rpc, registrar, speaks_from, lambda: self.book.talking)
        books = self.book, self.ban_book, self.place_book, self.publication_book, self.subscription_book
        self.hearing = Hearing(self.settings, copies, *books, self.removals, self.kept_book, self.mirror)
        self._shown = self.settings.context(server=True)
        server = await asyncio.start_server(self.hearing.heard, *self.settings.listen, ssl=self._shown, limit=1 << 20)
        ear = Ear(self.settings.calls)
        loop.add_reader(ear, self._hear_calls, ear)
        self._begin(self.book.run())
        self._begin(self.kept_book.run())
        self._begin(self._say_whose_messages())
        self._begin(self.place_book.hear_claims())
        self._begin(self.mirror.run())
        with self._listening(self.settings.changed) as listener, self._listening(self.settings.bans) as guard:
            loop.add_reader(listener, self._changed, listener)
            loop.add_reader(guard, self._hear_bans, guard)
            for telling in self.tellings:
                self._begin(telling.run())
            async with server:
                while True:
                    await self._round()
                    await self._pause()

    async def _alone(self) -> None:
        """A round in a system that was made for several nodes, and has one."""
        beat(self._pulse)
        self.kept_book.round({}, serving=True)
        if time.monotonic() >= self._due:
            states.write(self.settings.states, [])
            with suppress(StoreDown):
                await self._forget_orphans(await asyncio.to_thread(bindings, self.settings.location))
            self._due = time.monotonic() + SCAN_S
        await asyncio.sleep(ROUND_S)

    async def _pause(self) -> None:
        """Until the next round is due."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.hearing.turned.wait(), ROUND_S)
        self.hearing.turned.clear()

    async def _leave(self) -> None:
        """The end, after a goodbye to the siblings when the whole node stops."""
        if self._told_to_leave.exists():
            self.serving, self.leaving = False, True
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(*(one.leaves() for one in self.tellings)), LEAVE_S)
        os._exit(0)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            print(f"siblings: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)  # half a daemon is worse than one that is started anew

    async def _round(self) -> None:
        beat(self._pulse)
        await self._look_at_kamailio()
        self._look_at_clock()
        self._look_at_secret()
        await self._clock.restore(self._copies)
        now = time.monotonic()
        if now >= self._due:
            with suppress(OSError):  # in the midst of a renewal
                renew(self._shown, self.settings.nodes)
            await self._scan()
            self._due = time.monotonic() + (SCAN_S if self.knows_phones else 0.0)
        silent = [peer.name for peer in self.settings.peers if self.hearing.is_silent(peer)]
        up = frozenset(peer.name for peer in self.settings.peers if self.hearing.is_up(peer))
        self.book.round(up, silent)
        await self.place_book.round(silent)
        await self.ban_book.round()
        self.publication_book.round()
        await self.subscription_book.round(up, self.phones, serving=self.serving, moving=self._moving)
        if self._moving:
            await self._letting_go.round(self.phones)
        states.write(self.settings.states, [self.hearing.state(peer) for peer in self.settings.peers])

    async def _look_at_kamailio(self) -> None:
        """It is told how siblings are; one that was started anew has lost what was stored last."""
        known = {peer.name: self.hearing.is_up(peer) for peer in self.settings.peers}
        found = await asyncio.to_thread(look_and_tell, self._kamailio, known)
        if found.was_restarted:
            self.hearing.wants_all()
            self.book.write_anew()
            self.ban_book.write_anew()
        self.serving, self._moving = found.answers and not self.leaving, found.moving

    def _look_at_secret(self) -> None:
        """Siblings are told which this node has; never the secret itself."""
        with suppress(OSError, ValueError):
            label = Ring.read(self.settings.secrets).label
            if label != self.secret:
                self.secret = label
                for telling in self.tellings:
                    telling.wakes()

    def _look_at_clock(self) -> None:
        """One that is set ends registrations early: ours are stored again, siblings say all of theirs again."""
        if set_by := self._clock.look(self.phones):
            print(f"siblings: the clock was set by {set_by:+.0f} s", file=sys.stderr, flush=True)
            self.hearing.wants_all()

    async def _scan(self) -> None:
        """The file is a second behind: what differs is asked for."""
        try:
            kept = await asyncio.to_thread(bindings, self.settings.location)
        except StoreDown as down:
            print(f"siblings: {down}", file=sys.stderr, flush=True)
            return
        there = {aor: mine for aor, all_of_it in kept.items() if (mine := self._own(all_of_it))}
        await self._forget_orphans(kept)
        await self.hearing.reconcile(kept)
        await self.removals.again()
        for aor in {*there, *self.phones} - self._clock.phones.keys():
            if not are_same(there.get(aor, ()), self.phones.get(aor, ())):
                await self._look_up(aor)
        if not self.knows_phones and self.serving:
            self._may_know(there.keys() <= self.phones.keys())

    def _own(self, contacts: Iterable[Binding]) -> tuple[Binding, ...]:
        return own(contacts, self._homes, self.settings.socket)

    async def _forget_orphans(self, kept: Mapping[str, tuple[Binding, ...]]) -> None:
        await forget(self.settings.rpc, orphans(kept, self._homes, self.settings.socket))

    def _may_know(self, all_are_there: bool) -> None:
        """Kamailio answers before it has read its file: whoever was told then that there is nobody would forget all."""
        self._knows_at_last = min(self._knows_at_last, time.monotonic() + READ_S)
        if all_are_there or time.monotonic() >= self._knows_at_last:
            self.knows_phones = True
            for telling in self.tellings:
                telling.wakes()

    async def _look_up(self, aor: str) -> None:
        try:
            mine = self._own(await asyncio.to_thread(bound, self.settings.rpc, aor))
        except RpcFailed:
            return  # the next scan asks again
        before = self.phones.pop(aor, ())
        if mine:
            self.phones[aor] = mine
        if mine != before:
            self._changed_in(PHONES, aor)

    def _changed_in(self, part: str, who: str) -> None:
        for telling in self.tellings:
            telling.changed(part, who)

    def _adds(self, kind: str, row: object) -> None:
        for telling in self.tellings:
            telling.adds(kind, row)

    def _hear_calls(self, ear: Ear) -> None:
        for news in ear.heard(0):
            if news.places is None:
                self.book.here(news)
            else:
                self.place_book.here(news)

    @property
    def subscriptions(self) -> Own:
        """Which phones subscribe here."""
        return self.subscription_book.own

    def _subscribed(self, key: Key | str) -> None:
        for telling in self.tellings:
            telling.subscribed.changed(key)

    @property
    def mirrored(self) -> Moment | None:
        """How far voice messages and announcements here are."""
        return self.mirror.moment

    def _mirrored(self, concerned: Collection[str]) -> None:
        for telling in self.tellings:
            if telling.name in concerned:
                telling.mirrored()

    @property
    def bans(self) -> list[Row]:
        """What this node has imposed."""
        return self.ban_book.rows()

    def _hear_bans(self, guard: socket.socket) -> None:
        with suppress(OSError, UnicodeDecodeError):
            self.ban_book.here(guard.recv(LONGEST).decode())

    def removed(self, name: str) -> list[Removed]:
        """What phones of that sibling have taken away here."""
        return self.removals.rows(name)

    def _removed(self, name: str, row: Removed) -> None:
        for telling in self.tellings:
            if telling.name == name:
                telling.adds(REMOVED, row)

    def kept(self, name: str) -> KeptPlace | None:
        """How far the messages that are kept here go, for that sibling."""
        return self.kept_book.told(name)

    async def _say_whose_messages(self) -> None:
        """Not with the rounds: those may take longer than this word holds."""
        while True:
            known = {peer.name: self.hearing.is_up(peer) for peer in self.settings.peers}
            self.kept_book.round(known, serving=self.serving)
            await asyncio.sleep(TURN_S)

    def _keeps_more(self) -> None:
        for telling in self.tellings:
            telling.wakes()

    def _forgotten(self, name: str, removal: Removal) -> None:
        self.hearing.forget(name, removal)

    def _look_up_soon(self, aor: str) -> None:
        self._begin(self._look_up(aor))

    def _listening(self, place: Path) -> socket.socket:
        """Workers tell here what has changed; of registrations the next scan finds what does not fit."""
        place.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        listener.bind(str(place))
        place.chmod(0o600)
        return listener

    def _changed(self, listener: socket.socket) -> None:
        with suppress(OSError, ValueError):
            domain, user, *removed = listener.recv(LONGEST).decode().split(" ", 2)
            if removed:
                self.removals.here(removed[0])
            self._look_up_soon(f"{user}@{domain}")


def main() -> None:
    """Run until told to stop."""
    settings = Path(sys.argv[1])
    asyncio.run(Daemon(Settings.read(settings), settings.parent).run())


if __name__ == "__main__":
    main()
