"""Rows of this node's directory: how profiles are written in them and read again, in microseconds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple
from functools import lru_cache
from typing import Any

from carillon.stores.ports import (
    DomainProfile,
    ForwardRow,
    GroupProfile,
    Limit,
    OutboundRoute,
    Party,
    PickupRights,
    PriorityRow,
    RecordingRule,
    RingProfile,
    ScheduleProfile,
    Scope,
    SiteProfile,
    StateRow,
    TrunkProfile,
)

PARTY = "extension, name, site, outside, caller_number, withhold, forwarding, presence, call_waiting, service, pickup"
PARTY += ", rings, most_calls"
"""Columns of a party, behind its domain, in each table that holds parties."""

DOMAIN = "name, digest, session_timer_s, asks_names, most_calls, recording_days, recording, callback_hint, priorities"
DOMAIN += ", messages_from"
SITE = "domain, name, country, outside_prefix, emergency_caller"
TRUNK = (
    "domain, name, host, port, transport, country, main_number, registered_user, national_format, realm, priority, "
    "trusted, enabled, probe, from_user, most_calls, naptr"
)
_TRUNK = TRUNK.split(", ")
_FLAGS = frozenset({"national_format", "trusted", "enabled", "probe", "naptr"})

ROUTE = "domain, prefix, trunk, site, position"
SCHEDULE = "domain, name, timezone, hours, holidays"
CALLER_LIST = "domain, name, callers"
NAME = "domain, number, owner, rank, name, source, extension"
PERSON, SHARED = "*", ""
"""Owners of names that are no extension: who the number belongs to, and what everybody's books say."""
GROUP = "domain, name, members, ring, ring_s, overflow"
PANEL = "domain, name, people"
RING = "domain, origin, text, bellcore, urn, enabled"
GROUP_LIMIT = "domain, name, most_calls, members"


def party_row(of: Party) -> tuple[Any, ...]:
    """The values of `PARTY`."""
    return (
        *(of.extension, of.name, _site_text(of.site), " ".join(sorted(of.outside)), of.caller_number, of.withhold),
        *(_forwarding_text(of.forwarding), _presence_text(of.presence), of.call_waiting, of.service),
        pickup_text(of.pickup),
        of.rings,
        _own_most(of),
    )


def party_of(domain: str, row: Sequence[Any]) -> Party:
    """The party in the values of `PARTY`."""
    extension, name, site, outside, caller_number, withhold, *more = row
    forwarding, presence, call_waiting, service, pickup, rings, most = more
    return Party(
        *(extension, domain, name, _site(site), _classes(outside), caller_number, bool(withhold)),
        *(
            forwarding_of(forwarding),
            presence_of(presence),
            bool(call_waiting),
            service,
            pickup_of(pickup),
            bool(rings),
        ),
        () if most is None else (Limit(Scope.USER, f"{extension}@{domain}", most),),
    )


def plain(*free: str) -> str:
    """The condition that a party has nothing special in any column of `PARTY` but these; also in one that is new."""
    usual = zip(PARTY.split(", "), party_row(Party("", "", "")), strict=True)
    return " AND ".join(f"{column} IS {_literal(value)}" for column, value in usual if column not in free)


def _literal(value: str | int | None) -> str:
    if value is None:
        return "NULL"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(int(value))


def domain_row(of: DomainProfile) -> tuple[Any, ...]:
    """The values of `DOMAIN`."""
    rules = [(*astuple(one)[:2], None if one.people is None else sorted(one.people), *astuple(one)[3:])
             for one in of.recording]  # fmt: skip
    return (
        of.name,
        of.digest,
        of.session_timer_s,
        of.asks_names,
        of.most_calls,
        of.recording_days,
        json.dumps(rules) if rules else "",
        of.callback_hint,
        json.dumps([astuple(one) for one in of.priorities]) if of.priorities else "",
        " ".join(sorted(of.messages_from)),
    )


def domain_of(row: Sequence[Any]) -> DomainProfile:
    """The domain in the values of `DOMAIN`."""
    rules = tuple(
        RecordingRule(id, calls, None if people is None else frozenset(people), *more)
        for id, calls, people, *more in (json.loads(row[6]) if row[6] else ())
    )
    name, digest, session_timer_s, asks_names, most_calls, recording_days = row[:6]
    flags = bool(asks_names), most_calls, recording_days, rules, bool(row[7])
    priorities = tuple(PriorityRow(*one) for one in (json.loads(row[8]) if row[8] else ()))
    return DomainProfile(name, digest, session_timer_s, *flags, priorities, _classes(row[9]))


def site_row(domain: str, of: SiteProfile) -> tuple[Any, ...]:
    """The values of `SITE`."""
    return domain, of.name, of.country, of.outside_prefix, of.emergency_caller


