"""The journal of the truth: every use case writes its change in the transaction of its rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from carillon.model.change import Change, Noun, Subject
from carillon.model.refused import Refused
from carillon.stores.sql.engine import JOURNALLED, reading
from carillon.stores.sql.feed import last_position
from carillon.stores.sql.tables import change

State = Mapping[str, str | None]
"""What a change says about a thing, before or after: never a password, never an HA1."""


def record(connection: Connection, who: str, subject: Subject, before: State | None, after: State | None) -> int:
    """Journal one change; return its sequence number. A change that changes nothing isn't journalled."""
    if before == after:
        return last_position(connection).sequence
    return record_all(connection, [change_row(who, subject, before, after)])


def record_all(connection: Connection, rows: list[dict[str, str | None]]) -> int:
    """Journal many changes, each made by `change_row`; return the sequence number of the last.

    Numbers are ours, not the engine's: a cluster leaves gaps, behind which directories must be built anew.
    """
    last = last_position(connection).sequence
    if rows:
        connection.execute(insert(change), [{"sequence": last + n, **row} for n, row in enumerate(rows, start=1)])
        connection.info[JOURNALLED] = last + len(rows), rows[-1]["at"], rows[-1]["who"]
    return last + len(rows)


def change_row(who: str, subject: Subject, before: State | None, after: State | None) -> dict[str, str | None]:
    """The row of one change, made now."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "who": who[:64],
        "noun": subject.noun,
        "domain": subject.domain,
        "key": subject.key,
        "before": _text(before),
        "after": _text(after),
    }


def state(of: object, *hidden: str) -> State:
    """What the journal keeps of a dataclass: its fields as text, but for `domain` and those that are `hidden`."""
    kept = [each.name for each in fields(of) if each.name not in ("domain", *hidden)]  # type: ignore[arg-type]
    return {name: _value(getattr(of, name)) for name in kept}


def subject(engine: Engine, sequence: int) -> Subject:
    """What the change with this sequence number is about."""
    query = select(change.c.noun, change.c.domain, change.c.key).where(change.c.sequence == sequence)
    with reading(engine) as connection:
        row = connection.execute(query).one()
    return Subject(Noun(row.noun), row.domain, row.key)


def last(engine: Engine) -> int:
    """The sequence number of the last change."""
    with reading(engine) as connection:
        return last_position(connection).sequence


def listing(engine: Engine, newest: int = 100, noun: str | None = None) -> list[Change]:
    """The last `newest` changes, of one kind of thing or of all, oldest first. Raises `Refused`."""
    query = select(change).order_by(change.c.sequence.desc()).limit(newest)
    if noun is not None:
        if noun not in set(Noun):
            raise Refused("noun", f"{noun!r} isn't known; choose among {', '.join(Noun)}.")
        query = query.where(change.c.noun == noun)
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return [change_of(row) for row in reversed(rows)]


def change_of(row: Any) -> Change:
    """The change in a row of the journal."""
    subject = Subject(Noun(row.noun), row.domain, row.key)
    return Change(row.sequence, row.at, row.who, subject, _state(row.before), _state(row.after))


def _text(state: State | None) -> str | None:
    return None if state is None else json.dumps(dict(state), ensure_ascii=False, sort_keys=True)


def _value(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _state(text: str | None) -> State | None:
    return None if text is None else dict(json.loads(text))
