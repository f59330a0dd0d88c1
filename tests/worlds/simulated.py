"""The simulated office: it knows what decisions mean and no more. Phones, Asterisk and stores are Python objects."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.live import watching
from tests.phones.message import Message
from tests.worlds import lamps
from tests.worlds.engine import Engine, Leg
from tests.worlds.office import Header
from tests.worlds.phone import SimulatedLetter, SimulatedPhone
from tests.worlds.presence import SimulatedPresence

from carillon.model.device import ha1_md5, ha1_sha256
from carillon.model.ring import RingOrigin, default_ring
from carillon.sip.uri import SipUri
from carillon.stores.compiled import PERSON, SHARED
from carillon.stores.memory import MemoryDirectory, MemoryHandOvers
from carillon.stores.ports import (
    Account,
    DomainProfile,
    ForwardRow,
    GroupProfile,
    Limit,
    Named,
    OutboundRoute,
    Party,
    PickupRights,
    PriorityRow,
    RingProfile,
    ScheduleProfile,
    Scope,
    SiteProfile,
    StateRow,
    TrunkProfile,
)

DOMAIN = "carillon.test"


@dataclass(eq=False)
class SimulatedCall:
    """One call: what the caller's phone got, and which phones it rang."""

    caller: SimulatedPerson
    inbound: Leg
    engine: Engine

    def rings(self, *people: SimulatedPerson) -> None:
        for person in people:
            assert person.phone in self.inbound.ringing, f"no ring at {person.name}; {self._story()}"

    def does_not_ring(self, person: SimulatedPerson) -> None:
        assert person.phone not in self.inbound.ringing

    def is_up(self) -> None:
        assert self.inbound.answered_by is not None, f"not answered; {self._story()}"

    def is_served_by(self, service: str) -> None:
        assert self.inbound.service == service, f"{self.inbound.service or 'no service'}; {self._story()}"

    def types(self, keys: str) -> None:
        assert self.inbound.access is not None, f"nobody listens to keys; {self._story()}"
        self.inbound.access.types(keys)

    def is_over(self) -> None:
        assert self.inbound.over or self.inbound.final
        assert not self.inbound.ringing

    def failed(self, code: int) -> None:
        assert self.inbound.final is not None, f"no final answer; {self._story()}"
        assert self.inbound.final.code == code, f"{self.inbound.final.code} instead of {code}; {self._story()}"

    def was_told(self, header: str, containing: str) -> None:
        assert self.inbound.final is not None
        values = [value for name, value in self.inbound.final.headers if name == header]
        assert any(containing in value for value in values), f"{header} is {values}"

    def was_not_told(self, header: str, containing: str) -> None:
        assert self.inbound.final is not None
        values = [value for name, value in self.inbound.final.headers if name == header]
        assert not any(containing in value for value in values), f"{header} is {values}"

    def caller_hears(self, code: int, header: str, containing: str) -> None:
        values = self.engine.reaches_caller(self.inbound, code, header)
        assert any(containing in value for value in values), f"{header} is {values}"

    def caller_hears_no(self, code: int, header: str) -> None:
        assert not self.engine.reaches_caller(self.inbound, code, header)

    def shows(self, person: SimulatedPerson, name: str, number: str) -> None:
        shown = self.inbound.ringing[person.phone]
        assert (shown.name, shown.number) == (name, number)

    def is_for(self, provider: SimulatedPerson, number: str) -> None:
        assert self.inbound.sent[-1].startswith(f"sip:{number}@")

    def takes(self, other: SimulatedCall) -> None:
        assert self.inbound.final is None, f"{self.inbound.final}; {self._story()}"
        assert self.inbound.picked is other.inbound, f"not picked up; {self._story()}"
        assert other.inbound.answered_by is self.caller.phone
        assert not other.inbound.ringing

    def is_told(self, person: SimulatedPerson, header: str, containing: str) -> None:
        values = [value for name, value in self.inbound.ringing[person.phone].headers if name == header]
        assert any(containing in value for value in values), f"{header} is {values}"

    def arrived_with(self, person: SimulatedPerson, header: str) -> bool:
        return header in dict(self.inbound.ringing[person.phone].headers)

    def _story(self) -> str:
        return "\n" + self.engine.ladder()


