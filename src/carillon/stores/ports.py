"""What the call logic may ask of the stores: protocols, and the rows that come back.

Implemented by `directory` (SQLite on this node), `handover` (Redis) and `memory` (the simulated world).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from carillon.model.frozen import dataclass
from carillon.model.messagesfrom import EVERY


class StoreDown(Exception):
    """The store did not answer in time; callers turn it into the typed fact `UNKNOWN`."""


class Scope(StrEnum):
    """Whose calls are counted together."""

    USER = "user"
    GROUP = "group"
    TRUNK = "trunk"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class Limit:
    """Somebody's calls are counted, and may be `most` at once; None: as many as there are.

    `name` is `101@example.org`, `sales@example.org`, or that of the domain.
    """

    scope: Scope
    name: str
    most: int | None = None

    def __str__(self) -> str:
        return f"{self.scope} {self.name}"


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """Calls that are recorded: of these people (extensions), or by this trunk; of everybody where neither is given.

    `calls` is one of `all`, `in`, `out`, `external`, `internal`, as seen from the people. With `required`, a call that
    cannot be recorded is refused. With `on_demand` recording begins when the person presses a key; he may pause it
    then, and where it is `pausable`. `announce` and `tone_every_s` as in `model.recording.Rule`.
    """

    id: int
    calls: str = "all"
    people: frozenset[str] | None = None
    trunk: str | None = None
    required: bool = False
    on_demand: bool = False
    pausable: bool = False
    announce: str = ""
    tone_every_s: int = 0


@dataclass(frozen=True, slots=True)
class PriorityRow:
    """When phones ring that send no q: `model.priority.PriorityRule`, compiled; "" fits all."""

    id: int
    priority: float
    agent: str = ""
    transport: str = ""
    device: str = ""
    override: bool = False


@dataclass(frozen=True, slots=True)
class DomainProfile:
    """A domain that this system serves. `digest` is one of `both`, `md5`, `sha256`. `most_calls` as in `Limit`.

    `session_timer_s` is how long an interval of a session timer may be at most (RFC 4028), in seconds.
    With `asks_names`, sources outside are asked who outside numbers are.
    Recordings are kept for `recording_days`, 0 for ever. With `callback_hint`, who finds a colleague busy is told
    how to be called back. The first of `priorities` that fits says when a phone rings that sends no q.
    People of `messages_from`, which are other domains ("*" for all of them), may write to its own.
    """

    name: str
    digest: str = "both"
    session_timer_s: int = 1800
    asks_names: bool = False
    most_calls: int | None = None
    recording_days: int = 0
    recording: tuple[RecordingRule, ...] = ()
    callback_hint: bool = True
    priorities: tuple[PriorityRow, ...] = ()
    messages_from: frozenset[str] = frozenset()

    def takes_messages_from(self, other: str) -> bool:
        """Whether people of another domain of the system may write to people of this one."""
        return other in self.messages_from or EVERY in self.messages_from


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """A place: its country (ISO 3166-1 alpha-2), what is dialled for an outside line, and who calls for help there."""

    name: str = "main"
    country: str = "BE"
    outside_prefix: str = ""
    emergency_caller: str | None = None


@dataclass(frozen=True, slots=True)
class ForwardRow:
    """One row of a person's forwarding table, as `model.forwarding` has it: targets as text, empty `presence` is any.

    `schedule` and `caller` name small tables of the domain.
    """

    id: int
    cause: str
    targets: tuple[str, ...]
    presence: frozenset[str] = frozenset()
    origin: str | None = None
    caller: str | None = None
    schedule: str | None = None
    after_s: int | None = None
    ring_s: int | None = None


@dataclass(frozen=True, slots=True)
class StateRow:
    """What one source says of a person until then (Unix seconds, None: until further notice), with a note."""

    source: str
    state: str
    dnd: bool = False
    until: float | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class RingProfile:
    """How phones are told with which ring a call rings: `model.ring.Ring`, compiled."""

    text: str
    bellcore: int
    urn: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class ScheduleProfile:
    """Weekly hours (day from Monday 0, minutes of begin and end) in a time zone, and ISO dates when it is closed."""

    timezone: str
    hours: tuple[tuple[int, int, int], ...]
    holidays: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GroupProfile:
    """A ring group, as `model.group` has it: members by extension, `then` as text, "" for nowhere."""

    name: str
    members: tuple[str, ...]
    ring: str = "all"
    ring_s: int = 20
    then: str = ""


@dataclass(frozen=True, slots=True)
class PickupRights:
    """Who may pick a person up, and whom he may pick up; `by` and `of` are as in `model.pickup`.

    He is in `groups`, whose members may pick each other up, and in `closed` ones, whose members may not.
    """

    by: str = "group"
    groups: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    of: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who can be called: the compiled profile of a user, one look-up a party.

    `outside` are the classes of outside calls that the person may make; `caller_number` (E.164) is shown outside,
    unless `withhold`. `presence` is what is said of the person, what counts most first. With `service`,
    such as `group:sales`, it is no person, but a number behind which something of ours answers. Without `rings` the
    phones are not told with which ring a call rings.
    `limits` are those of how many calls at once there may be, nearest first: the person's own, of groups, the domain's.
    """

    extension: str
    domain: str
    name: str
    site: SiteProfile = SiteProfile()
    outside: frozenset[str] = frozenset()
    caller_number: str | None = None
    withhold: bool = False
    forwarding: tuple[ForwardRow, ...] = ()
    presence: tuple[StateRow, ...] = ()
    call_waiting: bool = True
    service: str = ""
    pickup: PickupRights = PickupRights()
    rings: bool = True
    limits: tuple[Limit, ...] = ()

    @property
    def aor(self) -> str:
        """Address of record without scheme, `101@example.org` (RFC 3261 §10)."""
        return f"{self.extension}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Account:
    """The credentials of one device and the party it speaks for. HA1 only, RFC 7616 §3.4.2.

    `encryption` says that the device is offered encrypted sound (SRTP) when it rings; `priority`, 0 to 1, goes before
    the q of its contacts.
    """

    username: str
    domain: str
    ha1_md5: str
    ha1_sha256: str
    party: Party
    encryption: bool = False
    priority: float | None = None


