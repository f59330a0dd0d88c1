"""What a directory lacks: the compiled rows of everything that changed since the position that it holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Row, Select, and_, func, select

from carillon.model.change import Noun, Subject
from carillon.model.rights import parse_rights
from carillon.model.trunk import NumberFormat, Trunk
from carillon.stores.ports import (
    Account,
    DomainProfile,
    GroupProfile,
    Limit,
    OutboundRoute,
    Party,
    PickupRights,
    RingProfile,
    ScheduleProfile,
    Scope,
    SiteProfile,
    TrunkProfile,
)
from carillon.stores.sql import names
from carillon.stores.sql.among import Columns, among
from carillon.stores.sql.conduct import Conduct, Person, conduct_of
from carillon.stores.sql.panels import panels_of
from carillon.stores.sql.pickup import Groups, members_touched, pickup_groups
from carillon.stores.sql.priorities import priorities_of
from carillon.stores.sql.recordings import rules_of
from carillon.stores.sql.rows import trunk_of
from carillon.stores.sql.served import groups_of, served_numbers
from carillon.stores.sql.servicesettings import MailboxRow, announcements_of, mailboxes_of
from carillon.stores.sql.tables import (
    book,
    callback,
    caller_list,
    change,
    device,
    domain,
    group,
    member,
    metadata,
    number,
    outbound,
    presence_rule,
    ring,
    schedule,
    site,
    trunk,
    user,
)
from carillon.stores.waiting import COLUMNS as CALLBACK

Keys = Mapping[Noun, Columns]
"""The columns that say domain and key of a touched thing, for each noun that reaches a query."""

_CALL_PATH = {Noun.DOMAIN, Noun.SITE, Noun.TRUNK, Noun.OUTBOUND, Noun.SCHEDULE, Noun.CALLER_LIST}
_RULES = {Noun.RING, Noun.RECORDING, Noun.CALLBACK, Noun.PRESENCE_RULE, Noun.PRIORITY}
_WHOLE = {Noun.GROUP, Noun.BOOK, Noun.PANEL, Noun.ANNOUNCEMENT, *_RULES}
SMALL = frozenset({*_CALL_PATH, *_WHOLE})
"""Nouns of the small tables, which are compiled whole."""

FEW = 100
"""More touched things than this are compiled all together: SQL limits the length of a statement."""

LONG = 10_000
"""Who is behind by more changes than this is sent everything anew: that is less than the changes one by one."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a directory follows the truth. `mark` tells two histories of equal length apart."""

    sequence: int
    mark: str


@dataclass(frozen=True, slots=True)
class SmallRows:
    """All rows of the small tables; behind domain, or domain and name, where the row lacks them."""

    domains: tuple[DomainProfile, ...]
    sites: tuple[tuple[str, SiteProfile], ...]
    trunks: tuple[TrunkProfile, ...]
    routes: tuple[tuple[str, OutboundRoute], ...]
    schedules: tuple[tuple[str, str, ScheduleProfile], ...]
    caller_lists: tuple[tuple[str, str, str], ...]
    callbacks: tuple[tuple[object, ...], ...]
    groups: tuple[tuple[str, GroupProfile], ...]
    rings: tuple[tuple[str, str, RingProfile], ...]
    group_limits: tuple[tuple[str, str, int, tuple[str, ...]], ...]
    presence_rules: tuple[tuple[object, ...], ...]
    panels: tuple[tuple[str, str, str], ...]
    announcements: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """Forget what was touched (everything when None), keep these rows, be at `position`.

    `small` is None when no small table was touched.
    """

    position: Position
    touched: frozenset[Subject] | None
    small: SmallRows | None
    accounts: tuple[Account, ...]
    parties: tuple[tuple[str, Party], ...]
    names: tuple[names.NameRow, ...] = ()
    mailboxes: tuple[MailboxRow, ...] = ()


def delta(connection: Connection, known: Position | None) -> Delta:
    """What a directory at `known` lacks; everything when that is None, of another history, or before a gap."""
    position = last_position(connection)
    touched = _touched_since(connection, known, position)
    if touched is None and connection.dialect.name != "sqlite":
        _count_anew(connection)
        position = last_position(connection)
    return _compiled(connection, position, touched)


def next_delta(connection: Connection, known: Position | None) -> Delta | None:
    """The next `FEW` changes that a directory at `known` lacks: with each it is nearer, however far it was behind.

    What it says of a thing is what is true now, perhaps more than what was true at its position: changes that say so
    come with the next ones. None where everything must be sent: as `delta`, or behind by more than `LONG`.
    """
    last = last_position(connection)
    if known is None or last.sequence - known.sequence > LONG:
        return None
    position = _position_at(connection, known.sequence + FEW) or last
    touched = _touched_since(connection, known, position, limit=None)
    return None if touched is None else _compiled(connection, position, touched)


def _position_at(connection: Connection, sequence: int) -> Position | None:
    row = connection.execute(select(change.c.sequence, change.c.at).where(change.c.sequence == sequence)).one_or_none()
    return Position(row.sequence, row.at) if row else None


