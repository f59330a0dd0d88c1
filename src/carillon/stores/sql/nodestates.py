"""How each node is, told by itself: whether it is up, since when, of which version, how far it follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, insert, select, text, update

import carillon
from carillon.stores.sql.engine import is_shared, migrating
from carillon.stores.sql.tables import nodestate

TELL_EVERY = 3
"""Looks of a second each."""
SILENT_S = 12.0
"""A node that said nothing for so long is down."""

_NOW = text("UNIX_TIMESTAMP(NOW(6))")
"""The database's clock: the nodes' own may differ."""


@dataclass(frozen=True, slots=True)
class NodeState:
    """`since` is when it began (Unix seconds); `silent_s` is how long ago it last said something."""

    name: str
    version: str
    since: float
    sequence: int
    silent_s: float

    @property
    def up(self) -> bool:
        """Whether it spoke lately."""
        return self.silent_s < SILENT_S


class NodeStates:
    """What one node tells of itself, or what is told of a satellite by the main that it asks."""

    def __init__(self, node: str, version: str = carillon.__version__) -> None:
        self._node, self._version = node, version
        self._looks = 0
        self._sequence = -1
        self._told = False

    def tell(self, truth: Engine, sequence: int) -> None:
        """Say that we are here, each third time and when `sequence`, which is in force, is another.

        Raises `Refused` when the database is away.
        """
        self._looks += 1
        if self._looks % TELL_EVERY != 1 and sequence == self._sequence:
            return
        values = {"version": self._version, "sequence": sequence, "seen": _NOW}
        fresh = values if self._told else {**values, "since": _NOW}
        with migrating(truth) as connection:
            same = update(nodestate).where(nodestate.c.name == self._node)
            if connection.execute(same.values(fresh)).rowcount == 0:
                connection.execute(insert(nodestate).values(name=self._node, **values, since=_NOW))
        self._told, self._sequence = True, sequence


def node_states(truth: Engine) -> Mapping[str, NodeState]:
    """What the nodes have told, by name; nothing where nodes don't share a truth. Raises `DatabaseAway`."""
    if not is_shared(truth):
        return {}
    with migrating(truth) as connection:
        rows = connection.execute(select(nodestate, (_NOW - nodestate.c.seen).label("silent")))
        return {row.name: NodeState(row.name, row.version, row.since, row.sequence, float(row.silent)) for row in rows}
