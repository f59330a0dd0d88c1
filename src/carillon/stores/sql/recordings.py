"""Recording rules as the call logic reads them: groups are their people."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from carillon.model.recording import Whose
from carillon.stores.ports import RecordingRule
from carillon.stores.sql.tables import member, recording_rule


def rules_of(connection: Connection) -> dict[str, tuple[RecordingRule, ...]]:
    """The rules of each domain that has some, in their order."""
    found: dict[str, list[RecordingRule]] = {}
    rows = connection.execute(select(recording_rule).order_by(recording_rule.c.id)).all()
    groups = _groups(connection) if any(row.whose == Whose.GROUP for row in rows) else {}
    for row in rows:
        people = groups.get((row.domain, row.name), frozenset()) if row.whose == Whose.GROUP else None
        people = frozenset({row.name}) if row.whose == Whose.USER else people
        trunk = row.name if row.whose == Whose.TRUNK else None
        found.setdefault(row.domain, []).append(_rule(row, people, trunk))
    return {domain: tuple(rules) for domain, rules in found.items()}


_HOW = ("required", "on_demand", "pausable", "announce", "tone_every_s")


def _rule(row: Row[Any], people: frozenset[str] | None, trunk: str | None) -> RecordingRule:
    return RecordingRule(row.id, row.calls, people, trunk, *(getattr(row, name) for name in _HOW))


def _groups(connection: Connection) -> dict[tuple[str, str], frozenset[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for row in connection.execute(select(member)):
        found.setdefault((row.domain, row.group), set()).add(row.extension)
    return {key: frozenset(people) for key, people in found.items()}
