"""Import and export of people: many users in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update

from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.user import User
from carillon.provisioning import peoplefile
from carillon.provisioning.changes import change_row, record_all
from carillon.provisioning.csvlines import RefusedLine
from carillon.provisioning.peopleplan import Key, Known, Plan, plan
from carillon.provisioning.places import default_domain, require_domain
from carillon.provisioning.users import subject, user_state
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.feed import last_position
from carillon.stores.sql.rows import user_of, user_row
from carillon.stores.sql.tables import domain, number, site, trunk, user

Told = Callable[[int, int], None]
"""Gets how many lines are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do: counts of users, the refused lines, the sequence of the last change."""

    added: int
    changed: int
    unchanged: int
    refused: tuple[RefusedLine, ...]
    sequence: int


@repeated
def import_people(
    engine: Engine, who: str, data: bytes, dry_run: bool = False, told: Told = lambda done, total: None
) -> Report:
    """Add and change users as a CSV file says; each refused line is left out. A dry run changes nothing.

    See `peoplefile.read` for the file. Raises `Refused` when it isn't such a file.
    """
    lines = list(peoplefile.read(data))
    tick = _counter(told, len(lines))
    if dry_run:
        with reading(engine) as connection:
            return _report(plan(_known(connection), lines, tick), last_position(connection).sequence)
    with writing(engine) as connection:
        decided = plan(_known(connection), lines, tick)
        return _report(decided, _write(connection, who, decided))


def export_people(engine: Engine, domain: str | None = None) -> tuple[str, int]:
    """All users, of one domain or of all, as `import_people` reads them; and how many. Raises `Refused`."""
    with reading(engine) as connection:
        if domain is not None:
            require_domain(connection, domain_name(domain))
        people = list(_people(connection, domain))
    return peoplefile.write(people), len(people)


def _people(connection: Connection, domain: str | None) -> Iterator[tuple[User, tuple[str, ...]]]:
    """Users with their further numbers."""
    numbers: dict[Key, list[str]] = {}
    further = select(number).where(number.c.number != number.c.target).order_by(number.c.number)
    for row in connection.execute(further):
        numbers.setdefault((row.domain, row.target), []).append(row.number)
    users = select(user).order_by(user.c.domain, user.c.extension)
    if domain is not None:
        users = users.where(user.c.domain == domain_name(domain))
    for found in connection.execute(users).mappings():
        yield user_of(found), tuple(numbers.get((found["domain"], found["extension"]), ()))


def _known(connection: Connection) -> Known:
    users = (user_of(row) for row in connection.execute(select(user)).mappings())
    mains = select(trunk.c.domain, trunk.c.main_number).where(trunk.c.main_number.is_not(None))
    return Known(
        default_domain(connection),
        frozenset(connection.execute(select(domain.c.name)).scalars()),
        frozenset((row.domain, row.name) for row in connection.execute(select(site.c.domain, site.c.name))),
        {(one.domain, one.extension): one for one in users},
        {(row.domain, row.number): row.target for row in connection.execute(select(number))},
        frozenset((row.domain, row.main_number) for row in connection.execute(mains)),
    )


def _write(connection: Connection, who: str, decided: Plan) -> int:
    """Write a plan and its changes; return the sequence of the last one."""
    gone = [key for key, (before, after) in decided.numbers.items() if before is not None]
    come = [(key, after) for key, (_, after) in decided.numbers.items() if after is not None]
    new = [_number(one.domain, one.extension, one.extension) for one in decided.added]
    _many(connection, delete(number).where(*_number_is), ({"_domain": key[0], "_number": key[1]} for key in gone))
    _many(connection, insert(user), map(user_row, decided.added))
    _many(connection, _set_user, (_bound(user_row(after)) for _, after in decided.changed))
    _many(connection, insert(number), (*new, *(_number(*key, target) for key, target in come)))
    return record_all(connection, list(_changes(who, decided)))


_number_is = (number.c.domain == bindparam("_domain"), number.c.number == bindparam("_number"))
_set_user = (
    update(user)
    .where(user.c.domain == bindparam("_domain"), user.c.extension == bindparam("_extension"))
    .values({column.name: bindparam(f"_{column.name}") for column in user.c if not column.primary_key})
)


def _many(connection: Connection, statement: Any, rows: Iterable[dict[str, Any]]) -> None:
    values = list(rows)
    if values:
        connection.execute(statement, values)


def _bound(row: dict[str, Any]) -> dict[str, Any]:
    return {f"_{column}": value for column, value in row.items()}


def _number(of: str, dialled: str, target: str) -> dict[str, Any]:
    return {"domain": of, "number": dialled, "target": target}


def _changes(who: str, decided: Plan) -> Iterator[dict[str, Any]]:
    for new in decided.added:
        yield change_row(who, subject(new), None, user_state(new))
    for before, after in decided.changed:
        yield change_row(who, subject(after), user_state(before), user_state(after))
    for (of, dialled), (was, becomes) in decided.numbers.items():
        states = ({"to": target} if target else None for target in (was, becomes))
        yield change_row(who, Subject(Noun.NUMBER, of, dialled), *states)


def _report(decided: Plan, sequence: int) -> Report:
    changed = len(decided.changed) + decided.touched
    return Report(len(decided.added), changed, decided.unchanged, decided.refused, sequence)


def _counter(told: Told, total: int) -> Callable[[], None]:
    """Tells of each line; counted here, so that a plan stays free of it."""
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        told(done, total)

    return tick
