"""The live office: real phones, the real Kamailio, Asterisk and Redis. The verbs wait for what they say."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from time import monotonic
from typing import Any
from urllib.parse import quote

from tests.lab.sockets import inside
from tests.live.watching import Watch, version
from tests.names.sources import Source
from tests.phones.call import Call as PhoneCall
from tests.phones.message import Message
from tests.phones.phone import Phone
from tests.phones.raw import RawAgent
from tests.supervision.installation import until
from tests.worlds import lamps
from tests.worlds.building import ADDRESS, NODE, PORT, PROVIDERS, Building
from tests.worlds.office import Header
from tests.worlds.tracing import now

from carillon.model.priority import PriorityRule
from carillon.names import states
from carillon.names.states import SourceState
from carillon.provisioning.forwardings import RowTyped
from carillon.provisioning.trunks import TrunkFields

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'
"""With that, a phone shows no missed call (RFC 3326)."""

NOTICE_S = 60.0
"""Two questions, ten seconds apart, each of which waits 8 s for an answer, and some patience."""


@dataclass(eq=False)
class LiveCall:
    """One call: the caller's side, and where it rang."""

    caller: LivePerson
    mine: PhoneCall
    at: dict[LivePerson, PhoneCall] = field(default_factory=dict)
    answered_by: LivePerson | None = None
    served: bool = False

    def rings(self, *people: LivePerson) -> None:
        for person in people:
            self.at[person] = person.phone.incoming()
        if not self.served:
            self.mine.wait_ringing()

    def does_not_ring(self, person: LivePerson) -> None:
        if person in self.at:
            self.at[person].wait_ended()
        else:
            assert person.phone.unanswered() == 0, f"it rang at {person.name}"

    def is_up(self) -> None:
        assert self.answered_by is not None, "nobody answered"
        self.mine.wait_answered()
        self.mine.hears(self.answered_by.phone.tone)
        self.at[self.answered_by].hears(self.caller.phone.tone)

    def is_served_by(self, service: str) -> None:
        self.mine.wait_answered()
        story = self.caller.ladder()
        assert f" {service} at gateway" in story, story

    def types(self, keys: str) -> None:
        self.mine.wait_answered()
        self.served = True
        logged = self.caller.logged
        until(lambda: " calls " not in "".join(logged()[-1:]), "the call before it has not failed")
        *typed, rest = keys.split("#")
        assert not rest, "what is typed ends with #"
        for one in typed:
            before = len(logged())
            self.mine.dtmf(f"{one}#")
            until(lambda: len(logged()) > before, f"nobody heeds {one}#")  # noqa: B023 -- called at once

    def is_over(self) -> None:
        self.mine.wait_ended()
        for side in self.at.values():
            side.wait_ended()

    def failed(self, code: int) -> None:
        ended = self.mine.wait_ended(15)
        assert ended.code == code, f"{ended.code} {ended.reason} instead of {code}"

    def was_told(self, header: str, containing: str) -> None:
        said = self.mine.wait_ended().headers(header)
        assert any(containing in value for value in said), f"{header} is {said}"

    def was_not_told(self, header: str, containing: str) -> None:
        said = self.mine.wait_ended().headers(header)
        assert not any(containing in value for value in said), f"{header} is {said}"

    def caller_hears(self, code: int, header: str, containing: str) -> None:
        said = self.mine.wait_response(code).header(header) or ""
        assert containing in said, f"{header} is {said!r}"

    def caller_hears_no(self, code: int, header: str) -> None:
        assert self.mine.wait_response(code).header(header) is None

    def shows(self, person: LivePerson, name: str, number: str) -> None:
        shown = self.at[person].invite.header("From") or ""
        quoted = f'"{name}" ' if name else ""
        home = f"{person.domain}>" if person.extension and number.isdigit() else ""
        assert shown.startswith(f"{quoted}<sip:{number}@{home}"), shown

    def is_for(self, provider: LivePerson, number: str) -> None:
        assert f"sip:{number}@" in self.at[provider].invite.text.split("\r\n", 1)[0]

    def takes(self, other: LiveCall) -> None:
        self.mine.wait_answered()
        other.mine.wait_answered()
        self.mine.hears(other.caller.phone.tone)
        other.mine.hears(self.caller.phone.tone)
        for side in other.at.values():
            side.wait_ended()
            reasons = [reason for message in side.received for reason in message.headers("Reason")]
            assert other.answered_by or ELSEWHERE in reasons, reasons

    def is_told(self, person: LivePerson, header: str, containing: str) -> None:
        said = ", ".join(self.at[person].invite.headers(header))
        assert containing in said, f"{header} is {said!r}"

    def arrived_with(self, person: LivePerson, header: str) -> bool:
        return self.at[person].invite.header(header) is not None


