"""The groups of people, compiled for the call path: those whose members may pick each other up, and the others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Set

from sqlalchemy import Connection, Row, and_, select

from carillon.model.change import Noun, Subject
from carillon.stores.sql.among import among
from carillon.stores.sql.conduct import FEW, Person
from carillon.stores.sql.tables import group, member

Groups = tuple[frozenset[str], frozenset[str]]
"""The names of open groups, and of closed ones."""


def pickup_groups(connection: Connection, people: Set[Person]) -> Mapping[Person, Groups]:
    """The groups of these people, perhaps others' too."""
    of = and_(group.c.domain == member.c.domain, group.c.name == member.c.group)
    query = select(member.c.domain, member.c.extension, member.c.group, group.c.pickup).join(group, of)
    if len(people) <= FEW:
        query = query.where(among((member.c.domain, member.c.extension), people))
    found: dict[Person, tuple[set[str], set[str]]] = {}
    for row in connection.execute(query):
        groups, closed = found.setdefault((row.domain, row.extension), (set(), set()))
        (groups if row.pickup else closed).add(row.group)
    return {person: (frozenset(groups), frozenset(closed)) for person, (groups, closed) in found.items()}


def members_touched(changes: Iterable[Row[tuple[object, ...]]]) -> frozenset[Subject]:
    """The people whose rights changes of groups touch: who came or went, and all where the group's own word changed."""
    return frozenset(
        Subject(Noun.USER, change.domain, extension)
        for change in changes
        if change.noun == Noun.GROUP
        for extension in _differ(_said(change.before), _said(change.after))
    )


def _differ(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    old, new = (set(said.get("members", "").split()) for said in (before, after))
    return old ^ new if before.get("pickup") == after.get("pickup") else old | new


def _said(text: str | None) -> dict[str, str]:
    return dict(json.loads(text)) if text else {}