@dataclass(frozen=True)
class SimulatedSent:
    """A message, and the final code that its sender heard."""

    code: int
    engine: Engine

    def arrived(self) -> None:
        self.failed(200)

    def is_kept(self) -> None:
        self.failed(202)

    def failed(self, code: int) -> None:
        assert self.code == code, f"{self.code} instead of {code}\n{self.engine.ladder()}"


@dataclass(frozen=True)
class ReadLetter:
    """A message as it came."""

    letter: SimulatedLetter

    def is_from(self, person: SimulatedPerson) -> None:
        assert (self.letter.name, self.letter.sender) == (person.name, person.phone.aor)

    def is_dated(self) -> None:
        assert self.letter.dated


@dataclass
class Watched:
    """A subscription: whom, by which extension, and how many documents were asked for."""

    presence: SimulatedPresence
    aor: str
    watcher: str
    event: str
    version: int = 0

    def told(self) -> Message:
        """The last document."""
        self.version += 1
        return self.presence.told(self.aor, self.watcher, self.event, self.version)

    def is_shown(self, *, online: bool, activity: str = "", note: str = "") -> None:
        told = self.told()
        found = next((each for each in watching.activities(told) if each in ("away", "busy")), "")
        assert (watching.is_open(told), found, watching.note(told)) == (online, activity, note), told.body

    def blinks(self, caller: str) -> None:
        assert lamps.calls(self.told()) == [("early", caller)]

    def shines(self) -> None:
        assert [state for state, _ in lamps.calls(self.told())] == ["confirmed"]

    def is_dark(self) -> None:
        assert lamps.calls(self.told()) == []


@dataclass(eq=False)
class SimulatedPerson:
    """A person with one phone of the simulated office."""

    name: str
    extension: str
    phone: SimulatedPhone
    engine: Engine

    def calls(self, whom: SimulatedPerson | str, headers: Iterable[Header] = ()) -> SimulatedCall:
        number = whom if isinstance(whom, str) else whom.extension
        return SimulatedCall(self, self.engine.invite(self.phone, number, tuple(headers)), self.engine)

    def answers(self, call: SimulatedCall) -> None:
        self.engine.answer(call.inbound, self.phone)

    def refuses(self, call: SimulatedCall, code: int, reason: str = "", headers: Iterable[Header] = ()) -> None:
        self.engine.refuse(call.inbound, self.phone, code, reason, tuple(headers))

    def lets_it_ring(self, call: SimulatedCall) -> None:
        self.engine.rings_out(call.inbound)

    def sends_on(self, call: SimulatedCall, to: SimulatedPerson | str) -> None:
        number = to if isinstance(to, str) else to.extension
        contact = ("Contact", f"<sip:{number}@{self.phone.domain}>")
        self.engine.refuse(call.inbound, self.phone, 302, "Moved Temporarily", (contact,))

    def picks_up(self, whom: SimulatedPerson | str = "") -> SimulatedCall:
        return self.calls("*8" + (whom if isinstance(whom, str) else whom.extension))

    def replaces(
        self, call: SimulatedCall, at: SimulatedPerson, form: str = "{call_id};to-tag={ours};from-tag={theirs}"
    ) -> SimulatedCall:
        found = form.format(call_id=call.inbound.dialog, ours="g", theirs=at.phone.tag)
        return self.calls(at, [("Replaces", found)])

    def hangs_up(self, call: SimulatedCall) -> None:
        self.engine.end(call.inbound)

    def cancels(self, call: SimulatedCall) -> None:
        self.engine.cancel(call.inbound)

    def calls_in(self, number: str, as_number: str, headers: Iterable[Header] = ()) -> SimulatedCall:
        leg = self.engine.comes_by_trunk(self.phone, number, SipUri(as_number, "provider.test"), headers=tuple(headers))
        return SimulatedCall(self, leg, self.engine)

    def publishes(self, activity: str, note: str = "") -> None:
        body = watching.document(f"sip:{self.phone.aor}", activity, note)
        assert self.engine.presence.publish(self.phone, body) == 200, self.engine.ladder()

    def watches(self, whom: SimulatedPerson) -> Watched:
        return self._subscribes(whom, "presence")

    def has_lamp_for(self, whom: SimulatedPerson | str) -> Watched:
        return self._subscribes(whom, "dialog")

    def _subscribes(self, whom: SimulatedPerson | str, event: str) -> Watched:
        number, domain = (whom, self.phone.domain) if isinstance(whom, str) else (whom.extension, whom.phone.domain)
        uri = SipUri(number, domain)
        code, aor, watcher = self.engine.presence.subscribe(self.phone, uri, event)
        assert code == 200, f"{code}\n{self.engine.ladder()}"
        return Watched(self.engine.presence, aor, watcher, event)

    def writes(self, whom: SimulatedPerson | str, text: str) -> SimulatedSent:
        number, domain = (whom, self.phone.domain) if isinstance(whom, str) else (whom.extension, whom.phone.domain)
        return SimulatedSent(self.engine.post.write(self.phone, SipUri(number, domain), text), self.engine)

    def reads(self, text: str) -> ReadLetter:
        found = [letter for letter in self.phone.read if letter.text == text]
        assert found, f"{self.name} has read {self.phone.read}\n{self.engine.ladder()}"
        return ReadLetter(found[0])

    def has_read(self, *texts: str) -> None:
        assert [letter.text for letter in self.phone.read] == list(texts), self.engine.ladder()

    def unplugs(self) -> None:
        self.engine.bindings.get(self.phone.aor, []).remove(self.phone)

    def plugs_in(self) -> None:
        self.engine.register(self.phone)

    def loses_power(self) -> None:
        self.phone.dead = True


