"""Lists of callers: add, set, remove, list, show."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, insert, select, update

from carillon.model.callerlist import CallerList
from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.refused import Refused
from carillon.provisioning import forwardings
from carillon.provisioning.changes import record, state
from carillon.provisioning.places import located, placed
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import caller_list


@repeated
def add(engine: Engine, who: str, name: str, callers: Sequence[str]) -> int:
    """Make the list `name` or `name@example.org`. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        domain, own = placed(connection, name)
        new = CallerList(domain, own, tuple(dict.fromkeys(callers)))
        if _find(connection, domain, own):
            raise Refused("name", f"{own} is a caller list of {domain} already; `carillon callerlist set` changes it.")
        connection.execute(insert(caller_list).values(domain=domain, name=own, callers=" ".join(new.callers)))
        return record(connection, who, _subject(new), None, state(new, "name"))


@repeated
def set(engine: Engine, who: str, name: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> int:
    """Add callers and remove others. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        before = _require(connection, name)
        strangers = [one for one in remove if one not in before.callers]
        if strangers:
            raise Refused("remove", f"{strangers[0]} isn't in the list {before.name}.")
        kept = (one for one in dict.fromkeys((*before.callers, *add)) if one not in remove)
        after = CallerList(before.domain, before.name, tuple(kept))
        connection.execute(update(caller_list).where(_is(after)).values(callers=" ".join(after.callers)))
        return record(connection, who, _subject(after), state(before, "name"), state(after, "name"))


@repeated
def remove(engine: Engine, who: str, name: str) -> int:
    """Remove a list that no forwarding row asks. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        old = _require(connection, name)
        using = forwardings.using(connection, old.domain, callers=old.name)
        if using:
            raise Refused("name", f"{old.name} is asked by forwarding {', '.join(using)}; remove them first.")
        return _remove(connection, who, old)


def remove_all(connection: Connection, who: str, domain: str) -> None:
    """Remove the lists of a domain that goes."""
    for row in connection.execute(select(caller_list).where(caller_list.c.domain == domain)).mappings().all():
        _remove(connection, who, _read(row))


def listing(engine: Engine, domain: str | None = None) -> list[CallerList]:
    """Lists by domain and name, of one domain or of all."""
    query = select(caller_list).order_by(caller_list.c.domain, caller_list.c.name)
    if domain is not None:
        query = query.where(caller_list.c.domain == domain_name(domain))
    with reading(engine) as connection:
        return [_read(row) for row in connection.execute(query).mappings()]


def show(engine: Engine, name: str) -> CallerList:
    """One list. Raises `Refused` when there is none."""
    with reading(engine) as connection:
        return _require(connection, name)


def _require(connection: Connection, name: str) -> CallerList:
    domain, own = located(connection, "name", name, caller_list.c.name)
    found = _find(connection, domain, own)
    if found is None:
        raise Refused("name", f"there is no caller list {own} in {domain}; see `carillon callerlist list`.")
    return found


def _find(connection: Connection, domain: str, name: str) -> CallerList | None:
    query = select(caller_list).where(caller_list.c.domain == domain, caller_list.c.name == name)
    row = connection.execute(query).mappings().one_or_none()
    return _read(row) if row else None


def _remove(connection: Connection, who: str, old: CallerList) -> int:
    connection.execute(delete(caller_list).where(_is(old)))
    return record(connection, who, _subject(old), state(old, "name"), None)


def _read(row: RowMapping) -> CallerList:
    return CallerList(row["domain"], row["name"], tuple(row["callers"].split()))


def _is(wanted: CallerList) -> ColumnElement[bool]:
    return (caller_list.c.domain == wanted.domain) & (caller_list.c.name == wanted.name)


def _subject(of: CallerList) -> Subject:
    return Subject(Noun.CALLER_LIST, of.domain, of.name)
