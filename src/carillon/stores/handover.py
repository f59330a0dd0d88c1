"""The hand-over store in this node's Redis (slides "Information passing"): one trip, and never a long wait."""

from __future__ import annotations

import json

from carillon.stores import keys
from carillon.stores.noderedis import NodeRedis
from carillon.stores.ports import HandOver


class RedisHandOvers:
    """Hand-overs by leg id."""

    def __init__(self, node: NodeRedis) -> None:
        self._node = node

    def put(self, leg: str, handover: HandOver) -> None:
        """Keep a hand-over for two hours; raises StoreDown."""
        text = json.dumps([handover.code, handover.reason, handover.headers])
        self._node.ask(lambda: self._node.redis.set(keys.handover(leg), text, ex=keys.HANDOVER_S))

    def get(self, leg: str) -> HandOver | None:
        """The hand-over of a leg; raises StoreDown."""
        text = self._node.ask(lambda: self._node.redis.get(keys.handover(leg)))
        if not isinstance(text, bytes):
            return None
        code, reason, headers = json.loads(text)
        return HandOver(code, reason, tuple((name, value) for name, value in headers))
