"""Domains: add, set, remove, list, show."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from carillon.model.calllimit import most_calls_typed
from carillon.model.change import Noun, Subject
from carillon.model.domain import DigestOffer, Domain, domain_name
from carillon.model.messagesfrom import EVERY, FIELD, messages_from_typed, without
from carillon.model.refused import Refused
from carillon.model.site import DEFAULT_SITE, Site
from carillon.model.zone import naptr_of
from carillon.provisioning import (
    books,
    callerlists,
    panels,
    presencerules,
    priorities,
    recordings,
    rings,
    schedules,
    sites,
)
from carillon.provisioning.changes import State, record, state
from carillon.provisioning.places import default_domain, home_country
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import announcement, domain, group, node, trunk, user


@dataclass(frozen=True, slots=True)
class DomainView:
    """A domain as an administrator sees it: how many users it has, and whether it is the default one."""

    domain: Domain
    users: int
    default: bool


@repeated
def add(engine: Engine, who: str, name: str, digest: str = DigestOffer.BOTH) -> int:
    """Serve one more domain. Returns the sequence; raises `Refused`."""
    new = Domain(domain_name(name), _offer(digest))
    with writing(engine) as connection:
        if _found(connection, new.name):
            raise Refused("domain", f"{new.name} is there already; `carillon domain set` changes it.")
        return insert_domain(connection, who, new, home_country(connection))


@repeated
def set(
    engine: Engine,
    who: str,
    name: str,
    digest: str | None = None,
    session_timer_s: int | None = None,
    most_calls: str | None = None,
    recording_days: int | None = None,
    callback_minutes: int | None = None,
    callback_hint: bool | None = None,
    naptr: str | None = None,
    messages_from: str | None = None,
) -> int:
    """Change what isn't None: which digest algorithms are offered (both, md5 or sha256), how long a session timer
    is (90 to 1800 s), the limit of calls, which `none` takes away, for how many days recordings are kept (0 for
    ever), how long people wait for a call-back, whether who finds a colleague busy is told of that, its NAPTR
    records, as in `naptr_of`, and which other domains may write to its people, as in `messages_from_typed`.
    Returns the sequence; raises `Refused`.
    """
    with writing(engine) as connection:
        before = require(connection, name)
        after = before if digest is None else replace(before, digest=_offer(digest))
        after = after if session_timer_s is None else replace(after, session_timer_s=session_timer_s)
        after = after if most_calls is None else replace(after, most_calls=most_calls_typed(most_calls))
        after = after if recording_days is None else replace(after, recording_days=recording_days)
        after = after if callback_minutes is None else replace(after, callback_s=callback_minutes * 60)
        after = after if callback_hint is None else replace(after, callback_hint=callback_hint)
        after = after if naptr is None else replace(after, naptr=" ".join(naptr_of(naptr)))
        if messages_from is not None:
            after = replace(after, messages_from=_let_in(connection, after.name, messages_from))
        connection.execute(update(domain).where(domain.c.name == after.name).values(**asdict(after)))
        subject = Subject(Noun.DOMAIN, after.name, after.name)
        return record(connection, who, subject, domain_state(before), domain_state(after))


@repeated
def remove(engine: Engine, who: str, name: str) -> int:
    """Stop serving an empty domain that isn't the default one. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        old = require(connection, name)
        users = _users(connection, old.name)
        if users:
            raise Refused("domain", f"{old.name} still has {_counted(users)}; remove them first.")
        if old.name == default_domain(connection):
            raise Refused("domain", f"{old.name} is the default domain of this system; it stays.")
        _require_empty(connection, old.name)
        sites.remove_all(connection, who, old.name)
        schedules.remove_all(connection, who, old.name)
        callerlists.remove_all(connection, who, old.name)
        recordings.remove_all(connection, who, old.name)
        books.remove_all(connection, who, old.name)
        rings.remove_all(connection, who, old.name)
        priorities.remove_all(connection, who, old.name)
        presencerules.remove_all(connection, who, old.name)
        _let_in_no_more(connection, who, old.name)
        panels.remove_all(connection, who, old.name)
        connection.execute(delete(domain).where(domain.c.name == old.name))
        return record(connection, who, Subject(Noun.DOMAIN, old.name, old.name), domain_state(old), None)


