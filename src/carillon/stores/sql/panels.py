"""Panels, compiled for the call path and for who draws them."""

from __future__ import annotations

from sqlalchemy import Connection, select

from carillon.model.panel import MOST_MEMBERS, people_of
from carillon.stores.sql.tables import member, panel


def panels_of(connection: Connection) -> tuple[tuple[str, str, str], ...]:
    """Domain and name of each panel, and the extensions in it; of a group that has grown, those that have room."""
    found = connection.execute(select(panel)).all()
    groups = groups_by_domain(connection) if found else {}
    return tuple(
        (row.domain, row.name, " ".join(people_of(row.members.split(), groups.get(row.domain, {}))[:MOST_MEMBERS]))
        for row in found
    )


def groups_by_domain(connection: Connection) -> dict[str, dict[str, list[str]]]:
    """The members of each group, in their order."""
    groups: dict[str, dict[str, list[str]]] = {}
    for row in connection.execute(select(member).order_by(member.c.position)):
        groups.setdefault(row.domain, {}).setdefault(row.group, []).append(row.extension)
    return groups
