"""Messages that are kept at one node are known at all mains: copies come, and what has ended goes, within a moment.

A node says with each word that it is up how far its messages go; who knows less asks for the rest. So what
was missed by a node that was down comes by the same way as the newest.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from carillon.messages.turns import Sibling, Turn, turn
from carillon.siblings import keptasked
from carillon.siblings.asking import Silent
from carillon.siblings.keptasked import Asks
from carillon.siblings.settings import Peer, Settings
from carillon.stores import keptturn
from carillon.stores.keptcopies import KeptCopies, Place
from carillon.stores.ports import StoreDown

LOOK_S: Final = 0.2
"""How often this node looks whether it keeps more than it has told."""
AGAIN_S: Final = 1.0
SETTLED_S: Final = 2.0
"""So long after it is seen again a node is believed to have stopped delivering for the other."""
PATIENCE_S: Final = 10.0
"""So long it is awaited what a sibling that is up has delivered; one that can't be asked keeps no message waiting."""


@dataclass(slots=True)
class _There:
    """A sibling: since when it is up (monotonic), and how far it says that its messages go.

    `says` is None of a version that keeps no copies; `said` whether it was heard at all since it is up.
    """

    since: float | None = None
    said: bool = False
    says: Place | None = None
    is_heard: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)
    problem: str = ""


class KeptBook:
    """Copies of siblings' messages, and whose this node delivers; `tell` wakes who says how far ours go."""

    def __init__(self, settings: Settings, tell: Callable[[], None]) -> None:
        self._settings, self._mains, self._tell = settings, frozenset(settings.mains), tell
        self._store = KeptCopies(settings.messages)
        self._disk = ThreadPoolExecutor(1, "messages")  # it may wait for a disk, and SQLite wants the same thread
        self._satellites = [peer.name for peer in settings.peers if peer.name not in settings.mains]
        self._there = {peer.name: _There() for peer in settings.peers}
        self._serves_since: float | None = None
        self._latest: Place | None = None
        self._latest_of: dict[str, int] = {}
        self._problem = ""
        self._turn: Turn | None = None

    @property
    def _is_main(self) -> bool:
        return self._settings.node in self._mains

    def told(self, name: str) -> Place | None:
        """How far our messages go, for this sibling: a satellite is told of its own only."""
        if self._latest is None or not self._asks(name):
            return None
        return self._latest if name in self._mains else (self._latest[0], self._latest_of.get(name, 0))

    def heard(self, name: str, told: Sequence[Any] | None) -> None:
        """How far a sibling's messages go, with each word of it; None of an older version."""
        there = self._there[name]
        says = None if told is None else (str(told[0]), int(told[1]))
        if says != there.says or not there.said:
            there.said, there.says = True, says
            there.news.set()

    async def answered(self, name: str, question: Sequence[Any]) -> dict[str, Any]:
        """`told`, or in `failed` why not."""
        of = None if name in self._mains else name
        try:
            return {"told": await self._on_disk(keptasked.answered, self._store, question, of)}
        except (StoreDown, ValueError) as error:
            return {"failed": str(error)}

    def round(self, up: Mapping[str, bool | None], *, serving: bool) -> None:
        """Some time has gone by: say whose messages are delivered here. Raises OSError."""
        now = time.monotonic()
        self._serves_since = (self._serves_since or now) if serving else None
        for name, is_up in up.items():
            there = self._there[name]
            if not is_up:
                there.since, there.said, there.says, there.is_heard = None, False, None, False
            elif there.since is None:
                there.since = now
        siblings = [self._sibling(name, is_up, now) for name, is_up in up.items()]
        serves = self._serves_since is not None and (now - self._serves_since >= SETTLED_S or not siblings)
        ours = turn(self._settings.node, copies=self._is_main, serves=serves, siblings=siblings)
        keptturn.write(self._settings.turn, ours)
        if ours != self._turn:
            print(f"siblings: {ours.words}", file=sys.stderr, flush=True)
        self._turn = ours

    def _sibling(self, name: str, is_up: bool | None, now: float) -> Sibling:
        there = self._there[name]
        age_s = now - there.since if there.since is not None else 0.0
        is_older = there.said and there.says is None
        asked_nothing = is_older or not self._asks(name)
        is_heard = age_s >= SETTLED_S and (there.is_heard or asked_nothing or age_s >= PATIENCE_S)
        return Sibling(name, is_up, name in self._mains and not is_older, is_heard)

    def _asks(self, name: str) -> bool:
        """A satellite has no copies of another's, and knows nothing that another needs to know."""
        return self._is_main or name in self._mains

    async def run(self) -> None:
        """For ever."""
        asked = [peer for peer in self._settings.peers if self._asks(peer.name)]
        await asyncio.gather(self._look(), *(self._follow(peer) for peer in asked))

    async def _look(self) -> None:
        while True:
            try:
                latest = await self._on_disk(self._store.latest)
                self._problem = ""
                if latest != self._latest:
                    self._latest_of = await self._on_disk(self._store.latest_of, self._satellites)
                    self._latest = latest
                    self._tell()
            except StoreDown as down:
                self._problem = _once(self._problem, str(down))
            await asyncio.sleep(LOOK_S if not self._problem else AGAIN_S)

    async def _follow(self, peer: Peer) -> None:
        there = self._there[peer.name]
        while True:
            await there.news.wait()
            there.news.clear()
            try:
                await self._catch_up(peer, there)
                there.problem = ""
            except (Silent, StoreDown, ValueError, TypeError, LookupError, OverflowError) as error:
                there.problem = _once(there.problem, f"{peer.name}: messages: {error}")
                await asyncio.sleep(AGAIN_S)
                there.news.set()

    async def _catch_up(self, peer: Peer, there: _There) -> None:
        asks = Asks(self._settings.nodes, peer, self._settings.listen[0])
        while (says := there.says) is not None:
            known = await self._on_disk(self._store.heard, peer.name)
            if says[1] <= (known[1] if known[0] == says[0] else 0):
                there.is_heard = there.is_heard or there.says == says  # None: it was lost from sight meanwhile
                return
            reached, told = await asyncio.to_thread(asks.since, known)
            missing = await self._on_disk(self._store.missing, told)
            words = await asyncio.to_thread(asks.words, missing)
            await self._on_disk(self._store.take, peer.name, reached, told, words, time.time())
            if reached == known:
                return  # what it said is not so any more; its next word says how it is

    async def _on_disk(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work, *arguments)


def _once(before: str, problem: str) -> str:
    """Say what is wrong, once and not each second."""
    if problem != before:
        print(f"siblings: {problem}", file=sys.stderr, flush=True)
    return problem
