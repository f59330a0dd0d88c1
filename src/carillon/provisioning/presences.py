"""What is said of people: set, clear, show. Here people say it; publishers write rows of their own beside it."""

from __future__ import annotations

import re
import time
from dataclasses import asdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, insert, select

from carillon.model.change import Noun, Subject
from carillon.model.presence import MANUAL, Presence, PresenceState, state_typed
from carillon.model.refused import Refused
from carillon.model.user import User
from carillon.provisioning.changes import State, record
from carillon.provisioning.places import require_user
from carillon.provisioning.timezones import timezone_of
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import presence

_CLOCK = re.compile(r"[0-2]?\d:[0-5]\d")


@repeated
def set(
    engine: Engine,
    who: str,
    extension: str,
    state: str,
    note: str | None = None,
    until: str | None = None,
    made: float | None = None,
) -> int:
    """Say a person's state by hand: a presence state, or `dnd`. Returns the sequence; raises `Refused`.

    `until` is a time such as `17:30`, the next one, or `2026-12-24T17:30`, both local; None: until further notice.
    `made` is when it was said, in Unix seconds; now, if nothing else is said.
    """
    with writing(engine) as connection:
        user = require_user(connection, "extension", extension)
        known, dnd = state_typed(state)
        now = time.time() if made is None else made
        end = None if until is None else until_typed(until, now, timezone_of(connection, user))
        new = Presence(user.domain, user.extension, MANUAL, known, now, dnd, note or None, end)
        before = _found(connection, user, MANUAL)
        connection.execute(delete(presence).where(_is(user), presence.c.source == MANUAL))
        connection.execute(insert(presence).values(**asdict(new)))
        return record(connection, who, _subject(user), _state(before), _state(new))


@repeated
def clear(engine: Engine, who: str, extension: str) -> int:
    """Say nothing by hand any more. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        return clear_of(connection, who, require_user(connection, "extension", extension), MANUAL)


@repeated
def end_dnd(engine: Engine, who: str, extension: str) -> bool:
    """End what was said by hand, when it was do not disturb; whether it was. Raises `Refused`."""
    with writing(engine) as connection:
        user = require_user(connection, "extension", extension)
        found = _found(connection, user, MANUAL)
        if found is None or not found.dnd:
            return False
        clear_of(connection, who, user, MANUAL)
        return True


def clear_of(connection: Connection, who: str, user: User, source: str | None = None) -> int:
    """Forget what one source says of a person, or all; inside a transaction."""
    before = _found(connection, user, source or MANUAL)
    query = delete(presence).where(_is(user))
    connection.execute(query if source is None else query.where(presence.c.source == source))
    return record(connection, who, _subject(user), _state(before), None)


def said(engine: Engine, extension: str) -> tuple[User, tuple[Presence, ...]]:
    """A person, and all that is said of him, what counts most first. Raises `Refused`."""
    with reading(engine) as connection:
        user = require_user(connection, "extension", extension)
        query = select(presence).where(_is(user)).order_by(presence.c.source != MANUAL, presence.c.since.desc())
        return user, tuple(_read(row) for row in connection.execute(query).mappings())


def until_typed(text: str, now: float, zone: str, field: str = "until") -> float:
    """The time that somebody typed, in Unix seconds. Raises `Refused`, naming `field`."""
    local = datetime.fromtimestamp(now, ZoneInfo(zone))
    try:
        if _CLOCK.fullmatch(text):
            hour, minute = map(int, text.split(":"))
            at = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
            return (at if at > local else at + timedelta(days=1)).timestamp()
        typed = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise Refused(field, f"{text!r} is no time; write 17:30 or 2026-12-24T17:30.") from wrong
    return (typed if typed.tzinfo else typed.replace(tzinfo=ZoneInfo(zone))).timestamp()


def _found(connection: Connection, user: User, source: str) -> Presence | None:
    row = connection.execute(select(presence).where(_is(user), presence.c.source == source)).mappings().one_or_none()
    return _read(row) if row else None


def _read(row: RowMapping) -> Presence:
    values = dict(row)
    values["state"] = PresenceState(row["state"])
    return Presence(**values)


def _state(of: Presence | None) -> State | None:
    if of is None:
        return None
    until = None if of.until is None else f"{of.until:.0f}"
    return {"source": of.source, "state": "dnd" if of.dnd else str(of.state), "note": of.note, "until": until}


def _subject(user: User) -> Subject:
    return Subject(Noun.PRESENCE, user.domain, user.extension)


def _is(user: User) -> ColumnElement[bool]:
    return (presence.c.domain == user.domain) & (presence.c.extension == user.extension)
