"""Schedules: add, set, remove, list, show."""

from __future__ import annotations

import json
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, insert, select, update

from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.refused import Refused
from carillon.model.schedule import Hours, Schedule, holidays_typed, hours_typed
from carillon.provisioning import forwardings, sites
from carillon.provisioning.changes import record, state
from carillon.provisioning.places import located, placed
from carillon.provisioning.timezones import country_timezone
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import schedule

Texts = tuple[str, ...]


@repeated
def add(engine: Engine, who: str, name: str, hours: Texts, holidays: Texts = (), timezone: str | None = None) -> int:
    """Make a schedule; without `timezone` in that of the country of the domain's first site. Returns the sequence."""
    with writing(engine) as connection:
        domain, own = placed(connection, name)
        zone = timezone or country_timezone(sites.require_in(connection, "site", domain, "main").country)
        new = Schedule(domain, own, zone, hours_typed(hours), holidays_typed(holidays))
        if _find(connection, domain, own):
            raise Refused("name", f"{own} is a schedule of {domain} already; `carillon schedule set` changes it.")
        connection.execute(insert(schedule).values(domain=domain, name=own, **_values(new)))
        return record(connection, who, _subject(new), None, state(new, "name"))


@repeated
def set(
    engine: Engine,
    who: str,
    name: str,
    hours: Texts | None = None,
    holidays: Texts | None = None,
    timezone: str | None = None,
) -> int:
    """Replace what is given. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        before = _require(connection, name)
        after = before if hours is None else replace(before, hours=hours_typed(hours))
        after = after if holidays is None else replace(after, holidays=holidays_typed(holidays))
        after = after if timezone is None else replace(after, timezone=timezone)
        connection.execute(update(schedule).where(_is(after)).values(_values(after)))
        return record(connection, who, _subject(after), state(before, "name"), state(after, "name"))


@repeated
def remove(engine: Engine, who: str, name: str) -> int:
    """Remove a schedule that no forwarding row asks. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        old = _require(connection, name)
        using = forwardings.using(connection, old.domain, schedule=old.name)
        if using:
            raise Refused("name", f"{old.name} is asked by forwarding {', '.join(using)}; remove them first.")
        return _remove(connection, who, old)


def remove_all(connection: Connection, who: str, domain: str) -> None:
    """Remove the schedules of a domain that goes."""
    for row in connection.execute(select(schedule).where(schedule.c.domain == domain)).mappings().all():
        _remove(connection, who, _read(row))


def listing(engine: Engine, domain: str | None = None) -> list[Schedule]:
    """Schedules by domain and name, of one domain or of all."""
    query = select(schedule).order_by(schedule.c.domain, schedule.c.name)
    if domain is not None:
        query = query.where(schedule.c.domain == domain_name(domain))
    with reading(engine) as connection:
        return [_read(row) for row in connection.execute(query).mappings()]


def show(engine: Engine, name: str) -> Schedule:
    """One schedule. Raises `Refused` when there is none."""
    with reading(engine) as connection:
        return _require(connection, name)


def _require(connection: Connection, name: str) -> Schedule:
    domain, own = located(connection, "name", name, schedule.c.name)
    found = _find(connection, domain, own)
    if found is None:
        raise Refused("name", f"there is no schedule {own} in {domain}; see `carillon schedule list`.")
    return found


def _find(connection: Connection, domain: str, name: str) -> Schedule | None:
    query = select(schedule).where(schedule.c.domain == domain, schedule.c.name == name)
    row = connection.execute(query).mappings().one_or_none()
    return _read(row) if row else None


def _remove(connection: Connection, who: str, old: Schedule) -> int:
    connection.execute(delete(schedule).where(_is(old)))
    return record(connection, who, _subject(old), state(old, "name"), None)


def _values(of: Schedule) -> dict[str, str]:
    hours = json.dumps([(one.day, one.begin, one.end) for one in of.hours])
    return {"timezone": of.timezone, "hours": hours, "holidays": " ".join(day.isoformat() for day in of.holidays)}


def _read(row: RowMapping) -> Schedule:
    hours = tuple(Hours(*one) for one in json.loads(row["hours"]))
    return Schedule(row["domain"], row["name"], row["timezone"], hours, holidays_typed(tuple(row["holidays"].split())))


def _is(wanted: Schedule) -> ColumnElement[bool]:
    return (schedule.c.domain == wanted.domain) & (schedule.c.name == wanted.name)


def _subject(of: Schedule) -> Subject:
    return Subject(Noun.SCHEDULE, of.domain, of.name)
