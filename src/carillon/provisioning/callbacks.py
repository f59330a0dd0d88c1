"""Call-back on busy: who waits for whom. Asked from phones and by administrators; each is called back once.

What a phone's script gets is plain: dictionaries and numbers.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, insert, or_, select, update

from carillon.model.callback import LONGEST_CLAIM_S, MOST_TRIES, Callback
from carillon.model.change import Noun, Subject
from carillon.model.refused import Refused
from carillon.model.user import User
from carillon.provisioning.changes import State, record
from carillon.provisioning.places import require_user
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import callback, domain, number

MOST_WAITING = 20
"""For so many people somebody may wait at once."""
PAUSE_S = 30.0
"""Between two tries."""


@repeated
def add(engine: Engine, who: str, extension: str, target: str) -> dict[str, Any]:
    """Let somebody wait for whoever has the number `target`; asked again, he waits on. Raises `Refused`."""
    with writing(engine) as connection:
        user = require_user(connection, "extension", extension)
        wanted = _person(connection, user, target)
        now = time.time()
        _expire(connection, who, now)
        lifetime = connection.execute(select(domain.c.callback_s).where(domain.c.name == user.domain)).scalar_one()
        if not lifetime:
            raise Refused("target", f"{user.domain} has no call-back; see `carillon domain set --callback`.")
        waiting = _of(connection, user)
        found = next((one for one in waiting if one.target == wanted.extension), None)
        if found is None and len(waiting) >= MOST_WAITING:
            raise Refused("target", f"{user.extension} waits for {MOST_WAITING} people already.")
        fresh = {"expires_at": now + lifetime, "tries": 0}
        if found is None:
            new = Callback(user.domain, user.extension, wanted.extension, now, **fresh)
            values = {name: value for name, value in asdict(new).items() if name != "id"}
            id = connection.execute(insert(callback).values(**values).returning(callback.c.id)).scalar_one()
            record(connection, who, _subject(user.domain, id), None, _state(new))
        else:
            id = found.id
            connection.execute(update(callback).where(callback.c.id == id).values(**fresh))
            again = Callback(found.domain, found.extension, found.target, found.asked_at, **fresh)
            record(connection, who, _subject(user.domain, id), _state(found), _state(again))
        return {"id": id, "target": wanted.extension, "name": wanted.name}


@repeated
def claim(engine: Engine, who: str, id: int) -> dict[str, Any] | None:
    """Take a call-back to do it, for a minute; None when somebody else has it, or it is no more. In one step."""
    now = time.time()
    with writing(engine) as connection:
        unclaimed = or_(callback.c.claimed_until < now, callback.c.claimed_until > now + LONGEST_CLAIM_S + 1)
        free = unclaimed, callback.c.expires_at > now
        found = _found(connection, id)
        query = update(callback).where(callback.c.id == id, *free).values(claimed_until=now + LONGEST_CLAIM_S)
        if found is None or connection.execute(query).rowcount != 1:
            return None
        record(connection, who, _subject(found.domain, id), _state(found), {**_state(found), "at work": "yes"})
        return _told(connection, found)


@repeated
def taken(engine: Engine, who: str, id: int) -> dict[str, Any] | None:
    """Who waits has answered: from now on nobody calls him back. None when the call-back is no more. In one step."""
    with writing(engine) as connection:
        found = _found(connection, id)
        if found is None or not _remove(connection, who, found):
            return None
        return _told(connection, found)


@repeated
def missed(engine: Engine, who: str, id: int, *, rang: bool) -> bool:
    """Who waits did not answer: tried again after a pause, but not for ever. Whether he still waits."""
    with writing(engine) as connection:
        found = _found(connection, id)
        if found is None:
            return False
        tries = found.tries + rang
        if tries >= MOST_TRIES:
            _remove(connection, f"{who}: not answered {tries} times", found)
            return False
        values = {"tries": tries, "claimed_until": time.time() + PAUSE_S}
        connection.execute(update(callback).where(callback.c.id == id).values(**values))
        record(connection, who, _subject(found.domain, id), {**_state(found), "at work": "yes"}, _state(found))
        return True


@repeated
def again(engine: Engine, who: str, told: dict[str, Any]) -> bool:
    """Somebody else was faster, and the target is busy again: he who waits keeps his place in the queue."""
    with writing(engine) as connection:
        back = Callback(
            *(told["domain"], told["extension"], told["target"], told["asked_at"], told["expires_at"]),
            claimed_until=time.time() + PAUSE_S,
        )
        user = require_user(connection, "extension", f"{back.extension}@{back.domain}")
        if back.expires_at <= time.time() or any(one.target == back.target for one in _of(connection, user)):
            return False
        values = {name: value for name, value in asdict(back).items() if name != "id"}
        id = connection.execute(insert(callback).values(**values).returning(callback.c.id)).scalar_one()
        record(connection, who, _subject(back.domain, id), None, _state(back))
        return True


@repeated
def cancel(engine: Engine, who: str, extension: str, target: str = "") -> list[str]:
    """Let somebody wait no more, for the number `target` or for anybody; the extensions. Raises `Refused`."""
    with writing(engine) as connection:
        user = require_user(connection, "extension", extension)
        wanted = _person(connection, user, target).extension if target else None
        gone = [one for one in _of(connection, user) if wanted in (None, one.target)]
        return [one.target for one in gone if _remove(connection, who, one)]


def waits_for(engine: Engine, who: str, extension: str) -> list[str]:
    """For whom somebody waits, in the order of asking. Raises `Refused`."""
    with reading(engine) as connection:
        found = _of(connection, require_user(connection, "extension", extension))
        return [one.target for one in found if one.expires_at > time.time()]


@repeated
def remove(engine: Engine, who: str, id: int) -> tuple[int, Callback]:
    """Remove one. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        found = _found(connection, id)
        if found is None:
            raise Refused("id", f"there is no call-back {id}; see `carillon callback list`.")
        return _remove(connection, who, found), found


