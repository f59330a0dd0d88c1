"""A whole truth from one kind of database to another."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine, delete, insert, select

from carillon.stores.sql.engine import migrating, reading
from carillon.stores.sql.migrate import upgrade
from carillon.stores.sql.tables import metadata

AT_ONCE = 500
"""Rows a statement."""


def copy_truth(source: Engine, target: Engine) -> Mapping[str, int]:
    """Make the truth at `target` that of `source`, as of one moment; what was there is gone. How many rows by table.

    All rows or none. Raises `Refused`.
    """
    upgrade(target)
    tables = metadata.sorted_tables
    copied = {}
    with reading(source) as old, migrating(target) as new:
        for table in reversed(tables):
            new.execute(delete(table))
        for table in tables:
            rows = [dict(row) for row in old.execute(select(table)).mappings()]
            for first in range(0, len(rows), AT_ONCE):
                new.execute(insert(table), rows[first : first + AT_ONCE])
            copied[table.name] = len(rows)
    return copied
