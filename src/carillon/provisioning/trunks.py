"""Trunks: add, set, remove, list, show. Their passwords are sealed, and never shown again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, or_, select, update

from carillon.model.calllimit import most_calls_typed
from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.e164 import country_code, e164
from carillon.model.host import Address
from carillon.model.label import require_label
from carillon.model.outbound import OutboundRoute
from carillon.model.recording import Whose
from carillon.model.refused import Refused
from carillon.model.site import DEFAULT_SITE
from carillon.model.trunk import NumberFormat, Transport, Trunk, default_port
from carillon.provisioning import callers, sites
from carillon.provisioning.changes import State, record, state
from carillon.provisioning.places import located, placed
from carillon.provisioning.trunkkey import TrunkKey
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.rows import SEALED, route_of, trunk_of
from carillon.stores.sql.tables import node, outbound, trunk

PASSWORD = "password"
LONGEST_PASSWORD = 128


@dataclass(frozen=True, slots=True)
class TrunkView:
    """A trunk, whether a password is kept for it, and the routes that use it."""

    trunk: Trunk
    has_password: bool
    routes: tuple[OutboundRoute, ...]


@dataclass(frozen=True, slots=True)
class TrunkFields:
    """What somebody types for a trunk; None leaves a field as it is, an empty text clears it.

    `most_calls` is a number, or `none`.
    `address` is `HOST:PORT` or `[IPv6]:PORT`; `main_number` is understood in the way of `country`.
    """

    address: str | None = None
    transport: Transport | None = None
    country: str | None = None
    register_as: str | None = None
    realm: str | None = None
    main_number: str | None = None
    priority: int | None = None
    trusted: bool | None = None
    from_format: NumberFormat | None = None
    enabled: bool | None = None
    probe: bool | None = None
    from_user: str | None = None
    most_calls: str | None = None
    naptr: bool | None = None


@repeated
def add(engine: Engine, who: str, key: TrunkKey, name: str, typed: TrunkFields, password: str | None = None) -> int:
    """Add the trunk `name` or `name@example.org`. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        domain, own = placed(connection, name)
        require_label("name", own)
        if _find(connection, domain, own):
            raise Refused("name", f"{own} is a trunk of {domain} already; `carillon trunk set` changes it.")
        home = sites.require_in(connection, "site", domain, DEFAULT_SITE).country
        new = _changed(Trunk(domain, own, "localhost", country=home), _with_address(typed))
        _require_sound(connection, new, has_password=bool(password))
        sealed = key.seal(_checked(password)) if password else None
        connection.execute(insert(trunk).values(**_values(new), **{SEALED: sealed}))
        return record(connection, who, _subject(new), None, _state(new, sealed))


@repeated
def set(engine: Engine, who: str, key: TrunkKey, name: str, typed: TrunkFields, password: str | None = None) -> int:
    """Change what is given. A trunk that no longer registers forgets its password. Returns the sequence."""
    with writing(engine) as connection:
        before = require(connection, name)
        old_sealed = _sealed(connection, before)
        after = _changed(before, typed)
        sealed = key.seal(_checked(password)) if password else (old_sealed if after.register_as else None)
        _require_sound(connection, after, has_password=sealed is not None)
        connection.execute(update(trunk).where(*_is(after)).values(**_values(after), **{SEALED: sealed}))
        _require_callers(connection, before, after)
        states = _state(before, old_sealed), _state(after, sealed, changed=bool(password and old_sealed))
        return record(connection, who, _subject(after), *states)


@repeated
def remove(engine: Engine, who: str, name: str) -> int:
    """Remove a trunk that no outbound route uses. Returns the sequence; raises `Refused`."""
    from carillon.provisioning import recordings  # it asks this module for names

    with writing(engine) as connection:
        old = require(connection, name)
        used = _routes(connection, old)
        if used:
            raise Refused("name", f"{old.name} carries {used[0].prefix or 'any number'}; remove that outbound route.")
        sealed = _sealed(connection, old)
        connection.execute(delete(trunk).where(*_is(old)))
        _require_callers(connection, old, None)
        recordings.remove_of(connection, who, old.domain, Whose.TRUNK, old.name)
        return record(connection, who, _subject(old), _state(old, sealed), None)


def listing(engine: Engine, domain: str | None = None) -> list[TrunkView]:
    """Trunks by domain, priority and name, of one domain or of all."""
    query = select(trunk).order_by(trunk.c.domain, trunk.c.priority, trunk.c.name)
    if domain is not None:
        query = query.where(trunk.c.domain == domain_name(domain))
    with reading(engine) as connection:
        return [_view(connection, trunk_of(row)) for row in connection.execute(query).mappings().all()]


def show(engine: Engine, name: str) -> TrunkView:
    """One trunk. Raises `Refused` when there is none."""
    with reading(engine) as connection:
        return _view(connection, require(connection, name))


def passwords(engine: Engine, key: TrunkKey) -> Mapping[tuple[str, str], str]:
    """The passwords of all enabled trunks that register, by domain and name: for whoever registers them, only.

    Raises `Refused` when one can't be read with the key.
    """
    query = select(trunk).where(trunk.c.sealed_password.is_not(None), trunk.c.enabled)
    with reading(engine) as connection:
        rows = connection.execute(query).mappings().all()
    return {(row["domain"], row["name"]): key.open(row[SEALED]) for row in rows}