@dataclass(frozen=True)
class LiveSent:
    """A message, and the final code that its sender heard."""

    code: int

    def arrived(self) -> None:
        assert self.code == 200

    def is_kept(self) -> None:
        assert self.code == 202

    def failed(self, code: int) -> None:
        assert self.code == code


@dataclass(frozen=True)
class LiveLetter:
    """A message as it came."""

    message: Message

    def is_from(self, person: LivePerson) -> None:
        shown = self.message.header("From") or ""
        assert shown.startswith(f'"{person.name}" <sip:{person.extension}@{person.domain}>'), shown

    def is_dated(self) -> None:
        assert self.message.header("Date"), self.message.text


@dataclass(frozen=True)
class LiveFriend:
    """Somebody on a real phone's list."""

    phone: Phone
    extension: str

    def is_shown(self, *, online: bool, activity: str = "", note: str = "") -> None:
        self.phone.shows(self.extension, timeout=30, online=online, activity=activity, note=note)


@dataclass(frozen=True)
class LiveLamp:
    """A lamp: a subscription of a hand-made agent, as the library of the phones has none."""

    watch: Watch

    def blinks(self, caller: str) -> None:
        self._comes_to([("early", caller)])

    def shines(self) -> None:
        self.watch.until(lambda told: [state for state, _ in lamps.calls(told)] == ["confirmed"])

    def is_dark(self) -> None:
        self._comes_to([])
        versions = [version(told) for told in self.watch.told]
        assert versions == sorted(set(versions)), versions

    def _comes_to(self, calls: list[tuple[str, str]]) -> None:
        self.watch.until(lambda told: lamps.calls(told) == calls)


