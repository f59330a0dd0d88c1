"""Users: add, set, remove, list, show. A user's extension is a number, so both come and go together."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from sqlalchemy import Engine, delete, insert, select, update

from carillon.model.change import Noun, Subject
from carillon.model.device import Device
from carillon.model.domain import domain_name
from carillon.model.number import Number
from carillon.model.user import User
from carillon.provisioning import devices, numbers
from carillon.provisioning.changes import State, record
from carillon.provisioning.places import placed, require_user
from carillon.stores.sql.engine import reading, writing
from carillon.stores.sql.tables import number, user


@dataclass(frozen=True, slots=True)
class UserView:
    """A user, his devices and all numbers that reach him, his own extension among them."""

    user: User
    devices: tuple[Device, ...]
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Removal:
    """A user who went, the names of his devices, his further numbers, and the sequence of the last change."""

    sequence: int
    user: User
    devices: tuple[str, ...]
    numbers: tuple[str, ...]


def add(engine: Engine, who: str, extension: str, name: str, email: str | None = None) -> int:
    """Add a user with `extension`, `101` or `101@example.org`. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        domain, own = placed(connection, extension)
        new = User(domain, own, name.strip(), (email or "").strip() or None)
        numbers.require_free(connection, "extension", domain, own)
        connection.execute(insert(user).values(**asdict(new)))
        connection.execute(insert(number).values(domain=domain, number=own, target=own))
        return record(connection, who, Subject(Noun.USER, domain, own), None, _state(new))


def set(engine: Engine, who: str, extension: str, name: str | None = None, email: str | None = None) -> int:
    """Change a user's name, e-mail address or both; an empty `email` clears it. Returns the sequence."""
    with writing(engine) as connection:
        before = require_user(connection, "extension", extension)
        after = before if name is None else replace(before, name=name.strip())
        after = after if email is None else replace(after, email=email.strip() or None)
        row = (user.c.domain == after.domain, user.c.extension == after.extension)
        connection.execute(update(user).where(*row).values(name=after.name, email=after.email))
        return record(connection, who, Subject(Noun.USER, after.domain, after.extension), _state(before), _state(after))


def remove(engine: Engine, who: str, extension: str) -> Removal:
    """Remove a user with his devices and the numbers that reach him. Raises `Refused`."""
    with writing(engine) as connection:
        old = require_user(connection, "extension", extension)
        gone_devices = devices.remove_of(connection, who, old.domain, old.extension)
        gone_numbers = numbers.remove_to(connection, who, old.domain, old.extension)
        row = (user.c.domain == old.domain, user.c.extension == old.extension)
        connection.execute(delete(user).where(*row))
        sequence = record(connection, who, Subject(Noun.USER, old.domain, old.extension), _state(old), None)
        return Removal(sequence, old, gone_devices, gone_numbers)


def listing(engine: Engine, domain: str | None = None) -> list[User]:
    """Users by domain and extension, of one domain or of all."""
    query = select(user).order_by(user.c.domain, user.c.extension)
    if domain is not None:
        query = query.where(user.c.domain == domain_name(domain))
    with reading(engine) as connection:
        return [User(**row) for row in connection.execute(query).mappings()]


def show(engine: Engine, extension: str) -> UserView:
    """One user. Raises `Refused` when there is none."""
    with reading(engine) as connection:
        found = require_user(connection, "extension", extension)
        return UserView(
            found,
            devices.of(connection, found.domain, found.extension),
            numbers.to(connection, found.domain, found.extension),
        )


def _state(of: User) -> State:
    return {"name": of.name, "email": of.email}
