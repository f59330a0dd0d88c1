"""People's voicemail: set, show; and for the services: what counts for a call, and whether a PIN is right."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select

from carillon.model.change import Noun, Subject
from carillon.model.refused import Refused
from carillon.model.user import User
from carillon.model.voicemail import Voicemail, require_pin
from carillon.provisioning.changes import State, record
from carillon.provisioning.pins import hashed, matches
from carillon.provisioning.places import require_user
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import voicemail

NO_PIN = ""


@repeated
def set(
    engine: Engine,
    who: str,
    extension: str,
    pin: str | None = None,
    ask_pin: bool | None = None,
    mail: bool | None = None,
    longest_s: int | None = None,
    most: int | None = None,
) -> int:
    """Change somebody's voicemail; a `pin` of "" takes it away. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        user = require_user(connection, "extension", extension)
        before = of(connection, user)
        after = replace(
            before,
            pin_hash=before.pin_hash if pin is None else _hash(pin),
            ask_pin=before.ask_pin if ask_pin is None else ask_pin,
            mail=before.mail if mail is None else mail,
            longest_s=before.longest_s if longest_s is None else longest_s,
            most=before.most if most is None else most,
        )
        connection.execute(delete(voicemail).where(_is(user)))
        connection.execute(insert(voicemail).values(**asdict(after)))
        states = _state(before), _state(after, changed=pin is not None)
        return record(connection, who, Subject(Noun.VOICEMAIL, user.domain, user.extension), *states)


def set_pin(engine: Engine, who: str, extension: str, pin: str) -> int:
    """A new PIN, as its owner dialled it. Returns the sequence; raises `Refused`."""
    return set(engine, who, extension, pin=pin)


def show(engine: Engine, extension: str) -> tuple[User, Voicemail]:
    """Somebody's voicemail. Raises `Refused`."""
    with reading(engine) as connection:
        user = require_user(connection, "extension", extension)
        return user, of(connection, user)


def of(connection: Connection, user: User) -> Voicemail:
    """The voicemail of a user; everybody has one."""
    row = connection.execute(select(voicemail).where(_is(user))).mappings().one_or_none()
    return Voicemail(**row) if row else Voicemail(user.domain, user.extension)


def pin_is_right(engine: Engine, who: str, extension: str, pin: str) -> bool:
    """Whether this is the PIN of a mailbox; for one that there is not, no, after as long."""
    with reading(engine) as connection:
        try:
            kept = of(connection, require_user(connection, "extension", extension)).pin_hash
        except Refused:
            kept = None
    return matches(pin, kept)


def clear_of(connection: Connection, who: str, user: User) -> None:
    """Forget the settings of somebody who goes; inside a transaction."""
    before = of(connection, user)
    if connection.execute(delete(voicemail).where(_is(user))).rowcount:
        record(connection, who, Subject(Noun.VOICEMAIL, user.domain, user.extension), _state(before), None)


def _hash(pin: str) -> str | None:
    if pin == NO_PIN:
        return None
    require_pin(pin)
    return hashed(pin)


def _state(of: Voicemail, *, changed: bool = False) -> State:
    """What the journal keeps: never a PIN, nor its hash."""
    pin = "none" if of.pin_hash is None else "changed" if changed else "set"
    numbers = {"longest": str(of.longest_s), "most": str(of.most)}
    return {"pin": pin, "ask_pin": _word(of.ask_pin), "mail": _word(of.mail), **numbers}


def _word(chosen: bool) -> str:
    return "yes" if chosen else "no"


def _is(user: User) -> Any:
    return (voicemail.c.domain == user.domain) & (voicemail.c.extension == user.extension)