@dataclass(eq=False)
class LivePerson:
    """A person with one real phone, and a panel for lamps beside it."""

    name: str
    extension: str
    domain: str
    phone: Phone
    ladder: Callable[[], str]
    logged: Callable[[], list[str]]
    panel: Callable[[], RawAgent]

    def calls(self, whom: LivePerson | str, headers: Iterable[Header] = ()) -> LiveCall:
        number = whom if isinstance(whom, str) else whom.extension
        return LiveCall(self, self.phone.dial(quote(number, safe="+*"), dict(headers)))

    def answers(self, call: LiveCall) -> None:
        call.at[self].answer()
        call.answered_by = self

    def refuses(self, call: LiveCall, code: int, reason: str = "", headers: Iterable[Header] = ()) -> None:
        call.at[self].reject(code, reason or None, dict(headers))

    def lets_it_ring(self, call: LiveCall) -> None:
        call.at[self].wait_ended(15)

    def sends_on(self, call: LiveCall, to: LivePerson | str) -> None:
        number = to if isinstance(to, str) else to.extension
        self.refuses(call, 302, "Moved Temporarily", [("Contact", f"<sip:{number}@{self.domain}>")])

    def picks_up(self, whom: LivePerson | str = "") -> LiveCall:
        return self.calls("*8" + (whom if isinstance(whom, str) else whom.extension))

    def replaces(
        self, call: LiveCall, at: LivePerson, form: str = "{call_id};to-tag={ours};from-tag={theirs}"
    ) -> LiveCall:
        side = call.at[at]
        ours = (side.invite.header("From") or "").partition(";tag=")[2]
        found = form.format(call_id=side.call_id, ours=ours, theirs=side.own_tag)
        return self.calls(at, [("Replaces", found)])

    def hangs_up(self, call: LiveCall) -> None:
        (call.mine if self is call.caller else call.at[self]).hangup()

    def cancels(self, call: LiveCall) -> None:
        call.mine.hangup()

    def holds(self, call: LiveCall) -> None:
        (call.mine if self is call.caller else call.at[self]).hold()

    def resumes(self, call: LiveCall) -> None:
        (call.mine if self is call.caller else call.at[self]).resume()

    def calls_in(self, number: str, as_number: str, headers: Iterable[Header] = ()) -> LiveCall:
        return LiveCall(self, self.phone.dial(f"sip:{number}@{ADDRESS}", dict(headers)))

    def publishes(self, activity: str, note: str = "") -> None:
        self.phone.publishes(activity, note)

    def watches(self, whom: LivePerson) -> LiveFriend:
        self.phone.watches(whom.extension)
        return LiveFriend(self.phone, whom.extension)

    def has_lamp_for(self, whom: LivePerson | str) -> LiveLamp:
        address = f"{whom}@{self.domain}" if isinstance(whom, str) else f"{whom.extension}@{whom.domain}"
        return LiveLamp(Watch(self.panel(), f"sip:{address}", "dialog"))

    def writes(self, whom: LivePerson | str, text: str) -> LiveSent:
        target = whom if isinstance(whom, str) else f"sip:{whom.extension}@{whom.domain}"
        return LiveSent(self.phone.writes(target, text))

    def reads(self, text: str) -> LiveLetter:
        return LiveLetter(self.phone.reads(text))

    def has_read(self, *texts: str) -> None:
        self.phone.has_read(*texts)

    def unplugs(self) -> None:
        self.phone.unregister()

    def plugs_in(self) -> None:
        self.phone.register()

    def loses_power(self) -> None:
        self.phone.loses_power()


@dataclass
class LiveComponent:
    """An engine under the supervisor."""

    building: Building
    name: str
    dead: bool = False

    def dies(self) -> None:
        self.building.stops(self.name)
        self.dead = True

    def returns(self) -> None:
        if self.dead:
            self.building.starts(self.name)
            self.dead = False


