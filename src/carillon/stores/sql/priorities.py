"""Rules for phones that send no q, as the call logic reads them."""

from __future__ import annotations

from sqlalchemy import Connection, select

from carillon.stores.ports import PriorityRow
from carillon.stores.sql.tables import priority_rule


def priorities_of(connection: Connection) -> dict[str, tuple[PriorityRow, ...]]:
    """The rules of each domain that has some, in their order."""
    found: dict[str, list[PriorityRow]] = {}
    for row in connection.execute(select(priority_rule).order_by(priority_rule.c.position)):
        compiled = PriorityRow(row.id, row.priority, row.agent, row.transport, row.device, row.override)
        found.setdefault(row.domain, []).append(compiled)
    return {domain: tuple(rows) for domain, rows in found.items()}
