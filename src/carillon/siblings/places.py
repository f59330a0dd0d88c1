"""Places of counted calls at all nodes: limits hold over the system (behaviours 39, 45).

What this node counts is told: claims as legs make them, and what the calls daemon says of calls that Asterisk has.
What siblings count is written into the same counters of the own Redis, so that a claim still costs one trip. A call's
place has the same name at every node, so that it counts once, wherever its legs are.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import redis
from redis.asyncio import Redis

from carillon.states.news import News
from carillon.stores import keys

PATIENCE_S: Final = 0.5
RENEW_S: Final = 3.0
PAUSE_S: Final = 1.0
BLOCK_MS: Final = 5000

Row = list[Any]
"""Of a place: leg, names of limits. Of a claim: leg, names, whether it was taken (or given back)."""
Names = frozenset[str]


def read(row: Row) -> tuple[str, Names]:
    """The leg and the limits of a row of a sibling; raises IndexError, TypeError or ValueError on anything else."""
    leg, names = row[0], row[1]
    if not isinstance(leg, str) or not all(isinstance(name, str) for name in names):
        raise ValueError("a place is no text")
    return leg, frozenset(names)


class PlaceBook:
    """`own` are the places of calls in this node's Asterisk; `tell` has siblings hear of one, `claim` of a claim."""

    def __init__(self, redis_socket: Path, tell: Callable[[str], None], claim: Callable[[Row], None]) -> None:
        self._store = Redis(unix_socket_path=str(redis_socket), socket_timeout=PATIENCE_S, decode_responses=True)
        self._ear = Redis(unix_socket_path=str(redis_socket), socket_timeout=BLOCK_MS / 500, decode_responses=True)
        self._tell, self._claim = tell, claim
        self.own: dict[str, Names] = {}
        self._told_at = 0.0
        self._heard: dict[str, dict[str, Names]] = {}
        self._renew_at = 0.0
        self._asks_again_at = 0.0

    # --- our own

    def here(self, news: News) -> None:
        """What the calls daemon says of calls of this node."""
        self._told_at = time.monotonic()
        told: dict[str, Names] = dict(news.places or {}) | dict.fromkeys(news.ended(self.own), frozenset())
        self._put_own(told)

    def _put_own(self, told: Mapping[str, Names]) -> None:
        for leg, names in told.items():
            if self.own.get(leg, frozenset()) == names:
                continue
            self.own.pop(leg, None)
            if names:
                self.own[leg] = names
            self._tell(leg)

    async def hear_claims(self) -> None:
        """Tell what legs here claim and give back, for ever."""
        read_to = ""
        while True:
            try:
                read_to = read_to or await self._newest()
                told: Any = await self._ear.xread({keys.CLAIMS: read_to}, block=BLOCK_MS)
                for id, fields in (entry for _, entries in told or () for entry in entries):
                    self._claim(_claimed(fields))
                    read_to = id
            except (redis.RedisError, OSError) as error:
                print(f"siblings: claims of this node: {error}", file=sys.stderr, flush=True)
                read_to = ""
                await asyncio.sleep(PAUSE_S)

    async def _newest(self) -> str:
        entries = await self._ear.xrevrange(keys.CLAIMS, count=1)
        return str(entries[0][0]) if entries else "0-0"

    # --- what siblings say

    async def heard(self, node: str, rows: Iterable[Row]) -> None:
        """A sibling has told of places there; a call without any has ended. Raises as `read`."""
        theirs = self._heard.setdefault(node, {})
        come: dict[str, Names] = {}
        gone: dict[str, Names] = {}
        for leg, names in map(read, rows):
            gone[leg] = theirs.pop(leg, frozenset()) - names
            if names:
                theirs[leg] = come[leg] = names
        await self._write(come, gone, keys.LEASE_S)

    async def heard_all(self, node: str, rows: Iterable[Row]) -> None:
        """A sibling has told of all its places. Raises as `read`."""
        told = list(rows)
        gone = self._heard.get(node, {}).keys() - {leg for leg, _ in map(read, told)}
        await self.heard(node, [*told, *([leg, []] for leg in gone)])

    async def claimed(self, row: Row) -> None:
        """A leg at a sibling has taken places, or given them back. Raises as `read`."""
        leg, names = read(row)
        taken = bool(row[2])
        await self._write({leg: names} if taken else {}, {} if taken else {leg: names}, keys.CLAIM_S)

    async def round(self, silent: Iterable[str]) -> None:
        """A second has gone by. Of siblings that are `silent` nothing is renewed: their leases end."""
        for node in silent:
            self._heard.pop(node, None)
        if self.own and time.monotonic() > self._told_at + keys.LEASE_S:
            self._put_own(dict.fromkeys(self.own, frozenset()))  # no calls daemon: nobody knows of these any more
        if time.monotonic() >= self._renew_at:
            self._renew_at = time.monotonic() + RENEW_S
            every = {leg: names for theirs in self._heard.values() for leg, names in theirs.items()}
            await self._write(every, {}, keys.LEASE_S)

    async def _write(self, come: Mapping[str, Names], gone: Mapping[str, Names], lease_s: float) -> None:
        """What has a place by a call of this node keeps it."""
        left = {leg: names - self.own.get(leg, frozenset()) for leg, names in gone.items()}
        if (not come and not any(left.values())) or time.monotonic() < self._asks_again_at:
            return
        pipeline, until = self._store.pipeline(transaction=False), time.time() + lease_s
        for leg, names in come.items():
            for name in names:
                pipeline.zadd(f"{keys.COUNTER}{name}", {leg: until}, gt=True)
                pipeline.expire(f"{keys.COUNTER}{name}", keys.FORGET_S)
        if come:
            pipeline.zadd(keys.AWAY, dict.fromkeys(come, until), gt=True)
            pipeline.zremrangebyscore(keys.AWAY, "-inf", time.time())
            pipeline.expire(keys.AWAY, keys.FORGET_S)
        for leg, names in left.items():
            for name in names:
                pipeline.zrem(f"{keys.COUNTER}{name}", leg)
        try:
            await pipeline.execute()
        except (redis.RedisError, OSError) as error:
            print(f"siblings: places of siblings: {error}", file=sys.stderr, flush=True)
            self._asks_again_at, self._renew_at = time.monotonic() + PAUSE_S, 0.0


def _claimed(fields: Mapping[str, str]) -> Row:
    names = fields.get("scopes") or fields.get("left", "")
    return [fields["leg"], names.split("\n"), "scopes" in fields]
