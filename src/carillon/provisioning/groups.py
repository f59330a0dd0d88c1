"""Groups of people: add, set, remove, list, show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, select, update

from carillon.model.calllimit import most_calls_typed
from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.group import Group, Ring
from carillon.model.pickup import GROUP
from carillon.model.recording import Whose
from carillon.model.refused import Refused
from carillon.model.target import Target, TargetKind
from carillon.provisioning import panels, pickups
from carillon.provisioning.changes import record, state
from carillon.provisioning.places import located, placed, require_user
from carillon.provisioning.targets import require_unused, target_typed
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import group, member


@dataclass(frozen=True, slots=True)
class Ringing:
    """How a group rings, as somebody typed it; None is as it was. `then` "" is nowhere.

    `pickup` is whether its members may take each other's calls.
    """

    ring: Ring | None = None
    ring_s: int | None = None
    then: str | None = None
    pickup: bool | None = None


AS_IT_WAS = Ringing()


@repeated
def add(engine: Engine, who: str, name: str, members: Sequence[str] = (), ringing: Ringing = AS_IT_WAS) -> int:
    """Make the group `name` or `name@example.org` of these users. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        domain, own = placed(connection, name)
        new = _rings(connection, Group(domain, own, _extensions(connection, domain, members)), ringing)
        if _exists(connection, new):
            raise Refused("name", f"{own} is a group of {domain} already; `carillon group set` changes it.")
        connection.execute(insert(group).values(domain=domain, name=own, **_values(new)))
        _write_members(connection, new)
        return record(connection, who, _subject(new), None, state(new, "name"))


@repeated
def set(
    engine: Engine,
    who: str,
    name: str,
    members: Sequence[str] | None = None,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    ringing: Ringing = AS_IT_WAS,
    most_calls: str | None = None,
) -> int:
    """Replace the members, or add some at the end and remove others; change how it rings. Returns the sequence.

    `most_calls` limits their calls; `none` does so no more. Raises `Refused`.
    """
    with writing(engine) as connection:
        before = require(connection, name)
        domain = before.domain
        base = before.members if members is None else _extensions(connection, domain, members)
        more = [one for one in _extensions(connection, domain, add) if one not in base]
        less = _extensions(connection, domain, remove)
        strangers = [one for one in less if one not in base]
        if strangers:
            raise Refused("remove", f"{strangers[0]} isn't in the group {before.name}.")
        most = before.most_calls if most_calls is None else most_calls_typed(most_calls)
        people = tuple(one for one in (*base, *more) if one not in less)
        after = _rings(connection, replace(before, members=people, most_calls=most), ringing)
        _write_members(connection, after)
        connection.execute(update(group).where(*_is(after)).values(**_values(after)))
        return record(connection, who, _subject(after), state(before, "name"), state(after, "name"))


@repeated
def remove(engine: Engine, who: str, name: str) -> int:
    """Remove a group; its people stay. Returns the sequence; raises `Refused`."""
    from carillon.provisioning import recordings  # it asks this module for names

    with writing(engine) as connection:
        old = require(connection, name)
        require_unused(connection, old.domain, Target(TargetKind.GROUP, old.name))
        connection.execute(delete(member).where(*_members(old)))
        connection.execute(delete(group).where(*_is(old)))
        pickups.forget(connection, who, old.domain, f"{GROUP}{old.name}")
        panels.forget(connection, who, old.domain, f"{GROUP}{old.name}")
        recordings.remove_of(connection, who, old.domain, Whose.GROUP, old.name)
        return record(connection, who, _subject(old), state(old, "name"), None)


def listing(engine: Engine, domain: str | None = None) -> list[Group]:
    """Groups by domain and name, of one domain or of all."""
    query = select(group).order_by(group.c.domain, group.c.name)
    if domain is not None:
        query = query.where(group.c.domain == domain_name(domain))
    with reading(engine) as connection:
        return [_filled(connection, row.domain, row.name) for row in connection.execute(query).all()]


def show(engine: Engine, name: str) -> Group:
    """One group. Raises `Refused` when there is none."""
    with reading(engine) as connection:
        return require(connection, name)


