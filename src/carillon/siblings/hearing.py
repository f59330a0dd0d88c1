"""Hearing the siblings: who is up, copies of what they say of their phones, and who has calls there."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from carillon.siblings import calls, publications, states
from carillon.siblings.asked import answered, is_of_a_file
from carillon.siblings.bans import BanBook
from carillon.siblings.callbook import CallBook
from carillon.siblings.copies import Copies
from carillon.siblings.heardpart import HeardPart
from carillon.siblings.kept import KeptBook
from carillon.siblings.keptasked import is_of_kept
from carillon.siblings.mirror.mirror import Mirror
from carillon.siblings.places import PlaceBook
from carillon.siblings.places import Row as Place
from carillon.siblings.publications import PublicationBook, Publications
from carillon.siblings.removals import Removals
from carillon.siblings.sending import send
from carillon.siblings.settings import Peer, Settings, name_in
from carillon.siblings.states import SiblingState
from carillon.siblings.subscriptions import SubscriptionBook
from carillon.siblings.told import doubtful, news, read
from carillon.siblings.wire import SILENT_S, lines, quick_to_fail
from carillon.stores.ports import StoreDown
from carillon.stores.registrationjournal import Binding
from carillon.stores.registrations import bindings
from carillon.stores.removals import Removal
from carillon.supervision.rpc import RpcFailed

RETRY_S = 2.0
CLOCKS = 10
"""Words of a sibling by which its clock is compared: one that was long under way makes it look slow."""


@dataclass
class Heard:
    """One sibling: when it was last heard (monotonic), whether its Kamailio serves, and what it has said."""

    last: float = 0.0
    serving: bool = False
    phones: dict[str, tuple[Binding, ...]] = field(default_factory=dict)
    complete: dict[str, tuple[Binding, ...]] | None = None
    places: list[Place] | None = None
    is_known: bool = False
    left: bool = False
    secret: str = ""
    copying: asyncio.Lock = field(default_factory=asyncio.Lock)
    writer: asyncio.StreamWriter | None = None
    was_up: bool | None = None
    since: int = 0
    ahead: deque[float] = field(default_factory=lambda: deque(maxlen=CLOCKS))


class Hearing:
    """Takes what siblings say, one after the other for each."""

    def __init__(
        self,
        settings: Settings,
        copies: Copies,
        book: CallBook,
        bans: BanBook,
        places: PlaceBook,
        published: PublicationBook,
        subscribed: SubscriptionBook,
        removals: Removals,
        kept: KeptBook,
        mirror: Mirror,
    ) -> None:
        self._removals, self._kept, self._mirror = removals, kept, mirror
        self._settings, self._copies, self._bans, self._places = settings, copies, bans, places
        self._calls = HeardPart(_calls, book.heard, book.heard_all)
        self._subscribed = subscribed
        self._publications = HeardPart(_publications, published.heard, published.heard_all)
        before = {one.name: one.secret for one in states.read(settings.states)}
        self._heard = {peer.name: Heard(secret=before.get(peer.name, "")) for peer in settings.peers}
        self._peers = {peer.name: peer for peer in settings.peers}
        self._began = time.monotonic()
        self.turned = asyncio.Event()
        """One of them serves now, or no longer: the workers must not wait for the next round to know."""

    def is_up(self, peer: Peer) -> bool | None:
        """Whether a sibling is there and serves; None in the first moments, while nobody can know."""
        heard, now = self._heard[peer.name], time.monotonic()
        if now - heard.last <= SILENT_S and heard.last:
            return heard.serving
        return None if now - self._began <= SILENT_S else False

    def is_silent(self, peer: Peer) -> bool:
        """Whether nothing is heard of a sibling: its calls may be others now."""
        return time.monotonic() - self._heard[peer.name].last > SILENT_S

    def state(self, peer: Peer) -> SiblingState:
        """The same in words."""
        heard, up = self._heard[peer.name], bool(self.is_up(peer))
        if up != heard.was_up:
            heard.was_up, heard.since = up, int(time.time())
        silent = time.monotonic() - heard.last > SILENT_S
        why = "it was stopped" if heard.left else "nothing is heard of it" if silent else "its Kamailio does not answer"
        problem = "" if up else why
        phones = sum(map(len, heard.phones.values()))
        ahead_s = round(max(heard.ahead)) if heard.ahead and not silent else 0
        subscriptions = self._subscribed.count(peer.name)
        how = (problem, phones, ahead_s, heard.secret, subscriptions)
        return SiblingState(peer.name, peer.addresses[0], up, heard.since, *how)

    def wants_all(self) -> None:
        """Have every sibling say everything again."""
        for heard in self._heard.values():
            if heard.writer:
                heard.writer.write(b"again\n")

    def forget(self, name: str, removal: Removal) -> None:
        """A phone of a sibling's has taken itself away here: no copy of it is missing."""
        phones = self._heard[name].phones
        phones[removal.aor] = tuple(one for one in phones.get(removal.aor, ()) if not removal.is_meant(one))
        if not phones[removal.aor]:
            del phones[removal.aor]

    async def heard(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it ends."""
        name, address = name_in(writer.get_extra_info("peercert")), writer.get_extra_info("peername")[0]
        peer = self._peers.get(name)
        try:
            if peer is None or address not in peer.addresses:
                print(f"siblings: {address} shows the certificate of {name}, which is not the node there; refused",
                      file=sys.stderr, flush=True)  # fmt: skip
                return
            quick_to_fail(writer)
            async for line in lines(reader):
                told = json.loads(line)
                if "ask" in told:
                    await self._answer(peer, writer, told["ask"])
                    continue
                self._heard[name].writer = writer
                await self._take(peer, told)
        except (OSError, TimeoutError, ValueError, TypeError, LookupError) as error:
            print(f"siblings: {name}: {error or 'nothing is heard of it'}", file=sys.stderr, flush=True)
        finally:
            if peer and self._heard[name].writer is writer:
                self._heard[name].writer = None
            writer.close()

    async def _answer(self, peer: Peer, writer: asyncio.StreamWriter, question: list[Any]) -> None:
        """An administrator there wants to know something, or its daemon; nothing else waits for it."""
        if self._mirror.serving.is_asked(question):
            await self._mirror.serving.answer(peer, writer, question)
            return
        if is_of_a_file(question):
            await send(self._settings, writer, question)
            writer.close()
            return
        if is_of_kept(question):
            answer = await self._kept.answered(peer.name, question)
        else:
            answer = await asyncio.to_thread(answered, self._settings, question, of_satellite=peer.branch is not None)
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()

    async def _take(self, peer: Peer, line: dict[str, Any]) -> None:
        heard = self._heard[peer.name]
        heard.last = time.monotonic()
        if "serving" in line:
            await self._take_beat(peer, heard, line)
        elif "all" in line:
            if line["all"] == "begins":
                heard.complete = {}
            elif heard.complete is not None:
                heard.phones, heard.complete, heard.is_known = heard.complete, None, True
                await self._settle(peer, heard)
        else:
            aor, told = str(line["aor"]), read(line["has"], int(time.time()))
            if heard.complete is not None:
                heard.complete[aor] = told
                return
            heard.phones[aor] = told
            if not told:
                del heard.phones[aor]
            await self._copy(peer, aor)

    async def _take_beat(self, peer: Peer, heard: Heard, line: dict[str, Any]) -> None:
        """That it is up, and what rides beside that word."""
        if (serving := bool(line["serving"])) != heard.serving:
            heard.serving = serving
            self.turned.set()
        if (secret := str(line.get("secret", heard.secret))) != heard.secret:
            heard.secret = secret
            self.turned.set()
        heard.left = bool(line.get("leaving"))
        if "clock" in line:
            heard.ahead.append(float(line["clock"]) - time.time())
            self._kept.heard(peer.name, line.get("kept"))
        if "mirror" in line:
            self._mirror.heard(peer, line["mirror"])
        if "calls" in line:
            self._calls.take(peer.name, line["calls"])
        if "published" in line:
            self._publications.take(peer.name, line["published"])
        if "subscribed" in line:
            self._subscribed.heard(peer.name, line["subscribed"])
        if "places" in line:
            await self._take_places(peer, heard, line["places"])
        for claim in line.get("claims", ()):
            await self._places.claimed(claim)
        for row in line.get("bans", ()):
            await self._bans.heard(row)
        for row in line.get("removed", ()):
            await self._removals.heard(row)

    async def _take_places(self, peer: Peer, heard: Heard, told: str | list[Place]) -> None:
        if told == "begins":
            heard.places = []
        elif told == "ends":
            everything, heard.places = heard.places, None
            await self._places.heard_all(peer.name, everything or ())
        elif isinstance(told, list):
            if heard.places is None:
                await self._places.heard(peer.name, told)
            else:
                heard.places += told

    async def _settle(self, peer: Peer, heard: Heard) -> None:
        """All that a sibling has is known: copies of what it no longer has go, what is missing comes."""
        try:
            here = await asyncio.to_thread(bindings, self._settings.location)
        except StoreDown as down:
            print(f"siblings: {down}", file=sys.stderr, flush=True)
            here = {}
        gone = (aor for aor, all_of_it in here.items() if any(one.received == peer.home for one in all_of_it))
        for aor in {*heard.phones, *gone}:
            told, now = heard.phones.get(aor, ()), int(time.time())
            differs = news(told, here.get(aor, ()), peer.home, now)
            if differs.stored or differs.removed:
                await self._copy(peer, aor)
            heard.last = time.monotonic()

    async def reconcile(self, kept: Mapping[str, tuple[Binding, ...]]) -> None:
        """Look after what siblings have said, by what is in the file of registrations now.

        A copy may have failed; one that comes within a second of its removal the registrar drops without a word; and a
        clock that was set ends it early.
        """
        for name, heard in self._heard.items():
            peer = self._peers[name]
            if heard.is_known and heard.complete is None and not self.is_silent(peer):
                for aor in doubtful(heard.phones, kept, peer.home, int(time.time())):
                    await self._copy(peer, aor)

    async def _copy(self, peer: Peer, aor: str) -> None:
        heard = self._heard[peer.name]
        async with heard.copying:  # one after the other: what was said last holds
            try:
                await self._copies.take(peer.home, aor, heard.phones.get(aor, ()))
            except RpcFailed as failed:
                print(f"siblings: {peer.name}: {failed}", file=sys.stderr, flush=True)


def _calls(node: str, row: calls.Row) -> tuple[str, calls.Person]:
    return calls.read(row, node, time.time())


def _publications(node: str, row: publications.Row) -> tuple[str, Publications]:
    return publications.read(row, time.time())
