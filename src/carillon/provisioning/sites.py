"""Sites: add, set, remove, list, show. Each domain keeps the one that it began with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select, update

from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.e164 import country_code, e164
from carillon.model.refused import Refused
from carillon.model.site import Site
from carillon.provisioning.changes import record, state
from carillon.provisioning.places import home_country, located, placed
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.rows import site_of
from carillon.stores.sql.tables import node, outbound, site, user


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site, how many people work there, and the trunks that are only theirs."""

    site: Site
    users: int
    trunks: tuple[str, ...]


@repeated
def add(
    engine: Engine,
    who: str,
    name: str,
    country: str | None = None,
    outside_prefix: str = "",
    emergency_caller: str = "",
) -> int:
    """Add the site `name` or `name@example.org`, in the node's country unless said. Returns the sequence.

    `emergency_caller` is understood in the way of the site's country. Raises `Refused`.
    """
    with writing(engine) as connection:
        domain, own = placed(connection, name)
        where = country_code("country", country) if country else home_country(connection)
        new = Site(domain, own, where, outside_prefix, _caller(emergency_caller, where))
        if find(connection, domain, own):
            raise Refused("name", f"{own} is a site of {domain} already; `carillon site set` changes it.")
        return insert_site(connection, who, new)


@repeated
def set(
    engine: Engine,
    who: str,
    name: str,
    country: str | None = None,
    outside_prefix: str | None = None,
    emergency_caller: str | None = None,
) -> int:
    """Change what is given; an empty `emergency_caller` clears it. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        before = require(connection, name)
        after = before if country is None else replace(before, country=country_code("country", country))
        after = after if outside_prefix is None else replace(after, outside_prefix=outside_prefix)
        if emergency_caller is not None:
            after = replace(after, emergency_caller=_caller(emergency_caller, after.country))
        connection.execute(update(site).where(*_is(after)).values(**asdict(after)))
        return record(connection, who, _subject(after), state(before, "name"), state(after, "name"))


@repeated
def remove(engine: Engine, who: str, name: str) -> int:
    """Remove a site where nobody works, and that isn't the first one. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        old = require(connection, name)
        if old.is_default:
            raise Refused("name", f"{old.name} is the first site of {old.domain}; it stays.")
        view = _view(connection, old)
        if view.users:
            people = "1 person works" if view.users == 1 else f"{view.users} people work"
            raise Refused("name", f"{people} at {old.name}; give them another site first.")
        if standing := _satellites(connection, old):
            raise Refused("name", f"the satellite {standing} stands at {old.name}; remove that first.")
        if view.trunks:
            raise Refused("name", f"{old.name} has outbound routes by {', '.join(view.trunks)}; remove them first.")
        return _remove(connection, who, old)


def listing(engine: Engine, domain: str | None = None) -> list[SiteView]:
    """Sites by domain and name, of one domain or of all."""
    query = select(site).order_by(site.c.domain, site.c.name)
    if domain is not None:
        query = query.where(site.c.domain == domain_name(domain))
    with reading(engine) as connection:
        return [_view(connection, site_of(row)) for row in connection.execute(query).mappings().all()]


def show(engine: Engine, name: str) -> SiteView:
    """One site. Raises `Refused` when there is none."""
    with reading(engine) as connection:
        return _view(connection, require(connection, name))


def require(connection: Connection, name: str) -> Site:
    """The site of `name` or `name@example.org`. Raises `Refused` when there is none."""
    domain, own = located(connection, "name", name, site.c.name)
    return require_in(connection, "name", domain, own)


def require_in(connection: Connection, field: str, domain: str, name: str) -> Site:
    """The site `name` of `domain`. Raises `Refused`, naming `field`, when there is none."""
    found = find(connection, domain, name)
    if found is None:
        raise Refused(field, f"there is no site {name!r} in {domain}; see `carillon site list`.")
    return found


def find(connection: Connection, domain: str, name: str) -> Site | None:
    """The site `name` of `domain`, None when there is none."""
    query = select(site).where(site.c.domain == domain, site.c.name == name)
    row = connection.execute(query).mappings().one_or_none()
    return site_of(row) if row else None


def insert_site(connection: Connection, who: str, new: Site) -> int:
    """Write a new site and its change; for use inside a transaction."""
    connection.execute(insert(site).values(**asdict(new)))
    return record(connection, who, _subject(new), None, state(new, "name"))


def remove_all(connection: Connection, who: str, domain: str) -> None:
    """Remove the sites of a domain that goes."""
    for row in connection.execute(select(site).where(site.c.domain == domain)).mappings().all():
        _remove(connection, who, site_of(row))


def _remove(connection: Connection, who: str, old: Site) -> int:
    connection.execute(delete(site).where(*_is(old)))
    return record(connection, who, _subject(old), state(old, "name"), None)


def _view(connection: Connection, of: Site) -> SiteView:
    people = select(func.count()).select_from(user).where(user.c.domain == of.domain, user.c.site == of.name)
    routes = select(outbound.c.trunk).where(outbound.c.domain == of.domain, outbound.c.site == of.name).distinct()
    trunks = connection.execute(routes.order_by(outbound.c.trunk)).scalars()
    return SiteView(of, connection.execute(people).scalar_one(), tuple(trunks))


def _satellites(connection: Connection, of: Site) -> str:
    there = select(node.c.name).where(node.c.default_domain == of.domain, node.c.site == of.name)
    return ", ".join(connection.execute(there.order_by(node.c.name)).scalars())


def _caller(text: str, country: str) -> str | None:
    return e164("emergency_caller", text, country) if text.strip() else None


def _is(wanted: Site) -> tuple[ColumnElement[bool], ...]:
    return (site.c.domain == wanted.domain, site.c.name == wanted.name)


def _subject(of: Site) -> Subject:
    return Subject(Noun.SITE, of.domain, of.name)