def require(connection: Connection, name: str) -> Group:
    """The group of `name` or `name@example.org`. Raises `Refused` when there is none."""
    domain, own = located(connection, "name", name, group.c.name)
    if not _exists(connection, Group(domain, own)):
        raise Refused("name", f"there is no group {own} in {domain}; see `carillon group list`.")
    return _filled(connection, domain, own)


def of(connection: Connection, domain: str, extension: str) -> tuple[Group, ...]:
    """The groups that a user is in, by name."""
    query = select(member.c.group).where(member.c.domain == domain, member.c.extension == extension)
    names = sorted(connection.execute(query).scalars())  # here: ORDER BY sends SQLite through the whole domain
    return tuple(_filled(connection, domain, name) for name in names)


def leave_all(connection: Connection, who: str, domain: str, extension: str) -> tuple[str, ...]:
    """Take a user who goes out of his groups; returns their names."""
    groups = of(connection, domain, extension)
    for before in groups:
        after = replace(before, members=tuple(one for one in before.members if one != extension))
        _write_members(connection, after)
        record(connection, who, _subject(after), state(before, "name"), state(after, "name"))
    return tuple(one.name for one in groups)


def _extensions(connection: Connection, domain: str, typed: Sequence[str]) -> tuple[str, ...]:
    """The extensions of users, who must be of `domain`."""
    return tuple(_extension(connection, domain, text.strip()) for text in typed)


def _extension(connection: Connection, domain: str, text: str) -> str:
    found = require_user(connection, "members", text if "@" in text else f"{text}@{domain}")
    if found.domain != domain:
        raise Refused("members", f"{text} isn't of {domain}, like the group; only its own people can be in it.")
    return found.extension


def _rings(connection: Connection, of: Group, typed: Ringing) -> Group:
    """The group with what was typed of its ringing."""
    after = of if typed.ring is None else replace(of, ring=typed.ring)
    after = after if typed.pickup is None else replace(after, pickup=typed.pickup)
    after = after if typed.ring_s is None else replace(after, ring_s=typed.ring_s)
    if typed.then is None:
        return after
    if not typed.then.strip():
        return replace(after, then=None)
    then = target_typed(connection, "then", of.domain, typed.then)
    if then == Target(TargetKind.VOICEMAIL):
        raise Refused("then", "a group has no voicemail of its own; write whose it is, such as voicemail:101.")
    if then == Target(TargetKind.GROUP, of.name):
        raise Refused("then", f"{then} is the group itself; choose another target.")
    if then.is_outside:
        raise Refused("then", f"{then} is outside; let {then} be the forwarding of an extension, and choose that.")
    return replace(after, then=then)


def _values(of: Group) -> dict[str, object]:
    then = str(of.then) if of.then else None
    more = {"pickup": of.pickup, "most_calls": of.most_calls}
    return {"ring": of.ring, "ring_s": of.ring_s, "overflow": then, **more}


def _write_members(connection: Connection, of: Group) -> None:
    connection.execute(delete(member).where(*_members(of)))
    rows = [
        {"domain": of.domain, "group": of.name, "extension": extension, "position": position}
        for position, extension in enumerate(of.members)
    ]
    if rows:
        connection.execute(insert(member), rows)


def _filled(connection: Connection, domain: str, name: str) -> Group:
    empty = Group(domain, name)
    query = select(member.c.extension).where(*_members(empty)).order_by(member.c.position)
    row = connection.execute(select(group).where(*_is(empty))).one()
    then = Target.read(row.overflow) if row.overflow else None
    members = tuple(connection.execute(query).scalars())
    return Group(domain, name, members, Ring(row.ring), row.ring_s, then, row.pickup, row.most_calls)


def _exists(connection: Connection, wanted: Group) -> bool:
    return connection.execute(select(group.c.name).where(*_is(wanted))).first() is not None


def _is(wanted: Group) -> tuple[ColumnElement[bool], ...]:
    return (group.c.domain == wanted.domain, group.c.name == wanted.name)


def _members(of: Group) -> tuple[ColumnElement[bool], ...]:
    return (member.c.domain == of.domain, member.c.group == of.name)


def _subject(of: Group) -> Subject:
    return Subject(Noun.GROUP, of.domain, of.name)