def listing(engine: Engine) -> list[DomainView]:
    """All domains by name."""
    with reading(engine) as connection:
        rows = connection.execute(select(domain).order_by(domain.c.name)).all()
        return [_view(connection, _domain(row)) for row in rows]


def show(engine: Engine, name: str) -> DomainView:
    """One domain. Raises `Refused` when it isn't served."""
    with reading(engine) as connection:
        return _view(connection, require(connection, name))


def insert_domain(connection: Connection, who: str, new: Domain, country: str) -> int:
    """Write a new domain, its first site in `country`, and the changes; for use inside a transaction."""
    connection.execute(insert(domain).values(**asdict(new)))
    record(connection, who, Subject(Noun.DOMAIN, new.name, new.name), None, domain_state(new))
    return sites.insert_site(connection, who, Site(new.name, DEFAULT_SITE, country))


def require(connection: Connection, name: str, field: str = "domain") -> Domain:
    """The domain `name`. Raises `Refused`, naming `field`, when it isn't served."""
    found = _found(connection, domain_name(name))
    if found is None:
        raise Refused(field, f"{name} isn't served here; see `carillon domain list`.")
    return found


def domain_state(of: Domain) -> State:
    """What the journal keeps of a domain."""
    return state(of, "name")


def _found(connection: Connection, name: str) -> Domain | None:
    row = connection.execute(select(domain).where(domain.c.name == name)).one_or_none()
    return _domain(row) if row else None


def _domain(row: Row[Any]) -> Domain:
    fields = dict(row._mapping)
    return Domain(**{**fields, "digest": DigestOffer(fields["digest"])})


def _view(connection: Connection, of: Domain) -> DomainView:
    return DomainView(of, _users(connection, of.name), of.name == default_domain(connection))


def _users(connection: Connection, name: str) -> int:
    return connection.execute(select(func.count()).select_from(user).where(user.c.domain == name)).scalar_one()


def _require_empty(connection: Connection, name: str) -> None:
    if standing := connection.execute(select(node.c.name).where(node.c.default_domain == name)).scalars().first():
        raise Refused("domain", f"{name} still has the satellite {standing}; remove it first.")
    for table, noun in ((trunk, "trunk"), (group, "group"), (announcement, "announcement")):
        names = connection.execute(select(table.c.name).where(table.c.domain == name)).scalars().all()
        if names:
            raise Refused("domain", f"{name} still has the {noun} {names[0]}; remove it first.")


def _let_in(connection: Connection, own: str, typed: str) -> str:
    """What is kept of the domains that may write. Raises `Refused` for one that isn't served."""
    kept = messages_from_typed(typed, own)
    for name in kept.split() if kept != EVERY else ():
        require(connection, name, FIELD)
    return kept


def _let_in_no_more(connection: Connection, who: str, gone: str) -> None:
    """Other domains forget one that is removed: who has its name one day is somebody else."""
    for row in connection.execute(select(domain).where(domain.c.messages_from.contains(gone))).all():
        before = _domain(row)
        after = replace(before, messages_from=without(before.messages_from, gone))
        if after != before:
            connection.execute(update(domain).where(domain.c.name == after.name).values(**asdict(after)))
            record(
                connection, who, Subject(Noun.DOMAIN, after.name, after.name), domain_state(before), domain_state(after)
            )


def _counted(users: int) -> str:
    return "1 user" if users == 1 else f"{users} users"


def _offer(text: str) -> DigestOffer:
    try:
        return DigestOffer(text)
    except ValueError as error:
        raise Refused("digest", f"{text!r} isn't known; choose one of both, md5, sha256.") from error