def _compiled(connection: Connection, position: Position, touched: frozenset[Subject] | None) -> Delta:
    return Delta(
        position,
        touched,
        _small(connection) if touched is None or any(thing.noun in SMALL for thing in touched) else None,
        _accounts(connection, touched),
        _parties(connection, touched),
        names.rows(connection, touched),
        mailboxes_of(connection, touched),
    )


def _count_anew(connection: Connection) -> None:
    """Have MariaDB look how large its tables are: after an import it would join them as if they were empty.

    This ends the view of the transaction; the next read begins another.
    """
    tables = ", ".join(connection.dialect.identifier_preparer.format_table(table) for table in metadata.sorted_tables)
    connection.exec_driver_sql(f"ANALYZE LOCAL TABLE {tables}").all()


def last_position(connection: Connection) -> Position:
    """The sequence number of the last change, 0 before the first."""
    last = select(change.c.sequence, change.c.at).order_by(change.c.sequence.desc()).limit(1)
    row = connection.execute(last).one_or_none()
    return Position(row.sequence, row.at) if row else Position(0, "")


def _touched_since(
    connection: Connection, known: Position | None, last: Position, limit: int | None = FEW
) -> frozenset[Subject] | None:
    if known is None or known.sequence > last.sequence or not _is_ours(connection, known):
        return None
    later = select(change).where(change.c.sequence > known.sequence, change.c.sequence <= last.sequence)
    rows = connection.execute(later).all()
    touched = frozenset(Subject(Noun(row.noun), row.domain, row.key) for row in rows) | members_touched(rows)
    has_gap = len(rows) != last.sequence - known.sequence
    return None if has_gap or (limit is not None and len(touched) > limit) else touched


def _is_ours(connection: Connection, known: Position) -> bool:
    if known.sequence == 0:
        return True
    same = select(func.count()).where(change.c.sequence == known.sequence, change.c.at == known.mark)
    return connection.execute(same).scalar_one() == 1


def _small(connection: Connection) -> SmallRows:
    sites = connection.execute(select(site))
    asking = frozenset(connection.execute(select(book.c.domain).where(book.c.url.is_not(None))).scalars())
    trunks = connection.execute(select(trunk).order_by(trunk.c.domain, trunk.c.name)).mappings()
    return SmallRows(
        tuple(_domains(connection, asking)),
        tuple((row.domain, _site(row)) for row in sites),
        tuple(_trunk(trunk_of(row)) for row in trunks),
        tuple(
            (row.domain, OutboundRoute(row.prefix, row.trunk, row.site or None, row.position))
            for row in connection.execute(select(outbound))
        ),
        tuple((row.domain, row.name, _schedule(row)) for row in connection.execute(select(schedule))),
        tuple((row.domain, row.name, row.callers) for row in connection.execute(select(caller_list))),
        tuple(map(tuple, connection.execute(select(*_CALLBACK)))),
        groups_of(connection),
        tuple(
            (row.domain, row.origin, RingProfile(row.text, row.bellcore, row.urn, row.enabled))
            for row in connection.execute(select(ring))
        ),
        tuple(_group_limits(connection)),
        tuple(map(tuple, connection.execute(select(presence_rule)))),
        panels_of(connection),
        announcements_of(connection),
    )


def _group_limits(connection: Connection) -> Iterator[tuple[str, str, int, tuple[str, ...]]]:
    """The groups that have a limit, with their people."""
    for row in connection.execute(select(group).where(group.c.most_calls.is_not(None))):
        inside = select(member.c.extension).where(member.c.domain == row.domain, member.c.group == row.name)
        yield row.domain, row.name, row.most_calls, tuple(connection.execute(inside).scalars())


def _domains(connection: Connection, asking: set[str] | frozenset[str]) -> Iterator[DomainProfile]:
    rules, priorities = rules_of(connection), priorities_of(connection)
    for row in connection.execute(select(domain)).mappings():
        fields = {name: value for name, value in row.items() if name not in _NOT_FOR_CALLS}
        hint = bool(row["callback_hint"] and row["callback_s"])
        name = row["name"]
        yield DomainProfile(
            **fields, asks_names=name in asking, recording=rules.get(name, ()), callback_hint=hint,
            priorities=priorities.get(name, ()), messages_from=frozenset(row["messages_from"].split()),
        )  # fmt: skip


_NOT_FOR_CALLS = frozenset({"callback_s", "callback_hint", "naptr", "messages_from"})
_CALLBACK = tuple(callback.c[name] for name in CALLBACK.split(", "))
_PEOPLE = (
    user.c.extension,
    user.c.name.label("display"),
    user.c.rights,
    user.c.caller_number,
    user.c.withhold,
    user.c.call_waiting,
    user.c.pickup,
    user.c.pickup_of,
    user.c.rings,
    user.c.most_calls,
    site.c.name,
    site.c.country,
    site.c.outside_prefix,
    site.c.emergency_caller,
)
_SECRETS = (device.c.ha1_md5, device.c.ha1_sha256, device.c.encryption, device.c.priority)
_AT_WORK = and_(site.c.domain == user.c.domain, site.c.name == user.c.site)
_PERSON = (user.c.domain, user.c.extension)
_BY_PERSON = {
    Noun.USER: _PERSON,
    Noun.FORWARDING: _PERSON,
    Noun.PRESENCE: _PERSON,
    Noun.SITE: (site.c.domain, site.c.name),
}