class LiveOffice:
    """Alice, Bob and Carol at real phones, in a domain of their own."""

    def __init__(self, building: Building, phones: ExitStack) -> None:
        self.building, self._phones = building, phones
        self._began = now()
        self._places = itertools.cycle(host for host in building.network.addresses if host.startswith("phone"))
        self._provider_places = iter(PROVIDERS)
        self._providers = 1
        self._serial = itertools.count(1)
        self.domain = building.new_domain()
        self.gateway = LiveComponent(building, "asterisk")
        self.redis = LiveComponent(building, "redis")
        self.services = LiveComponent(building, "services")
        self.alice = self.hires("Alice Martin", "101")
        self.bob = self.hires("Bob Dupont", "102")
        self.carol = self.hires("Carol Peeters", "103")

    @classmethod
    @contextmanager
    def open(cls, building: Building) -> Iterator[LiveOffice]:
        """An office that leaves no phone and no dead component behind."""
        with ExitStack() as phones:
            office = cls(building, phones)
            yield office
            office.gateway.returns()
            office.redis.returns()
            office.services.returns()

    def hires(self, name: str, extension: str, domain: str = "") -> LivePerson:
        if domain and domain != self.domain:
            domain = f"{self.domain.split('.')[0]}.{domain}"
            self._adds(domain)
        domain = domain or self.domain
        self.building.hires(domain, extension, name)
        return self._with_phone(name, extension, domain, extension)

    def second_phone(
        self,
        person: LivePerson,
        *,
        user_agent: str = "",
        q: float | None = None,
        priority: float | None = None,
        publishes: bool = False,
    ) -> LivePerson:
        device = f"{person.extension}-{next(self._serial)}"
        told = {"user_agent": user_agent, "q": q, "publishes": publishes}
        return self._with_phone(person.name, person.extension, person.domain, device, priority, **told)

    def first_rings(self, priority: float, *, agent: str = "", device: str = "", override: bool = False) -> None:
        self.building.first_rings(PriorityRule(self.domain, priority, agent, "", device, override))

    def rings_alike(self, person: LivePerson) -> None:
        self.building.rings_alike(person.domain, person.extension)

    def chooses_ring(self, origin: str, **changes: Any) -> None:
        self.building.chooses_ring(self.domain, origin, changes)

    def stranger(self) -> LivePerson:
        return self._person("Mallory", "666", self.domain, "666", "guess")

    def impostor(self, person: LivePerson) -> LivePerson:
        return self._person(person.name, person.extension, person.domain, person.extension, "guess")

    def dismisses(self, person: LivePerson) -> None:
        self.building.dismisses(person.domain, person.extension)

    def numbers(self, person: LivePerson, number: str) -> None:
        self.building.numbers(person.domain, number, person.extension)

    def provider(self, name: str = "provider", number: str = "+3225550100") -> LivePerson:
        host = next(self._provider_places)
        network = self.building.network
        address = network.address(host)
        self.building.adds_trunk(self.domain, name, address, self._providers)
        self.building.sets_trunk(self.domain, name, TrunkFields(main_number=number))
        self._phones.callback(self.building.removes_trunk, self.domain, name)
        self._providers += 1
        phone = Phone(
            *("", "+32475123456", "", ADDRESS), proxy=f"{ADDRESS}:{PORT}",
            namespace=network.namespace(host), address=address, port=PORT,
        )  # fmt: skip
        self._phones.enter_context(phone)
        return LivePerson(name, "", self.domain, phone, self.ladder, self._logged, _no_panel)

    def notices(self, provider: LivePerson) -> None:
        deadline = monotonic() + NOTICE_S
        while self.building.trunk(self.domain, provider.name)["state"] != "down":
            assert monotonic() < deadline, f"{provider.name} is not found down"

    def calls_for_help_as(self, number: str) -> None:
        self.building.calls_for_help_as(self.domain, number)

    def allows(self, person: LivePerson, *classes: str) -> None:
        self.building.allows(person.domain, person.extension, classes)

    def forwards(self, person: LivePerson, cause: str, *targets: LivePerson | str, **settings: Any) -> None:
        goals = tuple(target if isinstance(target, str) else target.extension for target in targets)
        self.building.forwards(person.domain, person.extension, RowTyped(cause, goals, **settings))

    def is_in_state(self, person: LivePerson, state: str) -> None:
        self.building.is_in_state(person.domain, person.extension, state)

    def knows(self, number: str, name: str, owner: LivePerson | None = None) -> None:
        self.building.knows(self.domain, number, name, owner.extension if owner else None)

    def asks_outside(self, names: dict[str, str]) -> None:
        self.source().knows(names)

    def has_heard(self, numbers: int) -> None:
        until(lambda: self.source_state().found == numbers, "the names are not heard")

    def source(self) -> Source:
        """A system that is asked for names from now on; it knows none yet."""
        with inside(self.building.network.namespace(NODE)):
            source = self._phones.enter_context(Source.open())
        self.building.asks_outside(self.domain, source.url)
        self._phones.callback(self.building.asks_no_more, self.domain)
        until(lambda: (self.domain, "crm") in states.read(self.building.paths.name_states), "the source is not asked")
        return source

    def source_state(self) -> SourceState:
        """How that system is, as the names daemon says."""
        return states.read(self.building.paths.name_states)[self.domain, "crm"]

    def carries(self, person: LivePerson, mobile: str) -> None:
        self.building.carries(person.domain, person.extension, mobile)

    def trusts(self, provider: LivePerson) -> None:
        self.building.sets_trunk(self.domain, provider.name, TrunkFields(trusted=True))

    def gives_pin(self, person: LivePerson, pin: str) -> None:
        self.building.sets_voicemail(person.domain, person.extension, pin=pin)

    def groups(self, name: str, *members: LivePerson) -> None:
        self.building.groups(members[0].domain, name, [member.extension for member in members])

    def lets_pick_up(self, person: LivePerson, *of: LivePerson | str, by: str = "group") -> None:
        goals = [one if isinstance(one, str) else one.extension for one in of]
        self.building.lets_pick_up(person.domain, person.extension, goals, by)

    def lists_callers(self, name: str, *callers: str) -> None:
        self.building.lists_callers(self.domain, name, callers)

    def is_open(self, name: str, *, always: bool) -> None:
        today = date.today()
        near = tuple((today + timedelta(days=shift)).isoformat() for shift in (-1, 0, 1))
        self.building.adds_schedule(self.domain, name, "mon-sun 00:00-24:00", () if always else near)

    def has_group(self, name: str, *members: LivePerson, number: str = "", **settings: Any) -> None:
        self.building.adds_group(self.domain, name, [member.extension for member in members], **settings)
        if number:
            self.answers_at(number, f"group:{name}")

    def answers_at(self, number: str, target: str) -> None:
        self.building.serves_at(self.domain, number, target)

    def lets_write(self, sender: LivePerson, receiver: LivePerson) -> None:
        self.building.lets_write(sender.domain, receiver.domain)

    def limits(self, whom: LivePerson, most: int | None) -> None:
        if whom.extension:
            self.building.limits_user(whom.domain, whom.extension, most)
        else:
            self.building.limits_trunk(self.domain, whom.name, most)

    def tells_of_callback(self, *, hint: bool) -> None:
        self.building.tells_of_callback(self.domain, hint=hint)

    def limits_all(self, most: int | None) -> None:
        self.building.limits_domain(self.domain, most)

    def limits_group(self, name: str, most: int, *people: LivePerson) -> None:
        self.building.limits_group(self.domain, name, most, [person.extension for person in people])

    def wants_no_second_call(self, person: LivePerson) -> None:
        self.building.wants_no_second_call(person.domain, person.extension)

    def counts(self, whom: LivePerson, calls: int) -> None:
        self.building.counts(f"user {whom.extension}@{whom.domain}", calls)

    def frees(self, whom: LivePerson) -> None:
        self.counts(whom, 0)

    def is_quiet(self) -> None:
        self.building.counts(f"domain {self.domain}", 0)

    def ladder(self) -> str:
        return self.building.listener.ladder(self._began)

    def _logged(self) -> list[str]:
        return self.building.logged_by_services(self.domain)

    def _adds(self, domain: str) -> None:
        if domain not in self.building.domains():
            self.building.adds_domain(domain)

    def _with_phone(
        self, name: str, extension: str, domain: str, device: str, priority: float | None = None, **more: Any
    ) -> LivePerson:
        password = f"secret-of-{device}"
        self.building.gives_phone(domain, extension, device, password, priority=priority)
        person = self._person(name, extension, domain, device, password, **more)
        person.phone.register()
        return person

    def _person(self, name: str, extension: str, domain: str, device: str, password: str, **more: Any) -> LivePerson:
        host = next(self._places)
        network = self.building.network
        phone = Phone(
            *(f"{name} {device}", extension, password, domain),
            proxy=f"{ADDRESS}:{PORT}", namespace=network.namespace(host),
            address=network.address(host), auth_user=device, **more,
        )  # fmt: skip
        self._phones.enter_context(phone)
        place = {"namespace": network.namespace(host), "address": network.address(host)}

        def panel() -> RawAgent:
            made = RawAgent(
                extension, auth_user=device, password=password, domain=domain, proxy=f"{ADDRESS}:{PORT}", **place
            )
            return self._phones.enter_context(made)

        return LivePerson(name, extension, domain, phone, self.ladder, self._logged, panel)


def _no_panel() -> RawAgent:
    raise AssertionError("a provider has no lamps")
