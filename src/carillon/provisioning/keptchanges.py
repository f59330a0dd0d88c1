"""What satellites kept while they were cut off and have handed over: what became of each, for administrators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy import delete as deleting

from carillon.model.change import Change, Noun, Subject
from carillon.provisioning.changes import change_of
from carillon.provisioning.places import located
from carillon.stores.sql.engine import reading
from carillon.stores.sql.tables import change, kept_change, user

DONE, LOST, REFUSED = "done", "lost", "refused"
REMEMBERED_S = 366 * 86400.0
"""For so long it is known that a change was done; who hands it over again later than that does it again."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """One change: made when (by the mains' clock) and handed over when, in Unix seconds; `outcome` and why.

    `waited` is whether it was kept, and didn't come at once. `subject` and `part` are the setting; its own changes in
    the journal are those behind `before`, up to `sequence`.
    """

    id: str
    satellite: str
    made: float
    handed: float
    waited: bool
    who: str
    what: str
    subject: Subject
    part: str
    outcome: str
    why: str
    before: int
    sequence: int


def listing(engine: Engine, newest: int = 100, person: str | None = None) -> list[HandedOver]:
    """The last that had waited, of one person or of all, oldest first. Raises `Refused`."""
    latest = kept_change.c.handed.desc(), kept_change.c.sequence.desc()
    query = select(kept_change).where(kept_change.c.waited).order_by(*latest).limit(newest)
    with reading(engine) as connection:
        if person is not None:
            home, own = located(connection, "person", person, user.c.extension)
            query = query.where(kept_change.c.domain == home, kept_change.c.key == own)
        return [_read(row) for row in reversed(connection.execute(query).mappings().all())]


def find(connection: Connection, id: str) -> HandedOver | None:
    """The one with this id, None when it was never handed over."""
    row = connection.execute(select(kept_change).where(kept_change.c.id == id)).mappings().one_or_none()
    return None if row is None else _read(row)


def remember(connection: Connection, new: HandedOver) -> None:
    """Never do it again, within the transaction that does it."""
    values: dict[str, Any] = {each.name: getattr(new, each.name) for each in fields(new) if each.name != "subject"}
    values |= {"noun": new.subject.noun, "domain": new.subject.domain, "key": new.subject.key}
    connection.execute(insert(kept_change).values(**values))
    connection.execute(deleting(kept_change).where(kept_change.c.handed < new.handed - REMEMBERED_S))


def done_of(connection: Connection, domain: str, key: str) -> list[HandedOver]:
    """Those of one person that were done."""
    query = select(kept_change).where(kept_change.c.domain == domain, kept_change.c.key == key)
    rows = connection.execute(query.where(kept_change.c.outcome == DONE)).mappings()
    return [_read(row) for row in rows]


def journalled_after(connection: Connection, at: str, domain: str, key: str, nouns: Sequence[Noun]) -> list[Change]:
    """What was changed of these kinds after a moment (`Change.at`), by whomever, in its order."""
    query = select(change).where(change.c.sequence > _last_at(connection, at), change.c.noun.in_(nouns))
    rows = connection.execute(query.where(change.c.domain == domain, change.c.key == key).order_by(change.c.sequence))
    return [change_of(row) for row in rows]


def _last_at(connection: Connection, at: str) -> int:
    """The last change until then: the journal is in order of time, and has no index by it."""
    low, high = 0, max((row.sequence for row in _next(connection, None)), default=0) + 1
    while high - low > 1:
        middle = (low + high) // 2
        found = next(_next(connection, middle), None)
        if found is None or found.at > at:
            high = middle
        else:
            low = middle
    return low


def _next(connection: Connection, sequence: int | None) -> Iterator[Any]:
    """The first change from a sequence on; the last one of all."""
    query = select(change.c.sequence, change.c.at).limit(1)
    if sequence is None:
        return iter(connection.execute(query.order_by(change.c.sequence.desc())).all())
    return iter(connection.execute(query.where(change.c.sequence >= sequence).order_by(change.c.sequence)).all())


def _read(row: Any) -> HandedOver:
    values = dict(row)
    subject = Subject(Noun(values.pop("noun")), values.pop("domain"), values.pop("key"))
    return HandedOver(subject=subject, **values)
