"""How people want their calls treated, compiled for the call path: forwarding rows and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, Select, Table, select

from carillon.model.presence import MANUAL
from carillon.stores.ports import ForwardRow, StateRow
from carillon.stores.sql.among import among
from carillon.stores.sql.tables import forwarding, presence

Row = TypeVar("Row")
Person = tuple[str, str]
"""Domain and extension."""

FEW = 100
"""For more people than this all rows are read: SQL limits the length of a statement."""


@dataclass(frozen=True, slots=True)
class Conduct:
    """Rows by person, in the order in which they count."""

    forwarding: Mapping[Person, tuple[ForwardRow, ...]]
    presence: Mapping[Person, tuple[StateRow, ...]]


def conduct_of(connection: Connection, people: Set[Person]) -> Conduct:
    """The rows of these people, perhaps others' too."""
    rows = connection.execute(_of(forwarding, people).order_by(forwarding.c.position, forwarding.c.id))
    forwards: dict[Person, list[ForwardRow]] = {}
    for row in rows:
        found = ForwardRow(
            *(row.id, row.cause, tuple(row.targets.split()), frozenset(row.presence.split()), row.origin),
            *(row.caller, row.schedule, row.after_s, row.ring_s),
        )
        forwards.setdefault((row.domain, row.extension), []).append(found)
    states: dict[Person, list[StateRow]] = {}
    newest_first = _of(presence, people).order_by(presence.c.source != MANUAL, presence.c.since.desc())
    for row in connection.execute(newest_first):
        said = StateRow(row.source, row.state, row.dnd, row.until, row.note)
        states.setdefault((row.domain, row.extension), []).append(said)
    return Conduct(_frozen(forwards), _frozen(states))


def _of(table: Table, people: Set[Person]) -> Select[tuple[object, ...]]:
    query = select(table)
    if len(people) > FEW:
        return query
    return query.where(among((table.c.domain, table.c.extension), people))


def _frozen(rows: Mapping[Person, list[Row]]) -> dict[Person, tuple[Row, ...]]:
    return {person: tuple(own) for person, own in rows.items()}
