"""What people type for a thing, `101` or `101@example.org`, and which domain they mean by it."""

from __future__ import annotations

from sqlalchemy import Column, Connection, String, select

from carillon.model.domain import domain_name
from carillon.model.node import MAIN
from carillon.model.refused import Refused
from carillon.model.user import User
from carillon.stores.sql.rows import user_of
from carillon.stores.sql.tables import domain, node, user

_A_MAIN = node.c.role == MAIN
"""A satellite may stand in another country, and for another domain."""


def default_domain(connection: Connection) -> str:
    """The domain of a thing without one. Raises `Refused` for a truth that no `create` has finished."""
    name = connection.execute(select(node.c.default_domain).where(_A_MAIN).order_by(node.c.name).limit(1)).scalar()
    if name is None:
        raise Refused("dir", "this system has no node yet; make one with `carillon create`.")
    return str(name)


def home_country(connection: Connection) -> str:
    """The country of this system's node: where new sites are, unless said otherwise."""
    return str(connection.execute(select(node.c.country).where(_A_MAIN).order_by(node.c.name).limit(1)).scalar_one())


def placed(connection: Connection, text: str) -> tuple[str, str]:
    """Domain and key of a thing to add: what stands after '@', else the default domain. Raises `Refused`."""
    key, at, named = text.strip().partition("@")
    place = domain_name(named) if at else default_domain(connection)
    require_domain(connection, place)
    return place, key


def located(connection: Connection, field: str, text: str, column: Column[str]) -> tuple[str, str]:
    """Domain and key of a thing that should be there, by its key `column` in a table with domains.

    Without a domain it is looked for in the default one; when it is only in others, they are named.
    Raises `Refused`. That the thing exists is still to be checked.
    """
    place, key = placed(connection, text)
    if "@" in text:
        return place, key
    homes = _homes(connection, column, key)
    if homes and place not in homes:
        candidates = ", ".join(f"{key}@{home}" for home in homes)
        raise Refused(field, f"{key} isn't in the default domain {place}; write one of: {candidates}.")
    return place, key


def require_user(connection: Connection, field: str, extension: str) -> User:
    """The user of `101` or `101@example.org`. Raises `Refused`, naming `field`, when there is none."""
    domain, own = located(connection, field, extension, user.c.extension)
    query = select(user).where(user.c.domain == domain, user.c.extension == own)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise Refused(field, f"there is no user {own}@{domain}; see `carillon user list`.")
    return user_of(row)


def require_domain(connection: Connection, name: str) -> None:
    """Raise `Refused` unless this system serves the domain `name`."""
    if connection.execute(select(domain.c.name).where(domain.c.name == name)).first() is None:
        raise Refused("domain", f"{name} isn't served here; add it with `carillon domain add {name}`.")


def _homes(connection: Connection, column: Column[str], key: str) -> list[str]:
    place: Column[String] = column.table.c.domain
    query = select(place).where(place.in_(select(domain.c.name)), column == key).order_by(place)  # by the primary key
    return [str(home) for home in connection.execute(query).scalars()]
