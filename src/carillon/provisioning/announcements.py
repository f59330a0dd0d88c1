"""Announcements: add, set, remove, list, show. Their sounds are files, which the caller keeps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select

from carillon.model.announcement import Announcement
from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.refused import Refused
from carillon.model.target import Target, TargetKind
from carillon.provisioning.changes import record, state
from carillon.provisioning.places import located, placed
from carillon.provisioning.targets import require_unused, target_typed
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import announcement


@dataclass(frozen=True, slots=True)
class Played:
    """How an announcement is played, as somebody typed it; None is as it was. `then` "" is nowhere."""

    seconds: float | None = None
    times: int | None = None
    answer: bool | None = None
    code: int | None = None
    then: str | None = None


@repeated
def add(engine: Engine, who: str, name: str, played: Played) -> int:
    """Make the announcement `name` or `name@example.org`. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        domain, own = placed(connection, name)
        if _found(connection, domain, own) is not None:
            raise Refused("name", f"{own} is an announcement of {domain} already; `announcement set` changes it.")
        new = _changed(connection, Announcement(domain, own, 0.0), played)
        connection.execute(insert(announcement).values(**_values(new)))
        return record(connection, who, _subject(new), None, state(new, "name"))


@repeated
def set(engine: Engine, who: str, name: str, played: Played) -> int:
    """Change how an announcement is played. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        before = require(connection, name)
        after = _changed(connection, before, played)
        connection.execute(delete(announcement).where(_is(before)))
        connection.execute(insert(announcement).values(**_values(after)))
        return record(connection, who, _subject(after), state(before, "name"), state(after, "name"))


@repeated
def remove(engine: Engine, who: str, name: str) -> int:
    """Remove an announcement that nothing leads to. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        old = require(connection, name)
        require_unused(connection, old.domain, Target(TargetKind.ANNOUNCEMENT, old.name))
        connection.execute(delete(announcement).where(_is(old)))
        return record(connection, who, _subject(old), state(old, "name"), None)


def listing(engine: Engine, domain: str | None = None) -> list[Announcement]:
    """Announcements by domain and name, of one domain or of all."""
    query = select(announcement).order_by(announcement.c.domain, announcement.c.name)
    if domain is not None:
        query = query.where(announcement.c.domain == domain_name(domain))
    with reading(engine) as connection:
        return [_read(row) for row in connection.execute(query).mappings()]


def show(engine: Engine, name: str) -> Announcement:
    """One announcement. Raises `Refused` when there is none."""
    with reading(engine) as connection:
        return require(connection, name)


def require(connection: Connection, name: str) -> Announcement:
    """The announcement of a name. Raises `Refused` when there is none."""
    domain, own = located(connection, "name", name, announcement.c.name)
    found = _found(connection, domain, own)
    if found is None:
        raise Refused("name", f"there is no announcement {own} in {domain}; see `carillon announcement list`.")
    return found


def _changed(connection: Connection, of: Announcement, typed: Played) -> Announcement:
    after = of if typed.seconds is None else replace(of, seconds=typed.seconds)
    after = after if typed.times is None else replace(after, times=typed.times)
    after = after if typed.answer is None else replace(after, answer=typed.answer)
    after = after if typed.code is None else replace(after, code=typed.code)
    if typed.code is not None and after.answer:
        raise Refused("code", "is for --answer no: a call that was answered just ends.")
    if typed.then is None:
        return after
    return replace(after, then=_then(connection, of.domain, typed.then) if typed.then.strip() else None)


def _then(connection: Connection, domain: str, typed: str) -> Target:
    then = target_typed(connection, "then", domain, typed)
    if then == Target(TargetKind.VOICEMAIL):
        raise Refused("then", "an announcement has no voicemail of its own; write whose it is: voicemail:101.")
    if then.is_outside:
        raise Refused("then", f"{then} is outside; let {then} be the forwarding of an extension, and choose that.")
    return then


def _found(connection: Connection, domain: str, name: str) -> Announcement | None:
    query = select(announcement).where(announcement.c.domain == domain, announcement.c.name == name)
    row = connection.execute(query).mappings().one_or_none()
    return _read(row) if row else None


def _read(row: RowMapping) -> Announcement:
    then = Target.read(row["overflow"]) if row["overflow"] else None
    own = (row["domain"], row["name"], row["seconds"], row["times"], row["answer"], row["code"])
    return Announcement(*own, then)


def _values(of: Announcement) -> dict[str, Any]:
    kept = {"domain": of.domain, "name": of.name, "seconds": of.seconds, "times": of.times, "answer": of.answer}
    return {**kept, "code": of.code, "overflow": str(of.then) if of.then else None}


def _is(of: Announcement) -> Any:
    return (announcement.c.domain == of.domain) & (announcement.c.name == of.name)


def _subject(of: Announcement) -> Subject:
    return Subject(Noun.ANNOUNCEMENT, of.domain, of.name)
