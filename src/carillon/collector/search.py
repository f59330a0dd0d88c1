"""Finding the rows of one call: by its short id, by either Call-ID, or the last one. Raises sqlite3.Error."""

from __future__ import annotations

import re
from pathlib import Path

from carillon.collector.intake import unshelved
from carillon.collector.store import Kept, newest_where, rows_where
from carillon.stores.tracewire import Row, legs_of

_CANDIDATES = 500
_IS_INBOUND = "substr(rest, 1, 8) = 'inbound' || char(31)"


def call_of(path: Path, name: str) -> list[Row]:
    """The rows of the call with this short id or Call-ID, oldest first; empty when it is not known."""
    between = legs_of(name)
    if between:
        found = newest_where(path, "leg BETWEEN ? AND ?", between, 1)
        if found:
            return _with_both_legs(path, found[0])
    found = newest_where(path, "call_id = ?", (name,), 1)
    return _with_both_legs(path, found[0]) if found else []


def last_call(path: Path, aor: str | None = None) -> list[Row]:
    """The rows of the call that began last; of those with this AOR in them, when given."""
    if aor is None:
        found = newest_where(path, _IS_INBOUND, (), 1)
        return _with_both_legs(path, found[0]) if found else []
    alone = re.compile(rf"(?<![\w.+-]){re.escape(aor)}(?![\w.-])")
    for kept in newest_where(path, f"{_IS_INBOUND} AND instr(rest, ?)", (aor,), _CANDIDATES):
        if alone.search(kept.rest):
            return _with_both_legs(path, kept)
    return []


def _with_both_legs(path: Path, one: Kept) -> list[Row]:
    """All rows of the call that a row belongs to."""
    leg = one.leg or _leg_of(path, one.call_id)
    kept = rows_where(path, "leg = ?", (leg,)) if leg else []
    call_ids = sorted({row.call_id for row in kept if row.call_id} | ({one.call_id} - {""}))
    marks = ", ".join("?" * len(call_ids))
    kept += rows_where(path, f"call_id IN ({marks})", call_ids)
    return [unshelved(row) for row in sorted(set(kept))]


def _leg_of(path: Path, call_id: str) -> str:
    found = newest_where(path, "call_id = ? AND leg <> ''", (call_id,), 1)
    return found[0].leg if found else ""
