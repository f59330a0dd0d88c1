"""What is shown of people, whom they let watch, and whether a call makes them busy: for a person or a whole domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, select

from carillon.model.change import Noun, Subject
from carillon.model.refused import Refused
from carillon.presence.privacy import EVERYBODY, GROUP, GROUPS, NOBODY, RuleRow
from carillon.provisioning.changes import record, state
from carillon.provisioning.places import default_domain, require_domain, require_user
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import group, presence_rule

_ALONE = frozenset({EVERYBODY, NOBODY})


@repeated
def set(
    engine: Engine,
    who: str,
    extension: str | None,
    domain: str | None = None,
    busy_in_call: bool | None = None,
    watchers: Sequence[str] | None = None,
    note: bool | None = None,
    callers: bool | None = None,
) -> int:
    """Change what is given, for a person, or for all of a domain (the default one without any) who set nothing else.

    `watchers`: `everybody`, `nobody`, or extensions, `group:NAME` and `groups`. Returns the sequence; raises `Refused`.
    """
    with writing(engine) as connection:
        before = _row(connection, *_place(connection, extension, domain))
        after = before if busy_in_call is None else replace(before, busy_in_call=busy_in_call)
        after = after if watchers is None else replace(after, watchers=_watchers(connection, before.domain, watchers))
        after = after if note is None else replace(after, note=note)
        after = after if callers is None else replace(after, callers=callers)
        return _put(connection, who, before, after)


@repeated
def clear(engine: Engine, who: str, extension: str | None, domain: str | None = None) -> int:
    """As usual again: as the domain has it, or for a domain as at first. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        before = _row(connection, *_place(connection, extension, domain))
        return _put(connection, who, before, RuleRow(before.domain, before.extension))


def show(engine: Engine, extension: str | None, domain: str | None = None) -> tuple[RuleRow, RuleRow]:
    """What is set for a person or domain, and what is for the whole domain. Raises `Refused`."""
    with reading(engine) as connection:
        place = _place(connection, extension, domain)
        return _row(connection, *place), _row(connection, place[0], "")


def forget(connection: Connection, who: str, domain: str, extension: str) -> None:
    """Take a person who goes out of all rules: whoever gets the extension next is somebody else."""
    for row in connection.execute(select(presence_rule).where(presence_rule.c.domain == domain)).mappings().all():
        before = RuleRow(**row)
        named = (before.watchers or "").split()
        if before.extension == extension:
            _put(connection, who, before, RuleRow(domain, extension))
        elif extension in named:
            rest = " ".join(each for each in named if each != extension)
            _put(connection, who, before, replace(before, watchers=rest or NOBODY))


def remove_all(connection: Connection, who: str, domain: str) -> None:
    """Forget the rules of a domain that goes."""
    before = _row(connection, domain, "")
    _put(connection, who, before, RuleRow(domain))


def _put(connection: Connection, who: str, before: RuleRow, after: RuleRow) -> int:
    connection.execute(delete(presence_rule).where(_is(after)))
    nothing = RuleRow(after.domain, after.extension)
    if after != nothing:
        connection.execute(insert(presence_rule).values(**asdict(after)))
    subject = Subject(Noun.PRESENCE_RULE, after.domain, after.extension or after.domain[:64])
    states = [None if each == nothing else state(each, "extension") for each in (before, after)]
    return record(connection, who, subject, *states)


def _watchers(connection: Connection, domain: str, typed: Sequence[str]) -> str:
    words = tuple(dict.fromkeys(_word(connection, domain, each.strip()) for each in typed if each.strip()))
    if not words or (len(words) > 1 and _ALONE.intersection(words)):
        raise Refused("watchers", "must be everybody, nobody, or some of: groups, group:NAME, extensions.")
    return " ".join(words)


def _word(connection: Connection, domain: str, word: str) -> str:
    if word in (EVERYBODY, NOBODY, GROUPS):
        return word
    if not word.startswith(GROUP):
        return require_user(connection, "watchers", word if "@" in word else f"{word}@{domain}").extension
    name = word.removeprefix(GROUP)
    if connection.execute(select(group.c.name).where(group.c.domain == domain, group.c.name == name)).first() is None:
        raise Refused("watchers", f"there is no group {name} in {domain}; see `carillon group list`.")
    return word


def _place(connection: Connection, extension: str | None, domain: str | None) -> tuple[str, str]:
    if extension is not None and domain is not None:
        raise Refused("domain", "is for a whole domain; write the extension as 102@example.org.")
    if extension is not None:
        user = require_user(connection, "extension", extension)
        return user.domain, user.extension
    name = domain or default_domain(connection)
    require_domain(connection, name)
    return name, ""


def _row(connection: Connection, domain: str, extension: str) -> RuleRow:
    row = connection.execute(select(presence_rule).where(_is(RuleRow(domain, extension)))).mappings().one_or_none()
    return RuleRow(**row) if row else RuleRow(domain, extension)


def _is(of: RuleRow) -> ColumnElement[bool]:
    return (presence_rule.c.domain == of.domain) & (presence_rule.c.extension == of.extension)
