"""Which dialogs without Asterisk have ended, in this node's Redis: it outlives a Kamailio that dies in that moment."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

import redis

from carillon.stores import keys
from carillon.stores.noderedis import NodeRedis

PATIENCE_S: Final = 0.3


class RedisEndings:
    """For workers, who see each BYE. Raises StoreDown."""

    def __init__(self, node: NodeRedis) -> None:
        self._node = node

    def put(self, call_id: str) -> None:
        """A BYE of this dialog passes."""
        self._node.ask(lambda: self._node.redis.set(keys.ended(call_id), "yes", ex=keys.ENDED_S))


class EndingsReader:
    """For the calls daemon."""

    def __init__(self, path: Path) -> None:
        self._redis = redis.Redis(unix_socket_path=str(path), socket_timeout=PATIENCE_S)

    def among(self, call_ids: Collection[str]) -> frozenset[str]:
        """Those of these that have ended; none while nobody knows."""
        asked = list(call_ids)
        try:
            told = self._redis.mget([keys.ended(one) for one in asked])
        except redis.RedisError:
            return frozenset()
        assert isinstance(told, list)  # this client is no asynchronous one
        return frozenset(one for one, said in zip(asked, told, strict=True) if said)
