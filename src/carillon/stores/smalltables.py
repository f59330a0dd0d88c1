"""The tables of the directory that are small: a worker keeps them in memory until the file changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from carillon.stores import compiled
from carillon.stores.ports import (
    DomainProfile,
    GroupProfile,
    Limit,
    OutboundRoute,
    RingProfile,
    ScheduleProfile,
    Scope,
    SiteProfile,
    TrunkProfile,
)

_DOMAINS = f"SELECT {compiled.DOMAIN} FROM domain"  # noqa: S608 - our own column names
_SITES = f"SELECT {compiled.SITE} FROM site"  # noqa: S608
_TRUNKS = f"SELECT {compiled.TRUNK} FROM trunk"  # noqa: S608
_ROUTES = f"SELECT {compiled.ROUTE} FROM route"  # noqa: S608
_SCHEDULES = f"SELECT {compiled.SCHEDULE} FROM schedule"  # noqa: S608
_GROUP_LIMITS = f"SELECT {compiled.GROUP_LIMIT} FROM grouplimit"  # noqa: S608
_CALLER_LISTS = f"SELECT {compiled.CALLER_LIST} FROM callerlist"  # noqa: S608
_GROUPS = f'SELECT {compiled.GROUP} FROM "group"'  # noqa: S608
_RINGS = f"SELECT {compiled.RING} FROM ring"  # noqa: S608
_PANELS = "SELECT domain, name FROM panel"
_NOTES = "SELECT domain, extension, note FROM presencerule WHERE note IS NOT NULL"

Routes = Iterable[tuple[str, OutboundRoute]]
Trunks = Mapping[tuple[str, str], TrunkProfile]


@dataclass(frozen=True, slots=True)
class SmallTables:
    """Domains by name, the others by domain and name, and the routes of each domain in their order."""

    domains: Mapping[str, DomainProfile]
    sites: Mapping[tuple[str, str], SiteProfile]
    trunks: Trunks
    outbound: Mapping[str, tuple[OutboundRoute, ...]]
    schedules: Mapping[tuple[str, str], ScheduleProfile]
    caller_lists: Mapping[tuple[str, str], frozenset[str]]
    groups: Mapping[tuple[str, str], GroupProfile]
    rings: Mapping[tuple[str, str], RingProfile]
    group_limits: Mapping[tuple[str, str], tuple[Limit, ...]]
    notes: Mapping[tuple[str, str], bool]
    panels: frozenset[tuple[str, str]]

    def shows_note(self, domain: str, extension: str) -> bool:
        """Whether others are told somebody's note: as he has set it, else as his domain has (extension "")."""
        return self.notes.get((domain, extension), self.notes.get((domain, ""), True))

    def limits_of(self, domain: str, extension: str) -> tuple[Limit, ...]:
        """The limits that somebody shares with others: those of his groups, and of his domain."""
        most = self.domains[domain].most_calls if domain in self.domains else None
        together = () if most is None else (Limit(Scope.DOMAIN, domain, most),)
        return self.group_limits.get((domain, extension), ()) + together


EMPTY = SmallTables({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, frozenset())


def read(connection: sqlite3.Connection) -> SmallTables:
    """All small tables, of one moment. Raises `sqlite3.Error`."""
    connection.execute("BEGIN")
    try:
        trunks = {(row[0], row[1]): compiled.trunk_of(row) for row in connection.execute(_TRUNKS)}
        return SmallTables(
            MappingProxyType({row[0]: compiled.domain_of(row) for row in connection.execute(_DOMAINS)}),
            MappingProxyType({(row[0], row[1]): SiteProfile(*row[1:]) for row in connection.execute(_SITES)}),
            MappingProxyType(trunks),
            MappingProxyType(
                in_order(((row[0], compiled.route_of(row[1:])) for row in connection.execute(_ROUTES)), trunks)
            ),
            MappingProxyType(
                {(row[0], row[1]): compiled.schedule_of(row[2:]) for row in connection.execute(_SCHEDULES)}
            ),
            MappingProxyType(
                {(row[0], row[1]): frozenset(row[2].split()) for row in connection.execute(_CALLER_LISTS)}
            ),
            MappingProxyType({(row[0], row[1]): compiled.group_of(row[1:]) for row in connection.execute(_GROUPS)}),
            MappingProxyType({(row[0], row[1]): compiled.ring_of(row[2:]) for row in connection.execute(_RINGS)}),
            MappingProxyType(_by_member(connection.execute(_GROUP_LIMITS))),
            MappingProxyType({(row[0], row[1]): bool(row[2]) for row in connection.execute(_NOTES)}),
            frozenset((row[0], row[1]) for row in connection.execute(_PANELS)),
        )
    finally:
        connection.execute("COMMIT")


def _by_member(rows: Iterable[tuple[str, str, int, str]]) -> dict[tuple[str, str], tuple[Limit, ...]]:
    found: dict[tuple[str, str], tuple[Limit, ...]] = {}
    for domain, name, most, members in rows:
        for extension in members.split():
            limit = Limit(Scope.GROUP, f"{name}@{domain}", most)
            found[domain, extension] = (*found.get((domain, extension), ()), limit)
    return found


def in_order(routes: Routes, trunks: Trunks) -> dict[str, tuple[OutboundRoute, ...]]:
    """The routes of each domain as they are tried.

    Longer prefixes first; then a site's own routes before everybody's, lower positions, trunks of lower priority.
    """
    found: dict[str, list[OutboundRoute]] = {}
    for domain, route in routes:
        found.setdefault(domain, []).append(route)
    return {domain: tuple(sorted(own, key=lambda one: _rank(domain, one, trunks))) for domain, own in found.items()}


def _rank(domain: str, route: OutboundRoute, trunks: Trunks) -> tuple[int, bool, int, int, str, str]:
    trunk = trunks.get((domain, route.trunk))
    priority = trunk.priority if trunk else 0
    return -len(route.prefix), route.site is None, route.position, priority, route.trunk, route.site or ""