def logins(engine: Engine) -> Mapping[tuple[str, str], tuple[str, str]]:
    """User and sealed password of every enabled trunk that has one, by domain and name."""
    query = select(trunk).where(trunk.c.sealed_password.is_not(None), trunk.c.enabled)
    with reading(engine) as connection:
        rows = connection.execute(query).mappings().all()
    return {(row["domain"], row["name"]): (row["register_as"], row[SEALED]) for row in rows}


def require(connection: Connection, name: str, field: str = "name") -> Trunk:
    """The trunk of `name` or `name@example.org`. Raises `Refused`, naming `field`, when there is none."""
    domain, own = located(connection, field, name, trunk.c.name)
    found = _find(connection, domain, own)
    if found is None:
        raise Refused(field, f"there is no trunk {own} in {domain}; see `carillon trunk list`.")
    return found


def _with_address(typed: TrunkFields) -> TrunkFields:
    if not typed.address:
        raise Refused("address", "is missing; write HOST:PORT or [IPv6]:PORT.")
    return typed


def _changed(before: Trunk, typed: TrunkFields) -> Trunk:
    """The trunk with what was typed."""
    plain = ("transport", "priority", "trusted", "from_format", "enabled", "probe", "naptr")
    new: dict[str, Any] = {name: getattr(typed, name) for name in plain if getattr(typed, name) is not None}
    transport = new.get("transport", before.transport)
    if typed.address is not None:
        address = Address.parse(typed.address, default_port(transport), by_dns=True)
        new.update(host=address.host, port=address.port)
    country = before.country if typed.country is None else country_code("country", typed.country)
    if typed.register_as is not None:
        new["register_as"] = typed.register_as.strip() or None
    if typed.from_user is not None:
        new["from_user"] = typed.from_user.strip() or None
    if typed.most_calls is not None:
        new["most_calls"] = most_calls_typed(typed.most_calls)
    if typed.realm is not None:
        new["realm"] = domain_name(typed.realm, "realm") if typed.realm.strip() else None
    if typed.main_number is not None:
        new["main_number"] = e164("main_number", typed.main_number, country) if typed.main_number.strip() else None
    return replace(before, country=country, **new)


def _require_sound(connection: Connection, of: Trunk, has_password: bool) -> None:
    """Raise `Refused` for a trunk that can't work, or that can't be told from another one."""
    if has_password and not of.register_as:
        raise Refused("password", "is of no use without a user name; give --register-as too.")
    if of.register_as and not has_password:
        raise Refused("password", f"is missing for {of.register_as}; give --password - and type the provider's.")
    ours = select(node.c.name).where(
        or_(node.c.address == of.host, node.c.advertise == of.host),
        or_(node.c.sip_port == of.port, node.c.tls_port == of.port),
    )
    if connection.execute(ours).first():
        raise Refused("address", f"{of.address} is this system itself; write the provider's.")
    if of.register_as is None:
        _require_alone(connection, of)


def _require_alone(connection: Connection, of: Trunk) -> None:
    """A provider who doesn't register us is known by his address: it must say which trunk is meant."""
    others = select(trunk.c.domain, trunk.c.name).where(
        trunk.c.host == of.host, trunk.c.port == of.port, trunk.c.register_as.is_(None)
    )
    for other in connection.execute(others):
        if (other.domain, other.name) != (of.domain, of.name):
            raise Refused("address", f"{of.address} is the trunk {other.name}@{other.domain} already; use that one.")


def _require_callers(connection: Connection, before: Trunk, after: Trunk | None) -> None:
    """Nobody may be left with a caller's number that isn't one of ours any more."""
    gone = before.main_number
    if gone is None or (after and after.main_number == gone):
        return
    callers.require_reaches(connection, "main_number", before.domain, gone)


def _checked(password: str) -> str:
    if len(password) > LONGEST_PASSWORD or not password.isprintable():
        raise Refused("password", f"can't be used; at most {LONGEST_PASSWORD} printable characters are.")
    return password


def _sealed(connection: Connection, of: Trunk) -> str | None:
    sealed: str | None = connection.execute(select(trunk.c.sealed_password).where(*_is(of))).scalar_one()
    return sealed


def _find(connection: Connection, domain: str, name: str) -> Trunk | None:
    query = select(trunk).where(trunk.c.domain == domain, trunk.c.name == name)
    row = connection.execute(query).mappings().one_or_none()
    return trunk_of(row) if row else None


def _routes(connection: Connection, of: Trunk) -> tuple[OutboundRoute, ...]:
    query = select(outbound).where(outbound.c.domain == of.domain, outbound.c.trunk == of.name)
    rows = connection.execute(query.order_by(outbound.c.prefix, outbound.c.site)).mappings()
    return tuple(route_of(row) for row in rows)


def _view(connection: Connection, of: Trunk) -> TrunkView:
    return TrunkView(of, _sealed(connection, of) is not None, _routes(connection, of))


def _values(of: Trunk) -> dict[str, Any]:
    return {each.name: getattr(of, each.name) for each in fields(of)}


def _state(of: Trunk, sealed: str | None, changed: bool = False) -> State:
    if sealed is None:
        return state(of, "name")
    return {**state(of, "name"), PASSWORD: "changed" if changed else "kept"}


def _is(wanted: Trunk) -> tuple[ColumnElement[bool], ...]:
    return (trunk.c.domain == wanted.domain, trunk.c.name == wanted.name)


def _subject(of: Trunk) -> Subject:
    return Subject(Noun.TRUNK, of.domain, of.name)
