"""Leases in the truth: who does what only one may do. Clocks play no part: a beat that doesn't change is a dead one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, and_, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from carillon.model.refused import Refused
from carillon.stores.sql.engine import DatabaseAway, migrating
from carillon.stores.sql.tables import lease

NOBODY = ""


@dataclass(frozen=True, slots=True)
class Held:
    """What stands in the truth: `beat` grows by one each time the holder renews, or somebody takes it."""

    holder: str
    beat: int


def held(engine: Engine, name: str) -> Held:
    """Who holds a lease; it is made when nobody ever had it. Raises `Refused`, `DatabaseAway`.

    Read where it is written: another server of a cluster may lag behind.
    """
    with migrating(engine) as connection:
        row = connection.execute(select(lease).where(lease.c.name == name)).one_or_none()
        if row is not None:
            return Held(row.holder, row.beat)
    try:
        with migrating(engine) as connection:
            connection.execute(insert(lease).values(name=name, holder=NOBODY, beat=0))
    except IntegrityError:
        return held(engine, name)
    return Held(NOBODY, 0)


def holders(engine: Engine) -> dict[str, str]:
    """Who holds each lease now; empty for one that nobody holds. Raises `Refused`, `DatabaseAway`."""
    with migrating(engine) as connection:
        return {row.name: row.holder for row in connection.execute(select(lease))}


def swap(engine: Engine, name: str, seen: Held, holder: str) -> Held | None:
    """Renew, take or give back a lease that is as it was seen; None when it isn't any more.

    Raises `DatabaseAway` when nobody knows whether it was done.
    """
    same = and_(lease.c.name == name, lease.c.holder == seen.holder, lease.c.beat == seen.beat)
    fresh = Held(holder, seen.beat + 1)
    try:
        with migrating(engine) as connection:
            done = connection.execute(update(lease).where(same).values(holder=fresh.holder, beat=fresh.beat))
            found = done.rowcount
    except DatabaseAway:
        raise
    except (Refused, DBAPIError):  # another server of the cluster was faster
        return None
    return fresh if found == 1 else None
