"""Users: add, set, remove, list, show. A user's extension is a number, so both come and go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, select, update

from carillon.model.calllimit import most_calls_typed
from carillon.model.change import Noun, Subject
from carillon.model.device import Device
from carillon.model.domain import domain_name
from carillon.model.e164 import e164
from carillon.model.forwarding import ForwardingRow
from carillon.model.number import Number
from carillon.model.pickup import PickupBy
from carillon.model.recording import Whose
from carillon.model.refused import Refused
from carillon.model.rights import Rights
from carillon.model.site import DEFAULT_SITE
from carillon.model.user import User
from carillon.provisioning import (
    books,
    calendars,
    callbacks,
    callers,
    devices,
    forwardings,
    groups,
    mobiles,
    numbers,
    panels,
    pickups,
    presencerules,
    presences,
    recordings,
    sites,
    voicemails,
)
from carillon.provisioning.changes import State, record, state
from carillon.provisioning.places import placed, require_user
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.rows import user_of, user_row
from carillon.stores.sql.tables import number, user


@dataclass(frozen=True, slots=True)
class UserView:
    """A user, his devices, all numbers that reach him, his own among them, the names of his groups, his mobiles."""

    user: User
    devices: tuple[Device, ...]
    numbers: tuple[Number, ...]
    groups: tuple[str, ...]
    mobiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Removal:
    """A user who went, the names of his devices, his further numbers, his groups, and the last change's sequence.

    `forwards` are the rows of others that lead to him: they are passed over from now on.
    """

    sequence: int
    user: User
    devices: tuple[str, ...]
    numbers: tuple[str, ...]
    groups: tuple[str, ...]
    forwards: tuple[ForwardingRow, ...] = ()


@repeated
def add(engine: Engine, who: str, extension: str, name: str, email: str | None = None, site: str | None = None) -> int:
    """Add a user with `extension`, `101` or `101@example.org`. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        domain, own = placed(connection, extension)
        place = DEFAULT_SITE if site is None else _site(connection, domain, site)
        new = User(domain, own, name.strip(), (email or "").strip() or None, place)
        numbers.require_free(connection, "extension", domain, own)
        connection.execute(insert(user).values(**user_row(new)))
        connection.execute(insert(number).values(domain=domain, number=own, target=own))
        return record(connection, who, subject(new), None, user_state(new))


@repeated
def set(
    engine: Engine,
    who: str,
    extension: str,
    name: str | None = None,
    email: str | None = None,
    site: str | None = None,
    caller_number: str | None = None,
    withhold: bool | None = None,
    rights: Rights | None = None,
    call_waiting: bool | None = None,
    mobile: Sequence[str] | None = None,
    pickup: PickupBy | None = None,
    pickup_of: Sequence[str] | None = None,
    rings: bool | None = None,
    most_calls: str | None = None,
) -> int:
    """Change what is given. Returns the sequence; raises `Refused`.

    An empty `email` or `caller_number` clears it, and so does `none` for `most_calls`. `mobile` are all numbers of the
    user's mobiles, none to clear them.
    `caller_number` is understood in the way of the country of the user's site.
    """
    with writing(engine) as connection:
        before = require_user(connection, "extension", extension)
        after = before if name is None else replace(before, name=name.strip())
        after = after if email is None else replace(after, email=email.strip() or None)
        after = after if site is None else replace(after, site=_site(connection, after.domain, site))
        after = after if withhold is None else replace(after, withhold=withhold)
        after = after if rights is None else replace(after, rights=rights)
        after = after if call_waiting is None else replace(after, call_waiting=call_waiting)
        after = after if pickup is None else replace(after, pickup=pickup)
        if pickup_of is not None:
            after = replace(after, pickup_of=pickups.found(connection, after.domain, pickup_of))
        after = after if rings is None else replace(after, rings=rings)
        after = after if most_calls is None else replace(after, most_calls=most_calls_typed(most_calls))
        if caller_number is not None:
            after = replace(after, caller_number=_caller(connection, after, caller_number))
        connection.execute(update(user).where(*_is(after)).values(**user_row(after)))
        if mobile is not None:
            mobiles.set_of(connection, who, after, mobile)
        return record(connection, who, subject(after), user_state(before), user_state(after))


@repeated
def remove(engine: Engine, who: str, extension: str) -> Removal:
    """Remove a user with his devices and the numbers that reach him. Raises `Refused`."""
    with writing(engine) as connection:
        old = require_user(connection, "extension", extension)
        gone_devices = devices.remove_of(connection, who, old.domain, old.extension)
        gone_numbers = numbers.remove_to(connection, who, old.domain, old.extension)
        leads_here = tuple(forwardings.leading_to(connection, old.domain, old.extension))
        forwardings.clear_of(connection, who, old)
        presences.clear_of(connection, who, old)
        calendars.remove_of(connection, who, old)
        presencerules.forget(connection, who, old.domain, old.extension)
        panels.forget(connection, who, old.domain, old.extension)
        voicemails.clear_of(connection, who, old)
        callbacks.clear_of(connection, who, old)
        books.remove_of(connection, who, old)
        mobiles.set_of(connection, who, old, ())
        left_groups = groups.leave_all(connection, who, old.domain, old.extension)
        pickups.forget(connection, who, old.domain, old.extension)
        recordings.remove_of(connection, who, old.domain, Whose.USER, old.extension)
        connection.execute(delete(user).where(*_is(old)))
        sequence = record(connection, who, subject(old), user_state(old), None)
        return Removal(sequence, old, gone_devices, gone_numbers, left_groups, leads_here)


def listing(engine: Engine, domain: str | None = None) -> list[User]:
    """Users by domain and extension, of one domain or of all."""
    query = select(user).order_by(user.c.domain, user.c.extension)
    if domain is not None:
        query = query.where(user.c.domain == domain_name(domain))
    with reading(engine) as connection:
        return [user_of(row) for row in connection.execute(query).mappings()]


def show(engine: Engine, extension: str) -> UserView:
    """One user. Raises `Refused` when there is none."""
    with reading(engine) as connection:
        found = require_user(connection, "extension", extension)
        return UserView(
            found,
            devices.of(connection, found.domain, found.extension),
            numbers.to(connection, found.domain, found.extension),
            tuple(group.name for group in groups.of(connection, found.domain, found.extension)),
            mobiles.numbers_of(connection, found.domain, found.extension),
        )


def subject(of: User) -> Subject:
    """What the journal calls a user."""
    return Subject(Noun.USER, of.domain, of.extension)


def user_state(of: User) -> State:
    """What the journal keeps of a user."""
    return state(of, "extension")


def _site(connection: Connection, domain: str, typed: str) -> str:
    """The name of a site, which must be of the user's domain."""
    own, at, named = typed.strip().partition("@")
    if at and domain_name(named) != domain:
        raise Refused("site", f"{typed} isn't in the user's domain {domain}; choose one of its sites.")
    return sites.require_in(connection, "site", domain, own).name


def _caller(connection: Connection, of: User, typed: str) -> str | None:
    if not typed.strip():
        return None
    country = sites.require_in(connection, "site", of.domain, of.site).country
    found = e164("caller_number", typed.strip(), country)
    callers.require_own(connection, of.domain, of.extension, found)
    return found


def _is(wanted: User) -> tuple[ColumnElement[bool], ...]:
    return (user.c.domain == wanted.domain, user.c.extension == wanted.extension)
