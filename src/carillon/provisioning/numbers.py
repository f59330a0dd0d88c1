"""Numbers: add, set, remove, list, show. Extensions and further numbers share one space in each domain."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, and_, delete, insert, select, update

from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.number import Number, number_typed
from carillon.model.pickup import GROUP
from carillon.model.refused import Refused
from carillon.model.target import Target, TargetKind, names_service
from carillon.provisioning import callers, panels
from carillon.provisioning.changes import State, record
from carillon.provisioning.places import default_domain, located, require_domain, require_user
from carillon.provisioning.targets import target_typed
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import number, user


@dataclass(frozen=True, slots=True)
class NumberView:
    """A number and the name of whom it reaches."""

    number: Number
    name: str


@repeated
def add(engine: Engine, who: str, dialled: str, to: str) -> int:
    """Let one more number reach the user of extension `to`, in his domain, or a service. Returns the sequence."""
    with writing(engine) as connection:
        if names_service(to):
            return _add_served(connection, who, dialled, to)
        owner = require_user(connection, "to", _beside(to, dialled))
        own = _number_in(dialled, owner.domain)
        new = Number(owner.domain, own, owner.extension)
        require_free(connection, "number", new.domain, new.number)
        connection.execute(insert(number).values(**asdict(new)))
        return record(connection, who, Subject(Noun.NUMBER, new.domain, new.number), None, _state(new))


@repeated
def set(engine: Engine, who: str, dialled: str, to: str) -> int:
    """Let a further number reach another user of its domain, or a service. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        before = _require_further(connection, dialled)
        after = replace(before, target=_target(connection, before, to))
        callers.require_unshown(connection, "number", before.domain, before.number, besides=after.target)
        connection.execute(update(number).where(*_is(after)).values(target=after.target))
        if not after.target.startswith(GROUP):
            panels.forget(connection, who, after.domain, after.number)
        return record(connection, who, Subject(Noun.NUMBER, after.domain, after.number), _state(before), _state(after))


@repeated
def remove(engine: Engine, who: str, dialled: str) -> int:
    """Remove a further number. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        old = _require_further(connection, dialled)
        callers.require_unshown(connection, "number", old.domain, old.number)
        return _remove(connection, who, old)


def listing(engine: Engine, to: str | None = None, domain: str | None = None) -> list[NumberView]:
    """Every number in use, extensions too, by domain and number; of one user, of one domain, or of all."""
    query = _with_names.order_by(number.c.domain, number.c.number)
    with reading(engine) as connection:
        if domain is not None:
            query = query.where(number.c.domain == domain_name(domain))
        if to is not None and names_service(to):
            query = query.where(number.c.target == to.partition("@")[0])
        elif to is not None:
            owner = require_user(connection, "to", to)
            query = query.where(number.c.domain == owner.domain, number.c.target == owner.extension)
        return [_view(row) for row in connection.execute(query).mappings()]


def show(engine: Engine, dialled: str) -> NumberView:
    """Whom a number reaches. Raises `Refused` when it isn't in use."""
    with reading(engine) as connection:
        found = require(connection, dialled)
        return _view(connection.execute(_with_names.where(*_is(found))).mappings().one())


def require(connection: Connection, dialled: str) -> Number:
    """The number `+3225551234` or `200@example.org`. Raises `Refused` when it isn't in use."""
    typed, at, named = dialled.strip().partition("@")
    domain, own = located(connection, "number", f"{number_typed('number', typed)}{at}{named}", number.c.number)
    found = _found(connection, domain, own)
    if found is None:
        raise Refused("number", f"{own} isn't in use in {domain}; see `carillon number list`.")
    return found


def require_free(connection: Connection, field: str, domain: str, dialled: str) -> None:
    """Raise `Refused`, naming `field`, when a number of `domain` is in use."""
    found = _found(connection, domain, dialled)
    if found is None:
        return
    use = "the extension of a user" if found.is_own else f"a number of {found.target}"
    raise Refused(field, f"{dialled} is {use} in {domain} already; choose another one.")


