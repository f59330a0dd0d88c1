"""Devices: add, set, remove, list, show. Passwords pass through as HA1 and are kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

from sqlalchemy import Connection, Engine, delete, insert, select, update

from carillon.model.change import Noun, Subject
from carillon.model.device import Device, require_device_name
from carillon.model.domain import domain_name
from carillon.model.refused import Refused
from carillon.provisioning import sites
from carillon.provisioning.changes import State, change_row, record, record_all
from carillon.provisioning.places import located, require_user
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import device
from carillon.stores.sql.tables import user as person


@repeated
def add(
    engine: Engine,
    who: str,
    name: str,
    user: str,
    password: str,
    *,
    encryption: bool = False,
    priority: float | None = None,
) -> int:
    """Give the user of extension `user` a device, in his domain. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        owner = require_user(connection, "user", user)
        own_name = _name_beside(name, owner.domain)
        plain = Device.with_password(owner.domain, own_name, owner.extension, password)
        new = replace(plain, encryption=encryption, priority=priority)
        if _found(connection, new.domain, new.name):
            raise Refused("name", f"{new.name} is a device of {new.domain} already; choose another name.")
        connection.execute(insert(device).values(**asdict(new)))
        return record(connection, who, Subject(Noun.DEVICE, new.domain, new.name), None, _state(new))


@repeated
def set(
    engine: Engine,
    who: str,
    name: str,
    password: str | None = None,
    user: str | None = None,
    *,
    encryption: bool | None = None,
    priority: float | str | None = None,
) -> int:
    """Change a device's password, encryption or priority, hand it to another user. Returns the sequence.

    A `priority` of "" leaves the phone its own again.
    """
    with writing(engine) as connection:
        before = require(connection, name)
        owner = before.extension if user is None else _new_owner(connection, before, user)
        after = replace(before, extension=owner)
        if password is not None:
            after = Device.with_password(before.domain, before.name, owner, password)
        kept = before.encryption if encryption is None else encryption
        after = replace(after, encryption=kept, priority=before.priority)
        if priority is not None:
            after = replace(after, priority=None if isinstance(priority, str) else priority)
        row = (device.c.domain == after.domain, device.c.name == after.name)
        connection.execute(update(device).where(*row).values(**asdict(after)))
        state = {**_state(after), **({} if after.ha1_sha256 == before.ha1_sha256 else {"password": "changed"})}
        return record(connection, who, Subject(Noun.DEVICE, after.domain, after.name), _state(before), state)


def of_site(engine: Engine, site: str) -> list[Device]:
    """The devices of all who work at a site, by name. Raises `Refused` when there is no such site."""
    with reading(engine) as connection:
        return _of_site(connection, site)


@repeated
def renew(engine: Engine, who: str, site: str, made: Callable[[], str]) -> tuple[list[tuple[Device, str]], int]:
    """Give each device of a site's people another password, all or none; each with its own, and the sequence.

    Raises `Refused`.
    """
    with writing(engine) as connection:
        renewed = [(one, made()) for one in _of_site(connection, site)]
        if not renewed:
            raise Refused("site", f"nobody at {site} has a device.")
        rows = []
        for one, password in renewed:
            fresh = Device.with_password(one.domain, one.name, one.extension, password)
            after = replace(fresh, encryption=one.encryption, priority=one.priority)
            row = (device.c.domain == one.domain, device.c.name == one.name)
            connection.execute(update(device).where(*row).values(**asdict(after)))
            subject, told = Subject(Noun.DEVICE, one.domain, one.name), _state(one)
            rows.append(change_row(who, subject, told, {**told, "password": "changed"}))
        return renewed, record_all(connection, rows)


def _of_site(connection: Connection, site: str) -> list[Device]:
    where = sites.require(connection, site)
    works_there = (person.c.domain == where.domain) & (person.c.site == where.name)
    his = (person.c.domain == device.c.domain) & (person.c.extension == device.c.extension)
    found = connection.execute(select(device).join(person, his).where(works_there)).mappings()
    return sorted((Device(**row) for row in found), key=lambda one: one.name)


@repeated
def remove(engine: Engine, who: str, name: str) -> int:
    """Remove a device: it can't register any more. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        return _remove(connection, who, require(connection, name))


def listing(engine: Engine, user: str | None = None, domain: str | None = None) -> list[Device]:
    """Devices by domain and name, of one user, of one domain, or of all. Raises `Refused`."""
    query = select(device).order_by(device.c.domain, device.c.name)
    with reading(engine) as connection:
        if domain is not None:
            query = query.where(device.c.domain == domain_name(domain))
        if user is not None:
            owner = require_user(connection, "user", user)
            query = query.where(device.c.domain == owner.domain, device.c.extension == owner.extension)
        return [Device(**row) for row in connection.execute(query).mappings()]


def show(engine: Engine, name: str) -> Device:
    """One device, `desk` or `desk@example.org`. Raises `Refused` when there is none."""
    with reading(engine) as connection:
        return require(connection, name)


def require(connection: Connection, name: str) -> Device:
    """The device of `desk` or `desk@example.org`. Raises `Refused` when there is none."""
    domain, own = located(connection, "name", name, device.c.name)
    found = _found(connection, domain, own)
    if found is None:
        require_device_name("name", own)
        raise Refused("name", f"there is no device {own} in {domain}; see `carillon device list`.")
    return found


def of(connection: Connection, domain: str, extension: str) -> tuple[Device, ...]:
    """The devices of one user by name."""
    query = select(device).where(device.c.domain == domain, device.c.extension == extension)
    found = (Device(**row) for row in connection.execute(query).mappings())
    return tuple(sorted(found, key=lambda one: one.name))  # here: ORDER BY sends SQLite through the whole domain


def remove_of(connection: Connection, who: str, domain: str, extension: str) -> tuple[str, ...]:
    """Remove all devices of a user who goes; returns their names."""
    gone = of(connection, domain, extension)
    for old in gone:
        _remove(connection, who, old)
    return tuple(old.name for old in gone)


def _remove(connection: Connection, who: str, old: Device) -> int:
    connection.execute(delete(device).where(device.c.domain == old.domain, device.c.name == old.name))
    return record(connection, who, Subject(Noun.DEVICE, old.domain, old.name), _state(old), None)


def _new_owner(connection: Connection, of: Device, user: str) -> str:
    """The extension of the user who gets a device: of the same domain, which is part of the device's HA1."""
    owner = require_user(connection, "user", user if "@" in user else f"{user}@{of.domain}")
    if owner.domain != of.domain:
        raise Refused("user", f"must be of {of.domain}, like {of.name}; add a device for {user} instead.")
    return owner.extension


def _name_beside(name: str, domain: str) -> str:
    """The name of a new device: it may carry its user's domain, and no other one."""
    own, at, named = name.partition("@")
    require_device_name("name", own)
    if at and domain_name(named) != domain:
        raise Refused("name", f"{name} isn't in its user's domain {domain}; leave out what stands after '@'.")
    return own


def _found(connection: Connection, domain: str, name: str) -> Device | None:
    query = select(device).where(device.c.domain == domain, device.c.name == name)
    row = connection.execute(query).mappings().one_or_none()
    return Device(**row) if row else None


def _state(of: Device) -> State:
    priority = {} if of.priority is None else {"priority": f"{of.priority:g}"}
    return {"user": of.extension, **({"encryption": "on"} if of.encryption else {}), **priority}
