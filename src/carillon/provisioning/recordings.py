"""Rules that say which calls are recorded: add, remove, list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select

from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.recording import Calls, Rule, Whose, calls, whose
from carillon.model.refused import Refused
from carillon.provisioning import groups, trunks
from carillon.provisioning.changes import record, state
from carillon.provisioning.places import default_domain, require_domain, require_user
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import recording_rule


@repeated
def add(
    engine: Engine,
    who: str,
    subject: str,
    which: str = Calls.ALL,
    *,
    required: bool = False,
    on_demand: bool = False,
    pausable: bool = False,
) -> tuple[Rule, int]:
    """Record calls of `101`, `group:sales`, `trunk:provider` or `everybody`; raises `Refused`."""
    with writing(engine) as connection:
        domain, kind, name = _whose(connection, subject)
        new = Rule(domain, kind, name, calls(which), required, 0, on_demand, pausable)
        same = [one for one in _of(connection, domain) if (one.whose, one.name, one.calls) == (kind, name, new.calls)]
        if same:
            raise Refused("whose", f"rule {same[0].id} says so already; `carillon recording rule remove` removes it.")
        values = {"domain": domain, "whose": kind, "name": name, "calls": new.calls, "required": required}
        values |= {"on_demand": on_demand, "pausable": pausable}
        key = connection.execute(insert(recording_rule).values(values)).inserted_primary_key
        kept = replace(new, id=int(key[0]) if key else 0)
        return kept, record(connection, who, _subject(kept), None, state(kept, "id"))


@repeated
def remove(engine: Engine, who: str, rule: int) -> tuple[Rule, int]:
    """Record these calls no more; recordings stay. Returns rule and sequence; raises `Refused`."""
    with writing(engine) as connection:
        row = connection.execute(select(recording_rule).where(recording_rule.c.id == rule)).mappings().one_or_none()
        if row is None:
            raise Refused("id", f"there is no rule {rule}; see `carillon recording rule list`.")
        return _read(row), _remove(connection, who, _read(row))


def listing(engine: Engine, domain: str | None = None) -> list[Rule]:
    """Rules by domain and number, of one domain or of all."""
    query = select(recording_rule).order_by(recording_rule.c.domain, recording_rule.c.id)
    if domain is not None:
        query = query.where(recording_rule.c.domain == domain_name(domain))
    with reading(engine) as connection:
        return [_read(row) for row in connection.execute(query).mappings()]


def remove_all(connection: Connection, who: str, domain: str) -> None:
    """Remove the rules of a domain that goes."""
    for old in _of(connection, domain):
        _remove(connection, who, old)


def remove_of(connection: Connection, who: str, domain: str, kind: Whose, name: str) -> None:
    """Remove the rules about a person, group or trunk that goes."""
    for old in _of(connection, domain):
        if (old.whose, old.name) == (kind, name):
            _remove(connection, who, old)


def _whose(connection: Connection, typed: str) -> tuple[str, Whose, str]:
    kind, name = whose(typed)
    match kind:
        case Whose.USER:
            user = require_user(connection, "whose", name)
            return user.domain, kind, user.extension
        case Whose.GROUP:
            group = groups.require(connection, name)
            return group.domain, kind, group.name
        case Whose.TRUNK:
            trunk = trunks.require(connection, name, "whose")
            return trunk.domain, kind, trunk.name
        case _:
            domain = domain_name(name[1:]) if name else default_domain(connection)
            require_domain(connection, domain)
            return domain, kind, ""


def _remove(connection: Connection, who: str, old: Rule) -> int:
    connection.execute(delete(recording_rule).where(recording_rule.c.id == old.id))
    return record(connection, who, _subject(old), state(old, "id"), None)


def _of(connection: Connection, domain: str) -> list[Rule]:
    rows = connection.execute(select(recording_rule).where(recording_rule.c.domain == domain)).mappings().all()
    return [_read(row) for row in rows]


def _read(row: RowMapping | Mapping[str, object]) -> Rule:
    return Rule(
        str(row["domain"]),
        Whose(str(row["whose"])),
        str(row["name"]),
        Calls(str(row["calls"])),
        bool(row["required"]),
        int(str(row["id"])),
        bool(row["on_demand"]),
        bool(row["pausable"]),
    )


def _subject(of: Rule) -> Subject:
    return Subject(Noun.RECORDING, of.domain, str(of.id))