def to(connection: Connection, domain: str, extension: str) -> tuple[Number, ...]:
    """All numbers that reach one user, the own extension first."""
    query = select(number).where(number.c.domain == domain, number.c.target == extension)
    rows = [Number(**row) for row in connection.execute(query).mappings()]
    return tuple(sorted(rows, key=lambda row: (not row.is_own, row.number)))


def remove_to(connection: Connection, who: str, domain: str, extension: str) -> tuple[str, ...]:
    """Remove all numbers of a user who goes; returns the further ones."""
    mailbox = select(number).where(number.c.domain == domain, number.c.target == f"voicemail:{extension}")
    further = [old for old in to(connection, domain, extension) if not old.is_own]
    further += [Number(**row) for row in connection.execute(mailbox).mappings()]
    for old in further:
        _remove(connection, who, old)
    connection.execute(delete(number).where(*_is(Number(domain, extension, extension))))
    return tuple(old.number for old in further)


_reached = and_(user.c.domain == number.c.domain, user.c.extension == number.c.target)
_with_names = select(number, user.c.name).join(user, _reached, isouter=True)


def _view(row: RowMapping) -> NumberView:
    return NumberView(Number(row["domain"], row["number"], row["target"]), row["name"] or "")


def _add_served(connection: Connection, who: str, dialled: str, to: str) -> int:
    """A number behind which something of ours answers, in the domain that is written, or the default one."""
    named = dialled.partition("@")[2] or to.partition("@")[2]
    domain = domain_name(named) if named else default_domain(connection)
    require_domain(connection, domain)
    new = Number(domain, _number_in(dialled, domain), _served(connection, domain, to))
    require_free(connection, "number", domain, new.number)
    connection.execute(insert(number).values(**asdict(new)))
    return record(connection, who, Subject(Noun.NUMBER, domain, new.number), None, _state(new))


def _target(connection: Connection, of: Number, to: str) -> str:
    """What a number is to reach from now on."""
    if names_service(to):
        return _served(connection, of.domain, to)
    owner = require_user(connection, "to", _beside(to, f"{of.number}@{of.domain}"))
    if owner.domain != of.domain:
        raise Refused("to", f"must be of {of.domain}, like the number; {to} is of another domain.")
    return owner.extension


def _served(connection: Connection, domain: str, to: str) -> str:
    target = Target.typed("to", to.partition("@")[0])
    if target.kind is TargetKind.VOICEMAIL and not target.name:
        raise Refused("to", "a number has no voicemail of its own; write whose it is, such as voicemail:101.")
    return str(target if target.kind is TargetKind.ACCESS else target_typed(connection, "to", domain, to))


def _require_further(connection: Connection, dialled: str) -> Number:
    found = require(connection, dialled)
    if found.is_own:
        raise Refused("number", f"{found.number} is the extension of its user and stays as long as the user.")
    return found


def _remove(connection: Connection, who: str, old: Number) -> int:
    connection.execute(delete(number).where(*_is(old)))
    panels.forget(connection, who, old.domain, old.number)
    return record(connection, who, Subject(Noun.NUMBER, old.domain, old.number), _state(old), None)


def _beside(to: str, dialled: str) -> str:
    """What `to` means: in the domain of the number, when only that one is written."""
    _, at, named = dialled.partition("@")
    return f"{to}@{named}" if at and "@" not in to else to


def _number_in(dialled: str, domain: str) -> str:
    """The number itself; when a domain is written behind it, that must be the one of its user."""
    typed, at, named = dialled.strip().partition("@")
    own = number_typed("number", typed)
    if at and domain_name(named) != domain:
        raise Refused("number", f"{dialled} isn't in the domain {domain} of the user whom it reaches.")
    return own


def _found(connection: Connection, domain: str, dialled: str) -> Number | None:
    query = select(number).where(number.c.domain == domain, number.c.number == dialled)
    row = connection.execute(query).mappings().one_or_none()
    return Number(**row) if row else None


def _is(wanted: Number) -> tuple[ColumnElement[bool], ...]:
    return (number.c.domain == wanted.domain, number.c.number == wanted.number)


def _state(of: Number) -> State:
    return {"to": of.target}
