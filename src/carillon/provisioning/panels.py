"""Panels: add, set, remove, list, show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, insert, select, update

from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.panel import MOST_MEMBERS, Panel, people_of
from carillon.model.pickup import GROUP
from carillon.model.refused import Refused
from carillon.model.user import is_extension
from carillon.provisioning.changes import record, state
from carillon.provisioning.places import located, placed, require_user
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.panels import groups_by_domain
from carillon.stores.sql.tables import group, number, panel


@repeated
def add(engine: Engine, who: str, name: str, members: Sequence[str] = ()) -> int:
    """Make the panel `name` or `name@example.org` of extensions, `group:NAME` for all of a group, and groups' numbers.

    Returns the sequence; raises `Refused`.
    """
    with writing(engine) as connection:
        domain, own = placed(connection, name)
        new = _fitting(connection, Panel(domain, own, _members(connection, domain, members)))
        if _find(connection, domain, own):
            raise Refused("name", f"{own} is a panel of {domain} already; `carillon panel set` changes it.")
        connection.execute(insert(panel).values(domain=domain, name=own, members=" ".join(new.members)))
        return record(connection, who, _subject(new), None, state(new, "name"))


@repeated
def set(
    engine: Engine,
    who: str,
    name: str,
    members: Sequence[str] | None = None,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> int:
    """Replace the members, or add some at the end and remove others. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        before = require(connection, name)
        base = before.members if members is None else _members(connection, before.domain, members)
        more = [each for each in _members(connection, before.domain, add) if each not in base]
        less = [each.strip().partition("@")[0] for each in remove]
        strangers = [each for each in less if each not in base]
        if strangers:
            raise Refused("remove", f"{strangers[0]} isn't on the panel {before.name}.")
        kept = tuple(each for each in (*base, *more) if each not in less)
        return _put(connection, who, before, _fitting(connection, replace(before, members=kept)))


@repeated
def remove(engine: Engine, who: str, name: str) -> int:
    """Remove a panel; phones that watch it are shown nobody, and refused when they ask again. Returns the sequence."""
    with writing(engine) as connection:
        return _remove(connection, who, require(connection, name))


def remove_all(connection: Connection, who: str, domain: str) -> None:
    """Remove the panels of a domain that goes."""
    for old in _of(connection, domain):
        _remove(connection, who, old)


def forget(connection: Connection, who: str, domain: str, member: str) -> None:
    """Take an extension or `group:NAME` that goes off all panels: whoever gets it next is somebody else."""
    for before in _of(connection, domain):
        if member in before.members:
            kept = tuple(each for each in before.members if each != member)
            _put(connection, who, before, replace(before, members=kept))


def listing(engine: Engine, domain: str | None = None) -> list[Panel]:
    """Panels by domain and name, of one domain or of all."""
    query = select(panel).order_by(panel.c.domain, panel.c.name)
    if domain is not None:
        query = query.where(panel.c.domain == domain_name(domain))
    with reading(engine) as connection:
        return [_read(row) for row in connection.execute(query).mappings()]


def show(engine: Engine, name: str) -> tuple[Panel, tuple[str, ...]]:
    """One panel, and the extensions on it. Raises `Refused` when there is none."""
    with reading(engine) as connection:
        found = require(connection, name)
        return found, _people(connection, found)


def require(connection: Connection, name: str) -> Panel:
    """The panel of `name` or `name@example.org`. Raises `Refused` when there is none."""
    domain, own = located(connection, "name", name, panel.c.name)
    found = _find(connection, domain, own)
    if found is None:
        raise Refused("name", f"there is no panel {own} in {domain}; see `carillon panel list`.")
    return found


def _members(connection: Connection, domain: str, typed: Sequence[str]) -> tuple[str, ...]:
    return tuple(_member(connection, domain, each.strip()) for each in typed)


def _member(connection: Connection, domain: str, text: str) -> str:
    own, at, home = text.removeprefix(GROUP).partition("@")
    if at and home != domain:
        raise Refused("members", f"{text} isn't of {domain}, like the panel; only its own people can be on it.")
    if not text.startswith(GROUP) and _is_of_group(connection, domain, own):
        return own
    if not text.startswith(GROUP):
        return require_user(connection, "members", f"{own}@{domain}").extension
    if connection.execute(select(group.c.name).where(group.c.domain == domain, group.c.name == own)).first() is None:
        raise Refused("members", f"there is no group {own} in {domain}; see `carillon group list`.")
    return f"{GROUP}{own}"


def _is_of_group(connection: Connection, domain: str, text: str) -> bool:
    """Whether a short number is a ring group's: it has a lamp of its own."""
    query = select(number.c.target).where(number.c.domain == domain, number.c.number == text)
    return is_extension(text) and str(connection.execute(query).scalar() or "").startswith(GROUP)


def _fitting(connection: Connection, of: Panel) -> Panel:
    """The same, if a phone can be told of all its people. Raises `Refused`."""
    people = len(_people(connection, of))
    if people > MOST_MEMBERS:
        raise Refused("members", f"are {people} people; {MOST_MEMBERS} fit on one panel: make several.")
    return of


def _people(connection: Connection, of: Panel) -> tuple[str, ...]:
    return people_of(of.members, groups_by_domain(connection).get(of.domain, {}))


def _put(connection: Connection, who: str, before: Panel, after: Panel) -> int:
    connection.execute(update(panel).where(_is(after)).values(members=" ".join(after.members)))
    return record(connection, who, _subject(after), state(before, "name"), state(after, "name"))


def _remove(connection: Connection, who: str, old: Panel) -> int:
    connection.execute(delete(panel).where(_is(old)))
    return record(connection, who, _subject(old), state(old, "name"), None)


def _of(connection: Connection, domain: str) -> list[Panel]:
    rows = connection.execute(select(panel).where(panel.c.domain == domain)).mappings().all()
    return [_read(row) for row in rows]


def _find(connection: Connection, domain: str, name: str) -> Panel | None:
    query = select(panel).where(panel.c.domain == domain, panel.c.name == name)
    row = connection.execute(query).mappings().one_or_none()
    return _read(row) if row else None


def _read(row: RowMapping) -> Panel:
    return Panel(row["domain"], row["name"], tuple(row["members"].split()))


def _is(wanted: Panel) -> ColumnElement[bool]:
    return (panel.c.domain == wanted.domain) & (panel.c.name == wanted.name)


def _subject(of: Panel) -> Subject:
    return Subject(Noun.PANEL, of.domain, of.name)
