"""Forwarding tables of people: add, list, move, remove, clear; the rows are tried in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, insert, select, update

from carillon.model.change import Noun, Subject
from carillon.model.forwarding import NOT, Cause, ForwardingRow, Origin, states_typed
from carillon.model.presence import PresenceState
from carillon.model.refused import Refused
from carillon.model.target import Target, TargetKind, require_served
from carillon.model.user import User
from carillon.provisioning import sites
from carillon.provisioning.changes import State, record
from carillon.provisioning.places import require_user
from carillon.provisioning.targets import is_there, require_there
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import caller_list, forwarding, schedule

AFTER_S = 20
"""How long the phones ring first for who forwards by a feature code, if no row of his says otherwise."""


@dataclass(frozen=True, slots=True)
class RowTyped:
    """A row as somebody typed it."""

    cause: str
    targets: tuple[str, ...]
    presence: str | None = None
    origin: Origin | None = None
    caller: str | None = None
    schedule: str | None = None
    after_s: int | None = None
    ring_s: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one person in their order, and which ids lead to somebody who is not there."""

    user: User
    rows: tuple[ForwardingRow, ...]
    dangling: frozenset[int]


@repeated
def add(engine: Engine, who: str, extension: str, typed: RowTyped, before: int | None = None) -> tuple[int, int]:
    """Add a row at the end, or before another one. Returns its id and the sequence; raises `Refused`."""
    with writing(engine) as connection:
        user = require_user(connection, "extension", extension)
        old = rows_of(connection, user.domain, user.extension)
        id_ = _insert(connection, user, old, _row(connection, user, typed), before)
        return id_, _record(connection, who, user, old)


@repeated
def set_plain(engine: Engine, who: str, extension: str, cause: str, number: str) -> int:
    """Forward to a number, as somebody does from his phone; returns the row's id. Raises `Refused`.

    It takes the place of the plain row for that cause. All others stay: those with conditions count before it, the
    rest, such as voicemail, behind it.
    """
    with writing(engine) as connection:
        user = require_user(connection, "extension", extension)
        old = rows_of(connection, user.domain, user.extension)
        plain = _plain(old, cause)
        after = next((row.after_s for row in plain), AFTER_S) if cause == Cause.NO_ANSWER else None
        new = _row(connection, user, RowTyped(cause, (number,), after_s=after))
        _delete(connection, plain)
        rest = [row for row in old if row not in plain]
        behind = next((row.id for row in rest if row.cause == cause and not row.has_conditions), None)
        id_ = _insert(connection, user, rest, new, behind)
        _record(connection, who, user, old)
        return id_


@repeated
def unset_plain(engine: Engine, who: str, extension: str, cause: str) -> bool:
    """End that; whether calls go elsewhere all the same, by a row without conditions. Raises `Refused`.

    Voicemail for calls that nobody takes is no such row.
    """
    with writing(engine) as connection:
        user = require_user(connection, "extension", extension)
        old = rows_of(connection, user.domain, user.extension)
        plain = _plain(old, cause)
        _delete(connection, plain)
        _record(connection, who, user, old)
        rest = (row for row in old if row not in plain and row.cause == cause and not row.has_conditions)
        return any(cause == Cause.ALWAYS or not row.targets[0].is_service for row in rest)


def table(engine: Engine, extension: str) -> Table:
    """The table of one person. Raises `Refused`."""
    with reading(engine) as connection:
        return _table(connection, require_user(connection, "extension", extension))


@repeated
def move(engine: Engine, who: str, extension: str, row: int, before: int | None) -> int:
    """Move a row before another one, or to the end. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        user = require_user(connection, "extension", extension)
        old = rows_of(connection, user.domain, user.extension)
        moved = old[_place(old, "id", row)]
        rest = [one for one in old if one.id != row]
        place = len(rest) if before is None or before == row else _place(rest, "before", before)
        _order(connection, [*rest[:place], moved, *rest[place:]])
        return _record(connection, who, user, old)


@repeated
def remove(engine: Engine, who: str, extension: str, row: int) -> int:
    """Remove a row. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        user = require_user(connection, "extension", extension)
        old = rows_of(connection, user.domain, user.extension)
        _place(old, "id", row)
        connection.execute(delete(forwarding).where(forwarding.c.id == row))
        return _record(connection, who, user, old)