def listing(engine: Engine) -> list[Callback]:
    """All that still wait, in the order in which they are served."""
    query = select(callback).where(callback.c.expires_at > time.time()).order_by(callback.c.asked_at, callback.c.id)
    with reading(engine) as connection:
        return [Callback(**row) for row in connection.execute(query).mappings()]


def clear_of(connection: Connection, who: str, user: User) -> None:
    """Who goes waits for nobody, and nobody for him; inside a transaction."""
    both = or_(callback.c.extension == user.extension, callback.c.target == user.extension)
    query = select(callback).where(callback.c.domain == user.domain, both)
    for row in connection.execute(query).mappings().all():
        _remove(connection, who, Callback(**row))


def _person(connection: Connection, user: User, target: str) -> User:
    """Whoever has a number of the domain. Raises `Refused`."""
    own, _, home = target.strip().partition("@")
    query = select(number.c.target).where(number.c.domain == user.domain, number.c.number == own)
    reached = connection.execute(query).scalar()
    if reached is None or (home and home != user.domain) or not reached.isdigit():
        raise Refused("target", f"there is nobody with {target} in {user.domain}.")
    if reached == user.extension:
        raise Refused("target", "nobody waits for himself; write whom to wait for.")
    return require_user(connection, "target", f"{reached}@{user.domain}")


def _expire(connection: Connection, who: str, now: float) -> None:
    """Nobody needs those whose time is over."""
    old = select(callback).where(callback.c.expires_at <= now)
    for row in connection.execute(old).mappings().all():
        _remove(connection, who, Callback(**row))


def _remove(connection: Connection, who: str, of: Callback) -> int:
    """The sequence of the change; 0 when it was gone already."""
    if connection.execute(delete(callback).where(callback.c.id == of.id)).rowcount != 1:
        return 0
    return record(connection, who, _subject(of.domain, of.id), _state(of), None)


def _told(connection: Connection, of: Callback) -> dict[str, Any]:
    names = {
        name: require_user(connection, "extension", f"{extension}@{of.domain}").name
        for name, extension in (("name", of.extension), ("target_name", of.target))
    }
    return {**asdict(of), **names}


def _found(connection: Connection, id: int) -> Callback | None:
    row = connection.execute(select(callback).where(callback.c.id == id)).mappings().one_or_none()
    return Callback(**row) if row else None


def _of(connection: Connection, user: User) -> list[Callback]:
    query = select(callback).where(*_is(user)).order_by(callback.c.asked_at, callback.c.id)
    return [Callback(**row) for row in _rows(connection.execute(query).mappings())]


def _rows(rows: Iterable[RowMapping]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]


def _is(user: User) -> tuple[ColumnElement[bool], ...]:
    return callback.c.domain == user.domain, callback.c.extension == user.extension


def _subject(domain: str, id: int) -> Subject:
    return Subject(Noun.CALLBACK, domain, str(id))


def _state(of: Callback) -> State:
    return {"extension": of.extension, "target": of.target, "until": f"{of.expires_at:.0f}", "tries": str(of.tries)}
