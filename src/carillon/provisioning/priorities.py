"""Rules that say when phones ring that send no q: add, move, remove, list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, update

from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.priority import PriorityRule
from carillon.model.refused import Refused
from carillon.provisioning.changes import record, state
from carillon.provisioning.places import default_domain, require_domain
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import priority_rule


@repeated
def add(engine: Engine, who: str, typed: PriorityRule, before: int | None = None) -> tuple[PriorityRule, int]:
    """Keep a rule, before another one of its domain or at the end. Returns it and the sequence; raises `Refused`."""
    with writing(engine) as connection:
        require_domain(connection, typed.domain)
        old = _of(connection, typed.domain)
        same = next((one for one in old if replace(one, id=0, priority=typed.priority) == typed), None)
        if same is not None:
            raise Refused("rule", f"rule {same.id} is about the same phones; `carillon priority remove` removes it.")
        place = len(old) if before is None else _place(old, "before", before)
        values = asdict(typed) | {"position": place}
        del values["id"]
        key = connection.execute(insert(priority_rule).values(values)).inserted_primary_key
        kept = replace(typed, id=int(key[0]) if key else 0)
        _order(connection, [*old[:place], kept, *old[place:]])
        return kept, record(connection, who, _subject(kept), None, state(kept, "id"))


@repeated
def move(engine: Engine, who: str, rule: int, before: int | None) -> tuple[PriorityRule, int]:
    """Move a rule before another one, or to the end. Returns it and the sequence; raises `Refused`."""
    with writing(engine) as connection:
        moved = _require(connection, rule)
        old = _of(connection, moved.domain)
        rest = [one for one in old if one.id != rule]
        place = len(rest) if before is None or before == rule else _place(rest, "before", before)
        after = [*rest[:place], moved, *rest[place:]]
        _order(connection, after)
        return moved, record(connection, who, _subject(moved), _order_of(old), _order_of(after))


@repeated
def remove(engine: Engine, who: str, rule: int) -> tuple[PriorityRule, int]:
    """Phones that register from now on follow it no more. Returns it and the sequence; raises `Refused`."""
    with writing(engine) as connection:
        old = _require(connection, rule)
        return old, _remove(connection, who, old)


def listing(engine: Engine, domain: str | None = None) -> list[PriorityRule]:
    """Rules in their order, of one domain or of all. Raises `Refused`."""
    query = select(priority_rule).order_by(priority_rule.c.domain, priority_rule.c.position)
    with reading(engine) as connection:
        if domain is not None:
            require_domain(connection, domain_name(domain))
            query = query.where(priority_rule.c.domain == domain_name(domain))
        return [_read(row) for row in connection.execute(query).mappings()]


def place_of(engine: Engine, domain: str | None) -> str:
    """The domain of a new rule, the default one when nobody says. Raises `Refused`."""
    with reading(engine) as connection:
        return default_domain(connection) if domain is None else domain_name(domain)


def remove_all(connection: Connection, who: str, domain: str) -> None:
    """Remove the rules of a domain that goes."""
    for old in _of(connection, domain):
        _remove(connection, who, old)


def _require(connection: Connection, rule: int) -> PriorityRule:
    row = connection.execute(select(priority_rule).where(priority_rule.c.id == rule)).mappings().one_or_none()
    if row is None:
        raise Refused("id", f"there is no rule {rule}; see `carillon priority list`.")
    return _read(row)


def _place(rows: Sequence[PriorityRule], field: str, id: int) -> int:
    place = next((place for place, row in enumerate(rows) if row.id == id), None)
    if place is None:
        raise Refused(field, f"there is no rule {id} in that domain; see `carillon priority list`.")
    return place


def _order(connection: Connection, rows: Sequence[PriorityRule]) -> None:
    for position, row in enumerate(rows):
        connection.execute(update(priority_rule).where(priority_rule.c.id == row.id).values(position=position))


def _order_of(rows: Sequence[PriorityRule]) -> dict[str, str | None]:
    return {"order": " ".join(str(row.id) for row in rows)}


def _remove(connection: Connection, who: str, old: PriorityRule) -> int:
    connection.execute(delete(priority_rule).where(priority_rule.c.id == old.id))
    return record(connection, who, _subject(old), state(old, "id"), None)


def _of(connection: Connection, domain: str) -> list[PriorityRule]:
    query = select(priority_rule).where(priority_rule.c.domain == domain).order_by(priority_rule.c.position)
    return [_read(row) for row in connection.execute(query).mappings().all()]


def _read(row: RowMapping) -> PriorityRule:
    return PriorityRule(**{name: value for name, value in row.items() if name != "position"})


def _subject(of: PriorityRule) -> Subject:
    return Subject(Noun.PRIORITY, of.domain, str(of.id))