@dataclass(frozen=True, slots=True)
class TrunkProfile:
    """A line to a provider. `transport` is udp, tcp or tls; `host` a name or an address without brackets.

    `country` is how the provider's national numbers are read; `registered_user` names us there, if we register.
    `realm` is the provider's domain, None for the host. Of trunks that could carry a call alike, the one of lower
    `priority` is tried first. A `trusted` provider is told who calls although that is withheld (RFC 3325).
    With `probe`, it is asked by OPTIONS whether it works. `from_user` stands in From there, None for the caller.
    `most_calls` as in `Limit`. A name with `port` 0 is looked for by SRV, with `naptr` by NAPTR before.
    Passwords are never here.
    """

    name: str
    domain: str
    host: str
    port: int
    transport: str = "udp"
    country: str = "BE"
    main_number: str | None = None
    registered_user: str | None = None
    national_format: bool = False
    realm: str | None = None
    priority: int = 1
    trusted: bool = False
    enabled: bool = True
    probe: bool = True
    from_user: str | None = None
    most_calls: int | None = None
    naptr: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """One place of a trunk, a SIP URI with an address: lower priorities first, weights share (RFC 2782)."""

    uri: str
    priority: int = 0
    weight: int = 0


@dataclass(frozen=True, slots=True)
class OutboundRoute:
    """Numbers that begin with `prefix` (E.164; "" is every number) may leave by `trunk`, from `site` only if given."""

    prefix: str
    trunk: str
    site: str | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class Named:
    """Who an outside number is. `source` says in words who knows it; `extension` is that of a person of ours."""

    name: str
    source: str
    extension: str = ""


@dataclass(frozen=True, slots=True)
class HandOver:
    """What the outbound leg tells the inbound leg about a failed call: the real code and its headers."""

    code: int
    reason: str
    headers: tuple[tuple[str, str], ...] = ()


class Directory(Protocol):
    """Domains, devices, people, sites and trunks, read-only on this node. Every method may raise `StoreDown`.

    `account` and `party` read one row; the other tables are small and kept in the worker until they change.
    """

    def renew(self) -> None:
        """From now on the small tables are looked at once for a change, until `renew` is called again. Never fails."""

    def domains(self) -> Mapping[str, DomainProfile]: ...

    def sites(self) -> Mapping[tuple[str, str], SiteProfile]:
        """All sites by (domain, name); cached in the worker like the domains."""

    def trunks(self) -> Mapping[tuple[str, str], TrunkProfile]:
        """All trunks by (domain, name), the disabled ones too; cached in the worker like the domains."""

    def outbound(self, domain: str) -> tuple[OutboundRoute, ...]:
        """The outbound routes of a domain, in the order of trying; cached in the worker like the domains."""

    def schedules(self) -> Mapping[tuple[str, str], ScheduleProfile]:
        """All schedules by (domain, name); cached in the worker like the domains."""

    def caller_lists(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """All caller lists by (domain, name); cached in the worker like the domains."""

    def groups(self) -> Mapping[tuple[str, str], GroupProfile]:
        """All groups by (domain, name); cached in the worker like the domains."""

    def rings(self) -> Mapping[tuple[str, str], RingProfile]:
        """The rings that domains have chosen, by (domain, origin); cached in the worker like the domains."""

    def panels(self) -> frozenset[tuple[str, str]]:
        """All panels, as (domain, name); cached in the worker like the domains."""

    def account(self, domain: str, username: str) -> Account | None: ...

    def party(self, domain: str, number: str) -> Party | None: ...

    def outside_numbers(self, domain: str, extension: str) -> tuple[str, ...]:
        """The E.164 numbers by which somebody is reached from outside, those of this system before his mobiles."""

    def named(self, domain: str, number: str, owner: str) -> Named | None:
        """Who an outside number (E.164) is for the person of extension `owner`; one row."""


class CallCounts(Protocol):
    """Leased places of calls, by `SCOPE NAME`. Every method may raise `StoreDown`."""

    def release(self, leg: str, names: Iterable[str]) -> None:
        """Give places back."""

    def counts(self, limits: Sequence[Limit]) -> Mapping[Limit, int]:
        """How many calls there are now; takes nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call leaves to: the URI that is asked for, and the one where it is sent, "" for the same."""

    uri: str
    target: str = ""


class Leaving(Protocol):
    """Where calls went outside, by the Call-ID of their outbound leg. Every method may raise `StoreDown`."""

    def put(self, call_id: str, place: Place) -> None: ...

    def get(self, call_id: str) -> tuple[Place, ...]: ...


class HandOvers(Protocol):
    """Leg hand-over by leg id, kept for two hours. Every method may raise `StoreDown`."""

    def put(self, leg: str, handover: HandOver) -> None: ...

    def get(self, leg: str) -> HandOver | None: ...
