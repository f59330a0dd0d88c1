"""What a directory lacks: the compiled rows of everything that changed since the position that it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, literal, or_, select

from carillon.model.change import Noun, Subject
from carillon.stores.ports import Account, DomainProfile, Party
from carillon.stores.sql.tables import change, device, domain, number, user

Keys = Mapping[Noun, tuple[ColumnElement[str], ColumnElement[str]]]
"""The columns that say domain and key of a touched thing, for each noun that reaches a query."""

FEW = 100
"""More touched things than this are compiled all together: SQL limits the length of a statement."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a directory follows the truth. `mark` tells two histories of equal length apart."""

    sequence: int
    mark: str


@dataclass(frozen=True, slots=True)
class Delta:
    """Forget what was touched (everything when None), keep these rows, be at `position`."""

    position: Position
    touched: frozenset[Subject] | None
    domains: tuple[DomainProfile, ...]
    accounts: tuple[Account, ...]
    parties: tuple[tuple[str, Party], ...]


def delta(connection: Connection, known: Position | None) -> Delta:
    """What a directory at `known` lacks; everything when that is None, of another history, or before a gap."""
    position = last_position(connection)
    touched = _touched_since(connection, known, position)
    return Delta(
        position,
        touched,
        _domains(connection, touched),
        _accounts(connection, touched),
        _parties(connection, touched),
    )


def last_position(connection: Connection) -> Position:
    """The sequence number of the last change, 0 before the first."""
    last = select(change.c.sequence, change.c.at).order_by(change.c.sequence.desc()).limit(1)
    row = connection.execute(last).one_or_none()
    return Position(row.sequence, row.at) if row else Position(0, "")


def _touched_since(connection: Connection, known: Position | None, last: Position) -> frozenset[Subject] | None:
    if known is None or known.sequence > last.sequence or not _is_ours(connection, known):
        return None
    later = select(change).where(change.c.sequence > known.sequence)
    rows = connection.execute(later).all()
    touched = frozenset(Subject(Noun(row.noun), row.domain, row.key) for row in rows)
    has_gap = len(rows) != last.sequence - known.sequence
    return None if has_gap or len(touched) > FEW else touched


def _is_ours(connection: Connection, known: Position) -> bool:
    if known.sequence == 0:
        return True
    same = select(func.count()).where(change.c.sequence == known.sequence, change.c.at == known.mark)
    return connection.execute(same).scalar_one() == 1


def _domains(connection: Connection, touched: frozenset[Subject] | None) -> tuple[DomainProfile, ...]:
    rows = _rows(connection, select(domain), touched, {Noun.DOMAIN: (domain.c.name, domain.c.name)})
    return tuple(DomainProfile(row.name, row.digest) for row in rows)


def _accounts(connection: Connection, touched: frozenset[Subject] | None) -> tuple[Account, ...]:
    people = and_(user.c.domain == device.c.domain, user.c.extension == device.c.extension)
    query = select(device, user.c.name.label("display")).join(user, people)
    keys = {Noun.USER: (user.c.domain, user.c.extension), Noun.DEVICE: (device.c.domain, device.c.name)}
    return tuple(
        Account(row.name, row.domain, row.ha1_md5, row.ha1_sha256, Party(row.extension, row.domain, row.display))
        for row in _rows(connection, query, touched, keys)
    )


def _parties(connection: Connection, touched: frozenset[Subject] | None) -> tuple[tuple[str, Party], ...]:
    people = and_(user.c.domain == number.c.domain, user.c.extension == number.c.target)
    query = select(number.c.number, user).join(user, people)
    keys = {Noun.USER: (user.c.domain, user.c.extension), Noun.NUMBER: (number.c.domain, number.c.number)}
    return tuple(
        (row.number, Party(row.extension, row.domain, row.name)) for row in _rows(connection, query, touched, keys)
    )


def _rows(
    connection: Connection,
    query: Select[tuple[object, ...]],
    touched: frozenset[Subject] | None,
    keys: Keys,
) -> list[Row[tuple[object, ...]]]:
    """The rows of `query` that were touched; all when that is None."""
    if touched is None:
        return list(connection.execute(query))
    wanted = [
        and_(keys[thing.noun][0] == thing.domain, keys[thing.noun][1] == thing.key)
        for thing in touched
        if thing.noun in keys
    ]
    return list(connection.execute(query.where(or_(literal(False), *wanted)))) if wanted else []