@repeated
def clear(engine: Engine, who: str, extension: str, cause: str | None = None) -> int:
    """Remove all rows of a person, or those for one cause. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        user = require_user(connection, "extension", extension)
        return clear_of(connection, who, user, cause)


def clear_of(connection: Connection, who: str, user: User, cause: str | None = None) -> int:
    """The same, inside a transaction."""
    old = rows_of(connection, user.domain, user.extension)
    query = delete(forwarding).where(_mine(user.domain, user.extension))
    connection.execute(query if cause is None else query.where(forwarding.c.cause == cause))
    return _record(connection, who, user, old)


def rows_of(connection: Connection, domain: str, extension: str) -> list[ForwardingRow]:
    """The rows of a person in their order."""
    query = select(forwarding).where(_mine(domain, extension)).order_by(forwarding.c.position, forwarding.c.id)
    return [_read(row) for row in connection.execute(query).mappings()]


def leading_to(connection: Connection, domain: str, extension: str) -> list[ForwardingRow]:
    """The rows of others that send calls to a person, by person and id."""
    others = select(forwarding).where(forwarding.c.domain == domain, forwarding.c.extension != extension)
    wanted = {Target(TargetKind.NUMBER, extension), Target(TargetKind.VOICEMAIL, extension)}
    rows = connection.execute(others.where(forwarding.c.targets.contains(extension)).order_by(forwarding.c.extension))
    return [row for row in map(_read, rows.mappings()) if wanted & {*row.targets}]


def using(connection: Connection, domain: str, *, schedule: str | None = None, callers: str | None = None) -> list[str]:
    """The rows that ask a schedule or a caller list, as `row 3 of 102`."""
    asks = forwarding.c.caller == callers if callers else forwarding.c.schedule.in_([schedule, f"{NOT}{schedule}"])
    query = select(forwarding).where(forwarding.c.domain == domain, asks).order_by(forwarding.c.id)
    return [f"row {row.id} of {row.extension}" for row in connection.execute(query)]


def _plain(rows: Sequence[ForwardingRow], cause: str) -> list[ForwardingRow]:
    return [row for row in rows if row.cause == cause and row.is_plain]


def _delete(connection: Connection, rows: Sequence[ForwardingRow]) -> None:
    connection.execute(delete(forwarding).where(forwarding.c.id.in_([row.id for row in rows])))


def _insert(
    connection: Connection, user: User, old: Sequence[ForwardingRow], new: ForwardingRow, before: int | None
) -> int:
    place = len(old) if before is None else _place(old, "before", before)
    values = {"domain": user.domain, "extension": user.extension, "position": place, **_values(new)}
    id_ = int(connection.execute(insert(forwarding).values(values).returning(forwarding.c.id)).scalar_one())
    _order(connection, [*old[:place], replace(new, id=id_), *old[place:]])
    return id_


def _row(connection: Connection, user: User, typed: RowTyped) -> ForwardingRow:
    country = sites.require_in(connection, "site", user.domain, user.site).country
    new = ForwardingRow(
        user.domain,
        user.extension,
        typed.cause,
        tuple(_target(connection, user, text, country) for text in typed.targets),
        states_typed(typed.presence) if typed.presence else (),
        typed.origin,
        typed.caller,
        typed.schedule,
        typed.after_s,
        typed.ring_s,
    )
    if typed.caller is not None:
        _require(connection, caller_list, "caller", user.domain, typed.caller, "caller list")
    if typed.schedule is not None:
        _require(connection, schedule, "schedule", user.domain, typed.schedule.removeprefix(NOT), "schedule")
    return new


def _target(connection: Connection, user: User, text: str, country: str) -> Target:
    own, at, domain = text.strip().partition("@")
    if at and domain != user.domain:
        raise Refused("to", f"{text} is of another domain; calls are forwarded within {user.domain} and outside.")
    target = Target.typed("to", own, country)
    require_served("to", target)
    if target == Target(TargetKind.NUMBER, user.extension):
        raise Refused("to", f"{own} is the person himself; choose somebody else.")
    require_there(connection, "to", user.domain, target)
    return target


def _require(connection: Connection, of: Any, field: str, domain: str, name: str, noun: str) -> None:
    if connection.execute(select(of.c.name).where(of.c.domain == domain, of.c.name == name)).first() is None:
        word = noun.replace(" ", "")
        raise Refused(field, f"there is no {noun} {name!r} in {domain}; see `carillon {word} list`.")


def _table(connection: Connection, user: User) -> Table:
    rows = tuple(rows_of(connection, user.domain, user.extension))
    gone = {row.id for row in rows if not all(is_there(connection, user.domain, target) for target in row.targets)}
    return Table(user, rows, frozenset(gone))


def _place(rows: Sequence[ForwardingRow], field: str, wanted: int) -> int:
    for place, row in enumerate(rows):
        if row.id == wanted:
            return place
    raise Refused(field, f"there is no row {wanted}; see `carillon forwarding list`.")


def _order(connection: Connection, rows: Sequence[ForwardingRow]) -> None:
    for place, row in enumerate(rows):
        connection.execute(update(forwarding).where(forwarding.c.id == row.id).values(position=place))


def _record(connection: Connection, who: str, user: User, old: Sequence[ForwardingRow]) -> int:
    subject = Subject(Noun.FORWARDING, user.domain, user.extension)
    return record(connection, who, subject, _state(old), _state(rows_of(connection, user.domain, user.extension)))


def _state(rows: Sequence[ForwardingRow]) -> State | None:
    """What the journal keeps: each row by its id, in order."""
    return {"rows": "; ".join(_text(row) for row in rows)} if rows else None


def _text(row: ForwardingRow) -> str:
    conditions = {"presence": " ".join(row.presence), "origin": row.origin, "caller": row.caller}
    more = {"schedule": row.schedule, "after": row.after_s, "ring": row.ring_s}
    return " ".join([str(row), *(f"{name}={value}" for name, value in {**conditions, **more}.items() if value)])


def _values(row: ForwardingRow) -> dict[str, Any]:
    return {
        "cause": row.cause,
        "targets": " ".join(map(str, row.targets)),
        "presence": " ".join(row.presence),
        "origin": row.origin,
        "caller": row.caller,
        "schedule": row.schedule,
        "after_s": row.after_s,
        "ring_s": row.ring_s,
    }


def _read(row: RowMapping) -> ForwardingRow:
    return ForwardingRow(
        *(row["domain"], row["extension"], row["cause"], tuple(Target.read(text) for text in row["targets"].split())),
        tuple(PresenceState(word) for word in row["presence"].split()),
        Origin(row["origin"]) if row["origin"] else None,
        *(row["caller"], row["schedule"], row["after_s"], row["ring_s"], row["id"]),
    )


def _mine(domain: str, extension: str) -> ColumnElement[bool]:
    return (forwarding.c.domain == domain) & (forwarding.c.extension == extension)
