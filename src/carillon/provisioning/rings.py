"""With which ring calls ring in a domain: set, remove, list, show. What nobody has set is as by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, insert, select

from carillon.model.change import Noun, Subject
from carillon.model.refused import Refused
from carillon.model.ring import Ring, RingOrigin, default_ring
from carillon.provisioning.changes import record, state
from carillon.provisioning.places import default_domain, placed, require_domain
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import ring


@repeated
def set(engine: Engine, who: str, origin: str, changes: Mapping[str, Any]) -> int:
    """Change fields of the ring of `external` or `external@example.org`. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        before = _require(connection, origin)
        after = replace(before, **changes)
        connection.execute(delete(ring).where(_is(after)))
        connection.execute(insert(ring).values(**asdict(after)))
        return record(connection, who, _subject(after), state(before, "origin"), state(after, "origin"))


@repeated
def remove(engine: Engine, who: str, origin: str) -> int:
    """Go back to the default ring. Returns the sequence; raises `Refused` when it is the default one already."""
    with writing(engine) as connection:
        old = _require(connection, origin)
        if _find(connection, old.domain, old.origin) is None:
            raise Refused("origin", f"{old.origin} rings as by default in {old.domain} already.")
        connection.execute(delete(ring).where(_is(old)))
        return record(connection, who, _subject(old), state(old, "origin"), None)


def remove_all(connection: Connection, who: str, domain: str) -> None:
    """Forget the rings of a domain that goes."""
    for row in connection.execute(select(ring).where(ring.c.domain == domain)).mappings().all():
        old = _read(row)
        connection.execute(delete(ring).where(_is(old)))
        record(connection, who, _subject(old), state(old, "origin"), None)


def listing(engine: Engine, domain: str | None = None) -> list[Ring]:
    """All rings of a domain, the default one when left out. Raises `Refused`."""
    with reading(engine) as connection:
        place = default_domain(connection) if domain is None else domain
        require_domain(connection, place)
        return [_find(connection, place, origin) or default_ring(place, origin) for origin in RingOrigin]


def show(engine: Engine, origin: str) -> Ring:
    """The ring of one origin. Raises `Refused`."""
    with reading(engine) as connection:
        return _require(connection, origin)


def _require(connection: Connection, typed: str) -> Ring:
    domain, own = placed(connection, typed)
    if own not in frozenset(RingOrigin):
        raise Refused("origin", f"{own!r} isn't known; choose among {', '.join(RingOrigin)}.")
    origin = RingOrigin(own)
    return _find(connection, domain, origin) or default_ring(domain, origin)


def _find(connection: Connection, domain: str, origin: RingOrigin) -> Ring | None:
    query = select(ring).where(ring.c.domain == domain, ring.c.origin == origin)
    row = connection.execute(query).mappings().one_or_none()
    return _read(row) if row else None


def _read(row: RowMapping) -> Ring:
    return Ring(**{**row, "origin": RingOrigin(row["origin"])})


def _is(wanted: Ring) -> ColumnElement[bool]:
    return (ring.c.domain == wanted.domain) & (ring.c.origin == wanted.origin)


def _subject(of: Ring) -> Subject:
    return Subject(Noun.RING, of.domain, of.origin)
