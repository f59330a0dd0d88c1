"""The hand-over store in this node's Redis (slides "Information passing"): one trip, and never a long wait."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from carillon.stores.ports import HandOver, StoreDown

LIFETIME_S = 2 * 3600
TIMEOUT_S = 0.05
PAUSE_S = 1.0
_TABLE, _KEY = "stores", "redis-down-until"


class RedisHandOvers:
    """Hand-overs by leg id. After a failure no worker of the node asks again for `PAUSE_S`: see `read`, `write`.

    `read` and `write` are the node's shared memory: a blocking store would hold every worker in turn.
    """

    def __init__(
        self, path: Path, read: Callable[[str, str], str | None], write: Callable[[str, str, str], None]
    ) -> None:
        self._redis = redis.Redis(
            unix_socket_path=str(path),
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._read, self._write = read, write

    def put(self, leg: str, handover: HandOver) -> None:
        """Keep a hand-over for two hours; raises StoreDown."""
        text = json.dumps([handover.code, handover.reason, handover.headers])
        self._ask(lambda: self._redis.set(_key(leg), text, ex=LIFETIME_S))

    def get(self, leg: str) -> HandOver | None:
        """The hand-over of a leg; raises StoreDown."""
        text = self._ask(lambda: self._redis.get(_key(leg)))
        if not isinstance(text, bytes):
            return None
        code, reason, headers = json.loads(text)
        return HandOver(code, reason, tuple((name, value) for name, value in headers))

    def _ask(self, trip: Callable[[], object]) -> object:
        down_until = float(self._read(_TABLE, _KEY) or 0)
        if time.time() < down_until:
            raise StoreDown("Redis did not answer a moment ago")
        try:
            return trip()
        except redis.RedisError as error:
            self._write(_TABLE, _KEY, str(time.time() + PAUSE_S))
            raise StoreDown(f"Redis: {error}") from error


def _key(leg: str) -> str:
    return f"leg:{leg}"