def trunk_row(of: TrunkProfile) -> tuple[Any, ...]:
    """The values of `TRUNK`."""
    return tuple(getattr(of, column) for column in _TRUNK)


def trunk_of(row: Sequence[Any]) -> TrunkProfile:
    """The trunk in the values of `TRUNK`."""
    values: dict[str, Any] = dict(zip(_TRUNK, row, strict=True))
    values.update((flag, bool(values[flag])) for flag in _FLAGS)
    return TrunkProfile(**values)


def route_row(domain: str, of: OutboundRoute) -> tuple[Any, ...]:
    """The values of `ROUTE`."""
    return domain, of.prefix, of.trunk, of.site or "", of.position


def route_of(row: Sequence[Any]) -> OutboundRoute:
    """The route in the values of `ROUTE` behind the domain."""
    prefix, trunk, site, position = row
    return OutboundRoute(prefix, trunk, site or None, position)


def group_limit_row(domain: str, name: str, most: int, members: Sequence[str]) -> tuple[Any, ...]:
    """The values of `GROUP_LIMIT`."""
    return domain, name, most, " ".join(members)


def schedule_row(domain: str, name: str, of: ScheduleProfile) -> tuple[Any, ...]:
    """The values of `SCHEDULE`."""
    return domain, name, of.timezone, json.dumps(of.hours), " ".join(sorted(of.holidays))


def schedule_of(row: Sequence[Any]) -> ScheduleProfile:
    """The schedule in the values of `SCHEDULE` behind domain and name."""
    timezone, hours, holidays = row
    return ScheduleProfile(timezone, tuple(tuple(one) for one in json.loads(hours)), _classes(holidays))


def group_row(domain: str, of: GroupProfile) -> tuple[Any, ...]:
    """The values of `GROUP`."""
    return domain, of.name, " ".join(of.members), of.ring, of.ring_s, of.then


def group_of(row: Sequence[Any]) -> GroupProfile:
    """The group in the values of `GROUP` behind the domain."""
    name, members, ring, ring_s, then = row
    return GroupProfile(name, tuple(members.split()), ring, ring_s, then)


def pickup_text(of: PickupRights) -> str:
    """Rights as words: who may, groups, closed groups, whom else; "" for what nearly everybody has."""
    if of == PickupRights():
        return ""
    return " ".join((of.by, *(",".join(sorted(names)) for names in (of.groups, of.closed, of.of))))


@lru_cache(maxsize=4096)
def pickup_of(text: str) -> PickupRights:
    """What `pickup_text` wrote."""
    if not text:
        return PickupRights()
    by, *lists = text.split(" ")
    groups, closed, of = (frozenset(names.split(",")) - {""} for names in lists)
    return PickupRights(by, groups, closed, of)


def ring_row(domain: str, origin: str, of: RingProfile) -> tuple[Any, ...]:
    """The values of `RING`."""
    return domain, origin, of.text, of.bellcore, of.urn, of.enabled


def ring_of(row: Sequence[Any]) -> RingProfile:
    """The ring in the values of `RING` behind domain and origin."""
    text, bellcore, urn, enabled = row
    return RingProfile(text, bellcore, urn, bool(enabled))


def _own_most(of: Party) -> int | None:
    return next((limit.most for limit in of.limits if limit.scope is Scope.USER), None)


def _forwarding_text(of: Sequence[ForwardRow]) -> str:
    """Nearly nobody has rows: nothing is parsed for them."""
    rows = [(*astuple(row)[:3], sorted(row.presence), *astuple(row)[4:]) for row in of]
    return json.dumps(rows) if rows else ""


def _presence_text(of: Sequence[StateRow]) -> str:
    return json.dumps([astuple(row) for row in of]) if of else ""


@lru_cache(maxsize=4096)
def forwarding_of(text: str) -> tuple[ForwardRow, ...]:
    """A person's rows, as the column `forwarding` has them."""
    rows = json.loads(text) if text else ()
    return tuple(
        ForwardRow(id, cause, tuple(targets), frozenset(presence), *rest)
        for id, cause, targets, presence, *rest in rows
    )


@lru_cache(maxsize=1024)
def presence_of(text: str) -> tuple[StateRow, ...]:
    """What is said of somebody, as the column `presence` has it."""
    return tuple(StateRow(*row) for row in json.loads(text)) if text else ()


def _site_text(of: SiteProfile) -> str:
    return json.dumps([of.name, of.country, of.outside_prefix, of.emergency_caller])


@lru_cache(maxsize=1024)
def _site(text: str) -> SiteProfile:
    """A site is read for each party of a call, and there are few."""
    return SiteProfile(*json.loads(text))


@lru_cache(maxsize=256)
def _classes(text: str) -> frozenset[str]:
    return frozenset(text.split())
