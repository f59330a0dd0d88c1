"""Outbound routes: add, set, remove, list, show."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, select, update

from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.outbound import OutboundRoute
from carillon.model.refused import Refused
from carillon.provisioning import sites, trunks
from carillon.provisioning.changes import record, state
from carillon.provisioning.places import placed
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.rows import route_of, route_row
from carillon.stores.sql.tables import outbound

EVERYBODY = ""
"""What is typed for the site of a route that everybody may use."""


@repeated
def add(engine: Engine, who: str, prefix: str, trunk: str, site: str | None = None, position: int = 1) -> int:
    """Let numbers that begin with `prefix` ('' for all) go out by `trunk`, in the trunk's domain.

    Returns the sequence; raises `Refused`.
    """
    with writing(engine) as connection:
        carrier = trunks.require(connection, _beside(trunk, prefix), "trunk")
        place = sites.require_in(connection, "site", carrier.domain, site).name if site else None
        new = OutboundRoute(carrier.domain, _prefix(prefix), carrier.name, place, position)
        if connection.execute(select(outbound.c.prefix).where(*_is(new))).first():
            raise Refused("prefix", f"{new.key} is a route already; `carillon outbound set` changes its position.")
        connection.execute(insert(outbound).values(**route_row(new)))
        return record(connection, who, _subject(new), None, state(new))


@repeated
def set(engine: Engine, who: str, prefix: str, position: int, trunk: str | None = None, site: str | None = None) -> int:
    """Change the position of a route: lower ones are tried first. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        before = _require(connection, prefix, trunk, site)
        after = replace(before, position=position)
        connection.execute(update(outbound).where(*_is(after)).values(position=position))
        return record(connection, who, _subject(after), state(before), state(after))


@repeated
def remove(engine: Engine, who: str, prefix: str, trunk: str | None = None, site: str | None = None) -> int:
    """Remove a route. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        old = _require(connection, prefix, trunk, site)
        connection.execute(delete(outbound).where(*_is(old)))
        return record(connection, who, _subject(old), state(old), None)


def listing(engine: Engine, domain: str | None = None, trunk: str | None = None) -> list[OutboundRoute]:
    """Routes in the order of trying, of one trunk, of one domain, or of all."""
    query = select(outbound).order_by(outbound.c.domain)
    with reading(engine) as connection:
        if domain is not None:
            query = query.where(outbound.c.domain == domain_name(domain))
        if trunk is not None:
            carrier = trunks.require(connection, trunk, "trunk")
            query = query.where(outbound.c.domain == carrier.domain, outbound.c.trunk == carrier.name)
        return sorted((route_of(row) for row in connection.execute(query).mappings()), key=_rank)


def show(engine: Engine, prefix: str, trunk: str | None = None, site: str | None = None) -> OutboundRoute:
    """The one route of a prefix, or that of `trunk`, or of `site`. Raises `Refused`."""
    with reading(engine) as connection:
        return _require(connection, prefix, trunk, site)


def _require(connection: Connection, prefix: str, trunk: str | None, site: str | None) -> OutboundRoute:
    found = _matching(connection, prefix, trunk, site)
    shown = _prefix(prefix) or "any number"
    if not found:
        raise Refused("prefix", f"there is no such route for {shown}; see `carillon outbound list`.")
    if len(found) > 1:
        ways = ", ".join(f"--trunk {one.trunk} --site {one.site or repr(EVERYBODY)}" for one in found)
        raise Refused("prefix", f"{shown} has several routes; choose one with {ways}.")
    return found[0]


def _matching(connection: Connection, prefix: str, trunk: str | None, site: str | None) -> list[OutboundRoute]:
    domain, _ = placed(connection, prefix)
    query = select(outbound).where(outbound.c.prefix == _prefix(prefix))
    if trunk is not None:
        carrier = trunks.require(connection, _beside(trunk, prefix), "trunk")
        domain = carrier.domain
        query = query.where(outbound.c.trunk == carrier.name)
    if site is not None:
        query = query.where(outbound.c.site == site)
    rows = connection.execute(query.where(outbound.c.domain == domain)).mappings()
    return sorted((route_of(row) for row in rows), key=_rank)


def _prefix(typed: str) -> str:
    """What somebody types for a prefix, without its domain and blanks; `+` alone is every number."""
    own = "".join(typed.partition("@")[0].split())
    return "" if own == "+" else own


def _beside(trunk: str, prefix: str) -> str:
    """What `trunk` means: in the domain of the prefix, when only that one is written."""
    _, at, named = prefix.partition("@")
    return f"{trunk}@{named}" if at and "@" not in trunk else trunk


def _rank(route: OutboundRoute) -> tuple[str, int, str, bool, int, str]:
    return route.domain, -len(route.prefix), route.prefix, route.site is None, route.position, route.trunk


def _is(wanted: OutboundRoute) -> tuple[ColumnElement[bool], ...]:
    return (
        outbound.c.domain == wanted.domain,
        outbound.c.prefix == wanted.prefix,
        outbound.c.trunk == wanted.trunk,
        outbound.c.site == (wanted.site or EVERYBODY),
    )


def _subject(of: OutboundRoute) -> Subject:
    return Subject(Noun.OUTBOUND, of.domain, of.key)