@dataclass
class SimulatedComponent:
    """Something that the engine finds alive or not."""

    engine: Engine
    name: str

    def dies(self) -> None:
        self.engine.dead.add(self.name)
        self.engine.handovers.down = self.engine.counts.down = "redis" in self.engine.dead

    def returns(self) -> None:
        self.engine.dead.discard(self.name)
        self.engine.handovers.down = self.engine.counts.down = "redis" in self.engine.dead


@dataclass
class SimulatedOffice:
    """Alice, Bob and Carol, in milliseconds."""

    engine: Engine = field(default_factory=lambda: Engine(MemoryDirectory(), MemoryHandOvers(), DOMAIN))
    _rows: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _rows_of: dict[str, list[ForwardRow]] = field(default_factory=dict)
    _serial: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.engine.directory.add_domain(DomainProfile(DOMAIN))
        self.alice = self.hires("Alice Martin", "101")
        self.bob = self.hires("Bob Dupont", "102")
        self.carol = self.hires("Carol Peeters", "103")
        self.gateway = SimulatedComponent(self.engine, str(self.engine.node.gateways[0]))
        self.redis = SimulatedComponent(self.engine, "redis")
        self.services = SimulatedComponent(self.engine, "services")

    def hires(self, name: str, extension: str, domain: str = "") -> SimulatedPerson:
        domain = domain or DOMAIN
        if domain not in self.engine.directory.domains():
            self.engine.directory.add_domain(DomainProfile(domain))
        person = self._person(name, extension, domain, extension)
        self.engine.register(person.phone)
        return person

    def second_phone(
        self,
        person: SimulatedPerson,
        *,
        user_agent: str = "",
        q: float | None = None,
        priority: float | None = None,
        publishes: bool = False,
    ) -> SimulatedPerson:
        username = f"{person.extension}-{next(self._serial)}"
        further = self._person(person.name, person.extension, person.phone.domain, username, priority)
        further.phone.user_agent = user_agent
        further.phone.own_q = q
        self.engine.register(further.phone)
        if publishes:
            further.publishes("")
        return further

    def first_rings(self, priority: float, *, agent: str = "", device: str = "", override: bool = False) -> None:
        self.engine.directory.add_priority(DOMAIN, PriorityRow(1, priority, agent, "", device, override))

    def rings_alike(self, person: SimulatedPerson) -> None:
        self.engine.directory.change(person.phone.domain, person.extension, rings=False)

    def chooses_ring(self, origin: str, **changes: Any) -> None:
        ring = replace(default_ring(DOMAIN, RingOrigin(origin)), **changes)
        self.engine.directory.add_ring(DOMAIN, origin, RingProfile(ring.text, ring.bellcore, ring.urn, ring.enabled))

    def _person(
        self, name: str, extension: str, domain: str, username: str, priority: float | None = None
    ) -> SimulatedPerson:
        party = self.engine.directory.party(domain, extension) or Party(extension, domain, name)
        password = f"secret-of-{username}"
        secret = (username, domain, password)
        account = Account(username, domain, ha1_md5(*secret), ha1_sha256(*secret), party, priority=priority)
        self.engine.directory.add_account(account)
        return SimulatedPerson(
            name, extension, SimulatedPhone(username, password, domain, party.aor, name), self.engine
        )

    def stranger(self) -> SimulatedPerson:
        phone = SimulatedPhone("666", "guess", DOMAIN, f"666@{DOMAIN}", "Mallory")
        return SimulatedPerson("Mallory", "666", phone, self.engine)

    def impostor(self, person: SimulatedPerson) -> SimulatedPerson:
        phone = SimulatedPhone(person.phone.username, "guess", DOMAIN, person.phone.aor, person.name)
        return SimulatedPerson(person.name, person.extension, phone, self.engine)

    def dismisses(self, person: SimulatedPerson) -> None:
        self.engine.directory.forget(person.phone.domain, person.extension)

    def numbers(self, person: SimulatedPerson, number: str) -> None:
        party = self.engine.directory.party(person.phone.domain, person.extension)
        assert party is not None
        self.engine.directory.add_number(number, party)

    def provider(self, name: str = "provider", number: str = "+3225550100") -> SimulatedPerson:
        phone = SimulatedPhone(name, "", DOMAIN, "", name)
        self.engine.providers[name] = phone
        self.engine.directory.add_trunk(TrunkProfile(name, DOMAIN, f"{name}.test", 5060, main_number=number))
        position = len(self.engine.providers)
        self.engine.directory.add_route(DOMAIN, OutboundRoute("", name, position=position))
        return SimulatedPerson(name, "", phone, self.engine)

    def notices(self, provider: SimulatedPerson) -> None:
        assert provider.phone.dead
        self.engine.down.add(provider.name)

    def is_a_branch_without(self, *elsewhere: SimulatedPerson) -> None:
        self.engine.node = replace(self.engine.node, branch=SiteProfile().name)
        for person in elsewhere:
            self.engine.directory.change(DOMAIN, person.extension, site=SiteProfile("elsewhere"))
            self.engine.beyond.add(f"{person.extension}@{DOMAIN}")

    def is_a_branch_that_loses(self, *elsewhere: SimulatedPerson) -> None:
        self.is_a_branch_without(*elsewhere)
        for person in elsewhere:
            person.loses_power()
        self.engine.cut_unnoticed, self.engine.beyond = self.engine.beyond, set()

    def calls_for_help_as(self, number: str) -> None:
        site = SiteProfile(emergency_caller=number)
        for person in (self.alice, self.bob, self.carol):
            self.engine.directory.change(DOMAIN, person.extension, site=site)

    def allows(self, person: SimulatedPerson, *classes: str) -> None:
        self.engine.directory.change(person.phone.domain, person.extension, outside=frozenset(classes))

    def forwards(self, person: SimulatedPerson, cause: str, *targets: SimulatedPerson | str, **settings: Any) -> None:
        goals = tuple(target if isinstance(target, str) else target.extension for target in targets)
        if "presence" in settings:
            settings["presence"] = frozenset(settings["presence"].split(","))
        row = ForwardRow(next(self._rows), cause, goals, **settings)
        before = self._rows_of.setdefault(person.extension, [])
        before.append(row)
        self.engine.directory.change(person.phone.domain, person.extension, forwarding=tuple(before))

    def is_in_state(self, person: SimulatedPerson, state: str) -> None:
        row = StateRow("manual", "busy" if state == "dnd" else state, state == "dnd")
        self.engine.directory.change(person.phone.domain, person.extension, presence=(row,))

    def knows(self, number: str, name: str, owner: SimulatedPerson | None = None) -> None:
        source = "personal book own" if owner else "shared book all"
        self.engine.directory.add_name(DOMAIN, number, owner.extension if owner else SHARED, Named(name, source))

    def asks_outside(self, names: dict[str, str]) -> None:
        self.engine.sources = names
        self.engine.directory.add_domain(DomainProfile(DOMAIN, asks_names=True))

    def has_heard(self, numbers: int) -> None:
        assert len(self.engine.heard) == numbers

    def carries(self, person: SimulatedPerson, mobile: str) -> None:
        found = Named(person.name, f"person {person.extension}", person.extension)
        self.engine.directory.add_name(DOMAIN, mobile, PERSON, found)

    def trusts(self, provider: SimulatedPerson) -> None:
        trunk = self.engine.directory.trunks()[DOMAIN, provider.name]
        self.engine.directory.add_trunk(replace(trunk, trusted=True))

    def gives_pin(self, person: SimulatedPerson, pin: str) -> None:
        self.engine.pins[person.extension] = pin

    def groups(self, name: str, *members: SimulatedPerson) -> None:
        for person in members:
            before = self._rights(person)
            self._allow(person, replace(before, groups=before.groups | {name}))

    def lets_pick_up(self, person: SimulatedPerson, *of: SimulatedPerson | str, by: str = "group") -> None:
        goals = frozenset(one if isinstance(one, str) else one.extension for one in of)
        self._allow(person, replace(self._rights(person), of=goals, by=by))

    def _rights(self, person: SimulatedPerson) -> PickupRights:
        party = self.engine.directory.party(person.phone.domain, person.extension)
        assert party is not None
        return party.pickup

    def _allow(self, person: SimulatedPerson, rights: PickupRights) -> None:
        self.engine.directory.change(person.phone.domain, person.extension, pickup=rights)

    def lists_callers(self, name: str, *callers: str) -> None:
        self.engine.directory.add_caller_list(DOMAIN, name, frozenset(callers))

    def is_open(self, name: str, *, always: bool) -> None:
        hours = tuple((day, 0, 1440) for day in range(7)) if always else ()
        self.engine.directory.add_schedule(DOMAIN, name, ScheduleProfile("UTC", hours))

    def has_group(self, name: str, *members: SimulatedPerson, number: str = "", **settings: Any) -> None:
        own = GroupProfile(name, tuple(member.extension for member in members), **settings)
        self.engine.directory.add_group(DOMAIN, own)
        self.groups(name, *members)
        if number:
            self.answers_at(number, f"group:{name}")

    def answers_at(self, number: str, target: str) -> None:
        kind, _, name = target.partition(":")
        party = Party(number, DOMAIN, name if kind == "group" else f"{kind} {name}".strip(), service=target)
        self.engine.directory.add_number(number, party)

    def lets_write(self, sender: SimulatedPerson, receiver: SimulatedPerson) -> None:
        home = self.engine.directory.domains()[receiver.phone.domain]
        self.engine.directory.add_domain(replace(home, messages_from=frozenset({sender.phone.domain})))

    def limits(self, whom: SimulatedPerson, most: int | None) -> None:
        scope = Scope.USER if whom.extension else Scope.TRUNK
        name = f"{whom.extension or whom.phone.username}@{whom.phone.domain}"
        self.engine.directory.set_limit(Limit(scope, name, most))

    def tells_of_callback(self, *, hint: bool) -> None:
        self.engine.directory.add_domain(DomainProfile(DOMAIN, callback_hint=hint))

    def limits_all(self, most: int | None) -> None:
        self.engine.directory.set_limit(Limit(Scope.DOMAIN, DOMAIN, most))

    def limits_group(self, name: str, most: int, *people: SimulatedPerson) -> None:
        self.engine.directory.set_limit(
            Limit(Scope.GROUP, f"{name}@{DOMAIN}", most), [person.extension for person in people]
        )
        self.groups(name, *people)

    def wants_no_second_call(self, person: SimulatedPerson) -> None:
        self.engine.directory.change(person.phone.domain, person.extension, call_waiting=False)

    def counts(self, whom: SimulatedPerson, calls: int) -> None:
        limit = Limit(Scope.USER, f"{whom.extension}@{whom.phone.domain}")
        assert self.engine.counts.counts([limit])[limit] == calls

    def frees(self, whom: SimulatedPerson) -> None:
        self.counts(whom, 0)

    def is_quiet(self) -> None:
        limit = Limit(Scope.DOMAIN, DOMAIN)
        assert self.engine.counts.counts([limit])[limit] == 0

    def ladder(self) -> str:
        return self.engine.ladder()
