"""All ports in dictionaries: the stores of the simulated world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from carillon.routing.decision import Claim
from carillon.routing.facts import Slots
from carillon.stores.callcounts import would_claim
from carillon.stores.compiled import PERSON, SHARED
from carillon.stores.ports import (
    Account,
    DomainProfile,
    GroupProfile,
    HandOver,
    Limit,
    Named,
    OutboundRoute,
    Party,
    PriorityRow,
    RingProfile,
    ScheduleProfile,
    Scope,
    SiteProfile,
    StoreDown,
    TrunkProfile,
)
from carillon.stores.smalltables import in_order


class MemoryDirectory:
    """A directory of accounts and parties; `down` makes it fail as the real one would."""

    def __init__(self) -> None:
        self._domains: dict[str, DomainProfile] = {}
        self._accounts: dict[tuple[str, str], Account] = {}
        self._parties: dict[tuple[str, str], Party] = {}
        self._sites: dict[tuple[str, str], SiteProfile] = {}
        self._trunks: dict[tuple[str, str], TrunkProfile] = {}
        self._routes: list[tuple[str, OutboundRoute]] = []
        self._schedules: dict[tuple[str, str], ScheduleProfile] = {}
        self._caller_lists: dict[tuple[str, str], frozenset[str]] = {}
        self._names: dict[tuple[str, str, str], Named] = {}
        self._groups: dict[tuple[str, str], GroupProfile] = {}
        self._rings: dict[tuple[str, str], RingProfile] = {}
        self.down = False
        self.reads = 0

    def add_name(self, domain: str, number: str, owner: str, named: Named) -> None:
        """Let a number be known: to everybody (""), to one person, or as that of a person (`PERSON`)."""
        self._names[domain, number, owner] = named

    def add_domain(self, domain: DomainProfile) -> None:
        """Serve a domain, with its first site."""
        self._domains[domain.name] = domain
        self._sites.setdefault((domain.name, SiteProfile().name), SiteProfile())

    def add_account(self, account: Account) -> None:
        """Add a device, and its party."""
        self._accounts[account.domain, account.username] = account
        self.add_number(account.party.extension, account.party)

    def add_number(self, number: str, party: Party) -> None:
        """Let a number reach a party."""
        self._parties[party.domain, number] = party

    def add_site(self, domain: str, site: SiteProfile) -> None:
        """Add or replace a site; its people keep the profile that they were added with."""
        self._sites[domain, site.name] = site

    def add_trunk(self, trunk: TrunkProfile) -> None:
        """Add or replace a trunk."""
        self._trunks[trunk.domain, trunk.name] = trunk

    def add_route(self, domain: str, route: OutboundRoute) -> None:
        """Let numbers leave by a trunk."""
        self._routes.append((domain, route))

    def add_schedule(self, domain: str, name: str, schedule: ScheduleProfile) -> None:
        """Add or replace a schedule."""
        self._schedules[domain, name] = schedule

    def add_caller_list(self, domain: str, name: str, callers: frozenset[str]) -> None:
        """Add or replace a list of callers."""
        self._caller_lists[domain, name] = callers

    def add_group(self, domain: str, group: GroupProfile) -> None:
        """Add or replace a ring group."""
        self._groups[domain, group.name] = group

    def add_ring(self, domain: str, origin: str, ring: RingProfile) -> None:
        """Choose how calls of this origin ring."""
        self._rings[domain, origin] = ring

    def add_priority(self, domain: str, row: PriorityRow) -> None:
        """Say when phones ring that send no q, behind what was said before."""
        home = self._domains[domain]
        self._domains[domain] = replace(home, priorities=(*home.priorities, row))

    def set_limit(self, limit: Limit, members: Iterable[str] = ()) -> None:
        """Limit the calls of a user, a domain, a trunk, or a group with these members (`101`)."""
        name, _, domain = limit.name.rpartition("@")
        if limit.scope is Scope.TRUNK:
            self._trunks[domain, name] = replace(self._trunks[domain, name], most_calls=limit.most)
            return
        people = {extension for home, extension in self._parties if home == domain}
        own = {Scope.USER: {name}, Scope.DOMAIN: people, Scope.GROUP: set(members)}[limit.scope]
        for extension in own:
            party = self._parties[domain, extension]
            others = [one for one in party.limits if (one.scope, one.name) != (limit.scope, limit.name)]
            kept = sorted((*others, *((limit,) if limit.most else ())), key=lambda one: list(Scope).index(one.scope))
            self.change(domain, party.extension, limits=tuple(kept))

    def change(self, domain: str, extension: str, **fields: Any) -> None:
        """Change the profile of somebody, at all his numbers and devices."""
        for key, party in self._parties.items():
            if (party.domain, party.extension) == (domain, extension):
                self._parties[key] = replace(party, **fields)
        for name, account in self._accounts.items():
            if (account.party.domain, account.party.extension) == (domain, extension):
                self._accounts[name] = replace(account, party=replace(account.party, **fields))

    def forget(self, domain: str, extension: str) -> None:
        """Remove a party, its numbers and its devices."""
        self._parties = {
            key: party for key, party in self._parties.items() if (party.domain, party.extension) != (domain, extension)
        }
        self._accounts = {
            key: account for key, account in self._accounts.items() if account.party.extension != extension
        }

    def renew(self) -> None:
        """See `ports.Directory`; here nothing is ever old."""

    def domains(self) -> Mapping[str, DomainProfile]:
        """All domains."""
        self._check()
        return self._domains

    def sites(self) -> Mapping[tuple[str, str], SiteProfile]:
        """All sites."""
        self._check()
        return self._sites

    def trunks(self) -> Mapping[tuple[str, str], TrunkProfile]:
        """All trunks."""
        self._check()
        return self._trunks

    def outbound(self, domain: str) -> tuple[OutboundRoute, ...]:
        """The routes of a domain in the order in which they are tried."""
        self._check()
        return in_order(self._routes, self._trunks).get(domain, ())

    def schedules(self) -> Mapping[tuple[str, str], ScheduleProfile]:
        """All schedules."""
        self._check()
        return self._schedules

    def caller_lists(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """All caller lists."""
        self._check()
        return self._caller_lists

    def groups(self) -> Mapping[tuple[str, str], GroupProfile]:
        """All groups."""
        self._check()
        return self._groups

    def rings(self) -> Mapping[tuple[str, str], RingProfile]:
        """The rings that domains have chosen."""
        self._check()
        return self._rings

    def panels(self) -> frozenset[tuple[str, str]]:
        """None: nobody watches anybody in memory."""
        self._check()
        return frozenset()

    def account(self, domain: str, username: str) -> Account | None:
        """One account."""
        self._check()
        self.reads += 1
        return self._accounts.get((domain, username))

    def party(self, domain: str, number: str) -> Party | None:
        """Whoever has a number."""
        self._check()
        self.reads += 1
        return self._parties.get((domain, number))

    def outside_numbers(self, domain: str, extension: str) -> tuple[str, ...]:
        """The numbers that begin with + and reach him."""
        self._check()
        self.reads += 1
        own = {number for (home, number), one in self._parties.items() if (home, one.extension) == (domain, extension)}
        return tuple(sorted(number for number in own if number.startswith("+")))

    def named(self, domain: str, number: str, owner: str) -> Named | None:
        """Who an outside number is, as the real directory finds it."""
        self._check()
        self.reads += 1
        found = (self._names.get((domain, number, one)) for one in (PERSON, owner, SHARED))
        return next((one for one in found if one), None)

    def _check(self) -> None:
        if self.down:
            raise StoreDown("the directory is down")


class MemoryCallCounts:
    """Places of calls in dictionaries; their leases end when somebody says so."""

    def __init__(self) -> None:
        self._held: dict[str, set[str]] = {}
        self.gateways: dict[str, str] = {}
        self.down = False
        self.trips = 0

    def claim(self, wanted: Claim) -> Slots:
        """As the real one: under every limit and on a line, or nowhere."""
        self._check()
        asked = (*wanted.limits, *wanted.lines)
        mine = {wanted.leg, wanted.instead}
        slots = would_claim(wanted, {one: len(self._at(one)) for one in asked if not self._at(one) & mine})
        at = {aor: self.gateways[aor] for aor in wanted.parties if aor in self.gateways}
        slots = replace(slots, gateways=at)
        if slots.full is not None:
            return slots
        new = tuple(one for one in slots.taken if wanted.leg not in self._at(one))
        for one in slots.taken:
            self._at(one).discard(wanted.instead)
            self._at(one).add(wanted.leg)
        return replace(slots, taken=new)

    def hold(self, leg: str, limits: Iterable[Limit]) -> None:
        """What the calls daemon knows: a call counts under these, and no others."""
        self.end(leg)
        for one in limits:
            self._at(one).add(leg)

    def end(self, leg: str) -> None:
        """A call has ended."""
        for legs in self._held.values():
            legs.discard(leg)

    def release(self, leg: str, names: Iterable[str]) -> None:
        """Give places back."""
        self._check()
        for name in names:
            self._held.get(name, set()).discard(leg)

    def counts(self, limits: Sequence[Limit]) -> dict[Limit, int]:
        """How many calls there are now."""
        self._check()
        return {one: len(self._at(one)) for one in limits}

    def _at(self, limit: Limit) -> set[str]:
        return self._held.setdefault(str(limit), set())

    def _check(self) -> None:
        self.trips += 1
        if self.down:
            raise StoreDown("Redis is down")


class MemoryHandOvers:
    """Hand-overs in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[str, HandOver] = {}
        self.down = False

    def put(self, leg: str, handover: HandOver) -> None:
        """Keep a hand-over."""
        self._check()
        self._kept[leg] = handover

    def get(self, leg: str) -> HandOver | None:
        """The hand-over of a leg."""
        self._check()
        return self._kept.get(leg)

    def _check(self) -> None:
        if self.down:
            raise StoreDown("Redis is down")
