"""Calendars of people: add, set, remove, list, show; and which of them the calendars daemon looks at."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, insert, select, update

from carillon.model.calendar import Calendar, location_shown, location_typed, meanings_typed
from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.refused import Refused
from carillon.model.user import User
from carillon.provisioning.changes import State, record
from carillon.provisioning.places import require_user
from carillon.provisioning.timezones import timezone_of
from carillon.provisioning.trunkkey import TrunkKey
from carillon.stores.calendarsources import CalendarSource
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.rows import user_of
from carillon.stores.sql.tables import calendar
from carillon.stores.sql.tables import user as user_table

MOST = 10
"""Calendars of one person."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody types for a calendar; None leaves a field as it is."""

    location: str | None = None
    every_minutes: int | None = None
    means: Sequence[str] | None = None
    notes: bool | None = None


@repeated
def add(engine: Engine, who: str, extension: str, name: str, typed: Typed, key: TrunkKey) -> int:
    """Let a calendar say a person's state. `key` seals where it is. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        user = require_user(connection, "extension", extension)
        own = _of(connection, user)
        if any(each.name == name for each in own):
            raise Refused(
                "name", f"{user.extension} has a calendar {name} already; `carillon calendar set` changes it."
            )
        if len(own) >= MOST:
            raise Refused("name", f"{user.extension} has {MOST} calendars already; remove one first.")
        location = location_typed(typed.location or "")
        new = _typed(Calendar(user.domain, user.extension, name, location_shown(location)), typed)
        connection.execute(insert(calendar).values(**_row(new), sealed_location=key.seal(location)))
        return record(connection, who, _subject(new), None, _state(new))


@repeated
def set(engine: Engine, who: str, extension: str, name: str, typed: Typed, key: TrunkKey) -> int:
    """Change what is given. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        before = _require(connection, require_user(connection, "extension", extension), name)
        after, values = _typed(before, typed), {}
        if typed.location is not None:
            location = location_typed(typed.location)
            after, values = replace(after, shown=location_shown(location)), {"sealed_location": key.seal(location)}
        connection.execute(update(calendar).where(_is(after)).values(**_row(after), **values))
        state = {**_state(after), "address": "changed"} if values else _state(after)
        return record(connection, who, _subject(after), _state(before), state)


@repeated
def remove(engine: Engine, who: str, extension: str, name: str) -> int:
    """Ask a calendar no more. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        old = _require(connection, require_user(connection, "extension", extension), name)
        return _remove(connection, who, old)


def remove_of(connection: Connection, who: str, user: User) -> None:
    """Remove the calendars of a user who goes; inside a transaction."""
    for old in _of(connection, user):
        _remove(connection, who, old)


def listing(engine: Engine, extension: str | None = None, domain: str | None = None) -> list[Calendar]:
    """Calendars by domain, extension and name: of one person or domain, or all. Raises `Refused`."""
    query = select(calendar).order_by(calendar.c.domain, calendar.c.extension, calendar.c.name)
    with reading(engine) as connection:
        if domain is not None:
            query = query.where(calendar.c.domain == domain_name(domain))
        if extension is not None:
            user = require_user(connection, "extension", extension)
            query = query.where(calendar.c.domain == user.domain, calendar.c.extension == user.extension)
        return [_read(row) for row in connection.execute(query).mappings()]


def show(engine: Engine, extension: str, name: str) -> Calendar:
    """One calendar. Raises `Refused`."""
    with reading(engine) as connection:
        return _require(connection, require_user(connection, "extension", extension), name)


def sources(engine: Engine) -> list[CalendarSource]:
    """All calendars, their locations sealed: for the calendars daemon."""
    mine = (user_table.c.domain == calendar.c.domain) & (user_table.c.extension == calendar.c.extension)
    owners = select(user_table).join(calendar, mine).distinct()
    with reading(engine) as connection:
        people = {(row["domain"], row["extension"]): user_of(row) for row in connection.execute(owners).mappings()}
        zones = {person: timezone_of(connection, user) for person, user in people.items()}
        rows = connection.execute(select(calendar).order_by(calendar.c.domain, calendar.c.extension)).mappings().all()
    return [_source(row, people[row["domain"], row["extension"]], zones) for row in rows]


def _source(row: RowMapping, user: User, zones: dict[tuple[str, str], str]) -> CalendarSource:
    of = _read(row)
    named = of.domain, of.extension, of.name, of.every_s
    return CalendarSource(
        *named, zones[of.domain, of.extension], user.email or "", of.meanings, of.notes, row["sealed_location"]
    )


def _typed(of: Calendar, typed: Typed) -> Calendar:
    after = of if typed.every_minutes is None else replace(of, every_s=typed.every_minutes * 60)
    after = after if typed.notes is None else replace(after, notes=typed.notes)
    if typed.means is None:
        return after
    return replace(after, meanings=meanings_typed(each for each in typed.means if each.strip()))


def _remove(connection: Connection, who: str, old: Calendar) -> int:
    connection.execute(delete(calendar).where(_is(old)))
    return record(connection, who, _subject(old), _state(old), None)


def _of(connection: Connection, user: User) -> list[Calendar]:
    query = select(calendar).where(calendar.c.domain == user.domain, calendar.c.extension == user.extension)
    return [_read(row) for row in connection.execute(query).mappings()]


def _require(connection: Connection, user: User, name: str) -> Calendar:
    found = next((each for each in _of(connection, user) if each.name == name), None)
    if found is None:
        raise Refused("name", f"{user.extension}@{user.domain} has no calendar {name}; see `carillon calendar list`.")
    return found


def _read(row: RowMapping) -> Calendar:
    values = {name: value for name, value in row.items() if name != "sealed_location"}
    return Calendar(**{**values, "meanings": tuple(map(tuple, json.loads(row["meanings"])))})


def _row(of: Calendar) -> dict[str, object]:
    return {**asdict(of), "meanings": json.dumps(of.meanings)}


def _state(of: Calendar) -> State:
    means = " ".join(f"{kind}={state}" for kind, state in of.meanings)
    return {"at": of.shown, "every_s": str(of.every_s), "means": means, "notes": str(of.notes)}


def _subject(of: Calendar) -> Subject:
    return Subject(Noun.CALENDAR, of.domain, f"{of.extension}/{of.name}")


def _is(of: Calendar) -> ColumnElement[bool]:
    return (calendar.c.domain == of.domain) & (calendar.c.extension == of.extension) & (calendar.c.name == of.name)
