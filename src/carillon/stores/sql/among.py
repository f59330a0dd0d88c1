"""Conditions that name many things, each by two columns: short for who writes the statement and for who reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, false, or_

Columns = tuple[ColumnElement[str], ColumnElement[str]]


def among(columns: Columns, wanted: Iterable[tuple[str, str]]) -> ColumnElement[bool]:
    """That both columns hold one of the pairs, such as domain and extension.

    One list for each value of the first column: an index of both serves it, in SQLite too, which finds none for pairs.
    """
    place, key = columns
    keys: dict[str, list[str]] = defaultdict(list)
    for first, second in sorted(wanted):
        keys[first].append(second)
    return or_(false(), *(and_(place == first, key.in_(seconds)) for first, seconds in keys.items()))
