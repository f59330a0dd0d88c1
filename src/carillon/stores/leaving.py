"""Where a call went by a trunk, in this node's Redis: it outlives a Kamailio that dies while it rings there."""

from __future__ import annotations

from carillon.stores import keys
from carillon.stores.noderedis import NodeRedis
from carillon.stores.ports import Place


class RedisLeaving:
    """The places that were asked for a call, by the Call-ID of its outbound leg. Every method raises StoreDown."""

    def __init__(self, node: NodeRedis) -> None:
        self._node = node

    def put(self, call_id: str, place: Place) -> None:
        """One more place is asked, behind those before."""
        trip = self._node.redis.pipeline(transaction=False)
        trip.rpush(keys.leaving(call_id), f"{place.uri} {place.target}")
        trip.expire(keys.leaving(call_id), keys.LEAVING_S)
        self._node.ask(trip.execute)

    def get(self, call_id: str) -> tuple[Place, ...]:
        """All places, in the order in which they were asked. Seldom wanted, so it may take longer."""
        told = self._node.insist(lambda redis: redis.lrange(keys.leaving(call_id), 0, -1))
        assert isinstance(told, list)  # this client is no asynchronous one
        return tuple(Place(*one.decode().split(" ", 1)) for one in told if isinstance(one, bytes))