def _accounts(connection: Connection, touched: frozenset[Subject] | None) -> tuple[Account, ...]:
    owner = and_(user.c.domain == device.c.domain, user.c.extension == device.c.extension)
    found = select(device.c.domain, device.c.name.label("username"), *_SECRETS, *_PEOPLE)
    query = found.join(user, owner).join(site, _AT_WORK)
    keys = {**_BY_PERSON, Noun.DEVICE: (device.c.domain, device.c.name)}
    rows = _rows(connection, query, touched, keys)
    people = {(row.domain, row.extension) for row in rows}
    compile_party = _Compiler(Conduct({}, {}), pickup_groups(connection, people))
    return tuple(
        Account(row.username, row.domain, row.ha1_md5, row.ha1_sha256, compile_party(row), row.encryption, row.priority)
        for row in rows
    )


def _parties(connection: Connection, touched: frozenset[Subject] | None) -> tuple[tuple[str, Party], ...]:
    reached = and_(user.c.domain == number.c.domain, user.c.extension == number.c.target)
    query = select(number.c.domain, number.c.number, *_PEOPLE).join(user, reached).join(site, _AT_WORK)
    keys = {**_BY_PERSON, Noun.NUMBER: (number.c.domain, number.c.number)}
    rows = _rows(connection, query, touched, keys)
    found = {(row.domain, row.extension) for row in rows}
    compile_party = _Compiler(conduct_of(connection, found), pickup_groups(connection, found))
    people = tuple((row.number, compile_party(row)) for row in rows)
    return people + served_numbers(connection, touched)


class _Compiler:
    """Parties from rows with the columns of `_PEOPLE`; sites and rights, which are few, are made once."""

    def __init__(self, conduct: Conduct, groups: Mapping[Person, Groups]) -> None:
        self._conduct = conduct
        self._groups = groups
        self._sites: dict[tuple[object, ...], SiteProfile] = {}
        self._rights: dict[str, frozenset[str]] = {}

    def __call__(self, row: Row[tuple[object, ...]]) -> Party:
        return Party(
            row.extension,
            row.domain,
            row.display,
            self._site(row),
            self._outside(row.rights),
            row.caller_number,
            row.withhold,
            self._conduct.forwarding.get((row.domain, row.extension), ()),
            self._conduct.presence.get((row.domain, row.extension), ()),
            row.call_waiting,
            pickup=PickupRights(row.pickup, *self._groups_of(row), frozenset(row.pickup_of.split())),
            rings=row.rings,
            limits=_own_limit(row),
        )

    def _groups_of(self, row: Row[tuple[object, ...]]) -> Groups:
        return self._groups.get((row.domain, row.extension), (frozenset(), frozenset()))

    def _site(self, row: Row[tuple[object, ...]]) -> SiteProfile:
        key = (row.name, row.country, row.outside_prefix, row.emergency_caller)
        return self._sites.setdefault(key, SiteProfile(*key))

    def _outside(self, text: str) -> frozenset[str]:
        if text not in self._rights:
            self._rights[text] = frozenset(map(str, parse_rights("rights", text)))
        return self._rights[text]


def _own_limit(row: Row[tuple[object, ...]]) -> tuple[Limit, ...]:
    own = Limit(Scope.USER, f"{row.extension}@{row.domain}", row.most_calls)
    return () if row.most_calls is None else (own,)


def _trunk(of: Trunk) -> TrunkProfile:
    return TrunkProfile(
        of.name,
        of.domain,
        of.host,
        of.port,
        of.transport.value,
        of.country,
        of.main_number,
        of.register_as,
        of.from_format is NumberFormat.NATIONAL,
        of.realm,
        of.priority,
        of.trusted,
        of.enabled,
        of.probe,
        of.from_user,
        of.most_calls,
        of.naptr,
    )


def _schedule(row: Row[tuple[object, ...]]) -> ScheduleProfile:
    hours = tuple((day, begin, end) for day, begin, end in json.loads(row.hours))
    return ScheduleProfile(row.timezone, hours, frozenset(row.holidays.split()))


def _site(row: Row[tuple[object, ...]]) -> SiteProfile:
    return SiteProfile(row.name, row.country, row.outside_prefix, row.emergency_caller)


def _rows(
    connection: Connection,
    query: Select[tuple[object, ...]],
    touched: frozenset[Subject] | None,
    keys: Keys,
) -> list[Row[tuple[object, ...]]]:
    """The rows of `query` that were touched; all when that is None. Some come twice, when two nouns touch them."""
    if touched is None:
        return list(connection.execute(query))
    found: list[Row[tuple[object, ...]]] = []
    for noun, columns in keys.items():  # one by one: SQLite finds no index across tables
        wanted = [(thing.domain, thing.key) for thing in touched if thing.noun is noun]
        if wanted:
            found += connection.execute(query.where(among(columns, wanted)))
    return found
