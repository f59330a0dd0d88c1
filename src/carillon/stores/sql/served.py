"""Numbers behind which something of ours answers, and ring groups, compiled for the call path."""

from __future__ import annotations

from sqlalchemy import Connection, or_, select

from carillon.model.change import Noun, Subject
from carillon.model.target import TargetKind
from carillon.stores.ports import GroupProfile, Party
from carillon.stores.sql.among import among
from carillon.stores.sql.tables import group, member, number

ACCESS = str(TargetKind.ACCESS)


def served_numbers(connection: Connection, touched: frozenset[Subject] | None) -> tuple[tuple[str, Party], ...]:
    """The numbers that were touched, all when that is None, each with what it reaches."""
    query = select(number).where(or_(number.c.target.contains(":"), number.c.target == ACCESS))
    if touched is not None:
        wanted = [(thing.domain, thing.key) for thing in touched if thing.noun is Noun.NUMBER]
        if not wanted:
            return ()
        query = query.where(among((number.c.domain, number.c.number), wanted))
    return tuple((row.number, _party(row.domain, row.number, row.target)) for row in connection.execute(query))


def groups_of(connection: Connection) -> tuple[tuple[str, GroupProfile], ...]:
    """All groups, behind their domains."""
    members: dict[tuple[str, str], list[str]] = {}
    for row in connection.execute(select(member).order_by(member.c.position)):
        members.setdefault((row.domain, row.group), []).append(row.extension)
    return tuple(
        (
            row.domain,
            GroupProfile(
                row.name, tuple(members.get((row.domain, row.name), ())), row.ring, row.ring_s, row.overflow or ""
            ),
        )
        for row in connection.execute(select(group))
    )


def _party(domain: str, dialled: str, service: str) -> Party:
    kind, _, name = service.partition(":")
    return Party(dialled, domain, name if kind == "group" else f"{kind} {name}".strip(), service=service)
