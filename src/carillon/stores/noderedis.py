"""This node's Redis, asked by workers: one short trip, and after a failure nobody asks for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from carillon.stores.ports import StoreDown

TIMEOUT_S = 0.05
PATIENCE_S = 0.5
PAUSE_S = 1.0
_TABLE, _KEY = "stores", "redis-down-until"

Answer = TypeVar("Answer")


class NodeRedis:
    """A connection. `read` and `write` are the node's shared memory: a blocking store would hold every worker in turn.

    After a failure no worker of the node asks again for `PAUSE_S`.
    """

    def __init__(
        self, path: Path, read: Callable[[str, str], str | None], write: Callable[[str, str, str], None]
    ) -> None:
        self.redis, self._patient = _client(path, TIMEOUT_S), _client(path, PATIENCE_S)
        self._read, self._write = read, write

    def insist(self, trip: Callable[[redis.Redis], Answer]) -> Answer:
        """What a trip gives that is seldom made, and worth `PATIENCE_S`; raises StoreDown."""
        try:
            return trip(self._patient)
        except redis.RedisError as error:
            raise StoreDown(f"Redis: {error}") from error

    def ask(self, trip: Callable[[], Answer]) -> Answer:
        """What a trip gives; raises StoreDown."""
        down_until = float(self._read(_TABLE, _KEY) or 0)
        if time.time() < down_until:
            raise StoreDown("Redis did not answer a moment ago")
        try:
            return trip()
        except redis.RedisError as error:
            self._write(_TABLE, _KEY, str(time.time() + PAUSE_S))
            raise StoreDown(f"Redis: {error}") from error


def _client(path: Path, timeout_s: float) -> redis.Redis:
    """It connects when it is first asked."""
    return redis.Redis(
        unix_socket_path=str(path),
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
    )
