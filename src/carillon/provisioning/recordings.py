"""Rules that say which calls are recorded: add, remove, list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, update

from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.recording import LONGEST_SOUND_S, TONE, Calls, Rule, Whose, calls, whose
from carillon.model.refused import Refused
from carillon.model.target import TargetKind
from carillon.provisioning import announcements, groups, trunks
from carillon.provisioning.changes import record, state
from carillon.provisioning.places import default_domain, require_domain, require_user
from carillon.provisioning.targets import target_typed
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import recording_rule


@dataclass(frozen=True, slots=True)
class Announced:
    """What both sides are to hear, as somebody typed it; None is as it was. `tone_every_s` 0 is never again."""

    announce: str | None = None
    tone_every_s: int | None = None


@repeated
def add(
    engine: Engine,
    who: str,
    subject: str,
    which: str = Calls.ALL,
    *,
    required: bool = False,
    on_demand: bool = False,
    pausable: bool = False,
    announced: Announced = Announced(),
) -> tuple[Rule, int]:
    """Record calls of `101`, `group:sales`, `trunk:provider` or `everybody`; raises `Refused`."""
    with writing(engine) as connection:
        domain, kind, name = _whose(connection, subject)
        told = _announced(connection, domain, announced, "", 0)
        new = Rule(domain, kind, name, calls(which), required, 0, on_demand, pausable, *told)
        same = [one for one in _of(connection, domain) if (one.whose, one.name, one.calls) == (kind, name, new.calls)]
        if same:
            raise Refused("whose", f"rule {same[0].id} says so already; `carillon recording rule remove` removes it.")
        values = {"domain": domain, "whose": kind, "name": name, "calls": new.calls, "required": required}
        values |= {"on_demand": on_demand, "pausable": pausable}
        values |= {"announce": new.announce, "tone_every_s": new.tone_every_s}
        key = connection.execute(insert(recording_rule).values(values)).inserted_primary_key
        kept = replace(new, id=int(key[0]) if key else 0)
        return kept, record(connection, who, _subject(kept), None, state(kept, "id"))


@repeated
def set(engine: Engine, who: str, rule: int, announced: Announced) -> tuple[Rule, int]:
    """Change what both sides hear of these recordings. Returns rule and sequence; raises `Refused`."""
    with writing(engine) as connection:
        before = _require(connection, rule)
        told = _announced(connection, before.domain, announced, before.announce, before.tone_every_s)
        after = replace(before, announce=told[0], tone_every_s=told[1])
        values = {"announce": after.announce, "tone_every_s": after.tone_every_s}
        connection.execute(update(recording_rule).where(recording_rule.c.id == rule).values(values))
        return after, record(connection, who, _subject(after), state(before, "id"), state(after, "id"))


@repeated
def remove(engine: Engine, who: str, rule: int) -> tuple[Rule, int]:
    """Record these calls no more; recordings stay. Returns rule and sequence; raises `Refused`."""
    with writing(engine) as connection:
        old = _require(connection, rule)
        return old, _remove(connection, who, old)


def listing(engine: Engine, domain: str | None = None) -> list[Rule]:
    """Rules by domain and number, of one domain or of all."""
    query = select(recording_rule).order_by(recording_rule.c.domain, recording_rule.c.id)
    if domain is not None:
        query = query.where(recording_rule.c.domain == domain_name(domain))
    with reading(engine) as connection:
        return [_read(row) for row in connection.execute(query).mappings()]


def remove_all(connection: Connection, who: str, domain: str) -> None:
    """Remove the rules of a domain that goes."""
    for old in _of(connection, domain):
        _remove(connection, who, old)


def remove_of(connection: Connection, who: str, domain: str, kind: Whose, name: str) -> None:
    """Remove the rules about a person, group or trunk that goes."""
    for old in _of(connection, domain):
        if (old.whose, old.name) == (kind, name):
            _remove(connection, who, old)


def _whose(connection: Connection, typed: str) -> tuple[str, Whose, str]:
    kind, name = whose(typed)
    match kind:
        case Whose.USER:
            user = require_user(connection, "whose", name)
            return user.domain, kind, user.extension
        case Whose.GROUP:
            group = groups.require(connection, name)
            return group.domain, kind, group.name
        case Whose.TRUNK:
            trunk = trunks.require(connection, name, "whose")
            return trunk.domain, kind, trunk.name
        case _:
            domain = domain_name(name[1:]) if name else default_domain(connection)
            require_domain(connection, domain)
            return domain, kind, ""


def _announced(
    connection: Connection, domain: str, typed: Announced, announce: str, tone_every_s: int
) -> tuple[str, int]:
    """What is heard, and how often a tone is, where somebody has typed some of it."""
    if typed.announce is not None:
        announce = _sound(connection, domain, typed.announce)
        tone_every_s = tone_every_s if announce else 0
    if typed.tone_every_s is not None:
        tone_every_s = typed.tone_every_s
        announce = announce or (TONE if tone_every_s and typed.announce is None else "")
    return announce, tone_every_s


def _sound(connection: Connection, domain: str, typed: str) -> str:
    """`tone`, or a short announcement of the domain; "" for `no`."""
    word = typed.strip()
    if word in (TONE, "no", ""):
        return TONE if word == TONE else ""
    kind, colon, name = word.partition(":")
    if kind != TargetKind.ANNOUNCEMENT or not colon:
        raise Refused("announce", f"{typed!r} isn't known; write tone, announcement:NAME or no.")
    target = target_typed(connection, "announce", domain, word)
    seconds = announcements.require(connection, f"{name.partition('@')[0]}@{domain}").seconds
    if seconds > LONGEST_SOUND_S:
        raise Refused(
            "announce",
            f"{target} is {seconds:.0f} s long, and neither side hears the other then; at most {LONGEST_SOUND_S} s.",
        )
    return str(target)


def _require(connection: Connection, rule: int) -> Rule:
    row = connection.execute(select(recording_rule).where(recording_rule.c.id == rule)).mappings().one_or_none()
    if row is None:
        raise Refused("id", f"there is no rule {rule}; see `carillon recording rule list`.")
    return _read(row)


def _remove(connection: Connection, who: str, old: Rule) -> int:
    connection.execute(delete(recording_rule).where(recording_rule.c.id == old.id))
    return record(connection, who, _subject(old), state(old, "id"), None)


def _of(connection: Connection, domain: str) -> list[Rule]:
    rows = connection.execute(select(recording_rule).where(recording_rule.c.domain == domain)).mappings().all()
    return [_read(row) for row in rows]


def _read(row: RowMapping | Mapping[str, object]) -> Rule:
    return Rule(
        str(row["domain"]),
        Whose(str(row["whose"])),
        str(row["name"]),
        Calls(str(row["calls"])),
        bool(row["required"]),
        int(str(row["id"])),
        bool(row["on_demand"]),
        bool(row["pausable"]),
        str(row["announce"]),
        int(str(row["tone_every_s"])),
    )


def _subject(of: Rule) -> Subject:
    return Subject(Noun.RECORDING, of.domain, str(of.id))
