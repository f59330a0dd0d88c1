"""Which phones subscribe where: each node tells the others, who have them subscribe anew when it is down (ADR 67).

Times go as seconds that are left, so that clocks need not agree.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import Any, Final

from carillon.siblings.copies import Registrar, written
from carillon.siblings.parts import BEGINS, ENDS
from carillon.siblings.settings import Peer, Settings
from carillon.siblings.subscribeanew import Place, SubscribeAnew
from carillon.stores.heldsubscriptions import HeldSubscriptions, Key, Subscription
from carillon.stores.ports import StoreDown
from carillon.stores.registrationjournal import Binding
from carillon.system.rhythm import sparingly

LOOK_S: Final = 2.0
MOVE_S: Final = 60.0
"""So often phones that have subscribed here all the same are asked again: what the DNS said was good for so long."""
A_TURN: Final = 1000
"""So many are told at once; the rest with the next word."""
A_SLOW_TURN: Final = 10
"""Over the link of a branch, which calls need more."""
A_LINE: Final = 100

MOVES, STAYS = "moves", "stays"
"""Whether phones of that node are to go elsewhere."""
_STATE: Final = (MOVES, STAYS)

Told = str | list[Any]
Phones = Mapping[str, tuple[Binding, ...]]


def row(key: Key, one: Subscription | None, now: float) -> list[Any]:
    """How a subscription is told; one that has ended by its key alone."""
    return list(key) if one is None else list(astuple(replace(one, until=one.until - int(now))))


def read(told: list[Any], now: float) -> tuple[Key, Subscription | None]:
    """What `row` has written; raises TypeError or ValueError on anything else."""
    if not all(isinstance(each, str) for each in told[:8]):
        raise ValueError("a subscription is no text")
    if len(told) == 2:
        return (told[0], told[1]), None
    made: Callable[..., Subscription] = Subscription
    one = made(*told)
    one = replace(one, cseq=int(one.cseq), until=int(now) + int(one.until))
    return one.key, one


@dataclass
class Own:
    """What this node's presence server holds, and whether its phones are to go elsewhere."""

    held: Mapping[Key, Subscription] = field(default_factory=dict)
    moving: bool = False


class Queue:
    """What one sibling is still to be told, in the order in which it became news."""

    def __init__(self, *, slowly: bool) -> None:
        self._most = A_SLOW_TURN if slowly else A_TURN
        self._keys: dict[Key | str, None] = {}
        self._is_told = True

    @classmethod
    def between(cls, settings: Settings, peer: Peer) -> Queue:
        """A phone of headquarters has nothing to seek at a branch: its lamps aren't told over that link."""
        made = cls(slowly=settings.branch is not None)
        made._is_told = peer.branch is None
        return made

    def changed(self, key: Key | str) -> None:
        """A subscription has begun, was refreshed or ended; or it is to be told whether phones move."""
        if self._is_told:
            self._keys[key] = None

    def all(self, own: Own) -> None:
        """The sibling knows nothing."""
        if self._is_told:
            self._keys = dict.fromkeys([BEGINS, *own.held, ENDS, MOVES])

    def turn(self, own: Own) -> list[Told]:
        """What is told now."""
        taken = list(self._keys)[: self._most]
        told: list[Told] = []
        for key in taken:
            del self._keys[key]
            if isinstance(key, str):
                told.append((MOVES if own.moving else STAYS) if key in _STATE else key)
                continue
            if not told or isinstance(told[-1], str) or len(told[-1]) == A_LINE:
                told.append([])
            part = told[-1]
            assert isinstance(part, list)
            part.append(row(key, own.held.get(key), time.time()))
        return told


class SubscriptionBook:
    """`own` is of this node; `tell` has the siblings hear of one."""

    def __init__(self, settings: Settings, registrar: Registrar, tell: Callable[[Key | str], None]) -> None:
        self._node, self._file, self._tell = settings.node, HeldSubscriptions(settings.subscriptions), tell
        reached = written((settings.listen[0], settings.kamailio[1]))
        self._anew = SubscribeAnew(registrar, settings.speak_from, f"udp:{reached}")
        branches = {peer.name: peer.branch for peer in settings.peers} | {settings.node: settings.branch}
        self._branches = frozenset(name for name, branch in branches.items() if branch)
        self.own = Own()
        self._places: dict[str, Place] = {}
        self._telling: dict[str, dict[Key, Subscription]] = {}
        self._look_at, self._move_at, self._problem = 0.0, 0.0, ""

    # --- our own

    async def round(self, up: Collection[str], phones: Phones, *, serving: bool, moving: bool) -> None:
        """A second has gone by: tell what is new here, and have phones of nodes that are down subscribe anew.

        `phones` have their home here; while `moving` they are to go elsewhere.
        """
        if moving != self.own.moving or (moving and time.monotonic() >= self._move_at):
            self.own.moving, self._move_at = moving, time.monotonic() + MOVE_S
            self._tell(MOVES)
        if time.monotonic() >= self._look_at:
            await self._look()
        for name, place in self._places.items():
            place.is_seen(time.time(), up=name in up)
        if not serving:
            return
        mains = [name for name in (*up, self._node) if name not in self._branches]
        is_first = self._node == min(mains, default="")
        await self._anew.round(self._places, phones, self._branches, is_first=is_first)

    async def _look(self) -> None:
        began = time.monotonic()
        try:
            held = await asyncio.to_thread(self._file.changed, time.time())
            self._problem = ""
        except StoreDown as down:
            held = None
            if str(down) != self._problem:  # once, not each second
                print(f"siblings: {down}", file=sys.stderr, flush=True)
            self._problem = str(down)
        self._look_at = time.monotonic() + sparingly(LOOK_S, time.monotonic() - began)
        if held is not None:
            before, self.own.held = self.own.held, held
            for key in before.keys() | held.keys():
                if before.get(key) != held.get(key):
                    self._tell(key)

    # --- what siblings say

    def count(self, node: str) -> int:
        """How many subscriptions a sibling holds, as far as it has told."""
        return len(self._places[node].held) if node in self._places else 0

    def heard(self, node: str, told: Told) -> None:
        """A sibling has told of its subscriptions. Raises TypeError or ValueError on nonsense."""
        place = self._places.setdefault(node, Place())
        if told == BEGINS:
            self._telling[node] = {}
        elif told == ENDS:
            place.has(self._telling.pop(node, {}))
        elif told in _STATE:
            place.moves(time.time(), so=told == MOVES)
        elif isinstance(told, list):
            now = time.time()
            for key, one in (read(each, now) for each in told):
                self._telling.get(node, {}).update({key: one} if one else {})
                place.put(key, one, now)
