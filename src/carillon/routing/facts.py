"""What a decision may know. Gathered before, in one batch; `UNKNOWN` is a fact like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from carillon.model.frozen import dataclass
from carillon.routing.anchor import Anchor
from carillon.routing.dialogs import LiveDialog
from carillon.routing.latefork import LateFork
from carillon.sip.contacts import Contact
from carillon.sip.seal import NO_SECRETS, Secrets
from carillon.stores.ports import (
    Account,
    DomainProfile,
    HandOver,
    Limit,
    Named,
    OutboundRoute,
    Party,
    Place,
    RingProfile,
    ScheduleProfile,
    Target,
    TrunkProfile,
)


class Unknown(Enum):
    """A store did not answer in time: every rule says what it does then."""

    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return "unknown"


UNKNOWN = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class Gateway:
    """An Asterisk of ours, by its signalling address."""

    address: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another node of the system: its name, its addresses, and the port where it hears siblings (SIP over TLS).

    One at a `branch` takes no calls of others only because their own Asterisk is silent: its link is thin. One that
    `has_gateway` has an Asterisk at all. `office` is where a satellite stands, SITE@DOMAIN.
    """

    name: str
    addresses: tuple[str, ...]
    port: int
    branch: bool = False
    has_gateway: bool = True
    office: str = ""

    @property
    def makes_calls(self) -> bool:
        """Whether it is a satellite that can make a call of somebody elsewhere by its line."""
        return bool(self.office) and self.has_gateway

    @property
    def gateway(self) -> Gateway:
        """Where its Asterisk is reached from here: through its Kamailio."""
        return Gateway(self.addresses[0], self.port)

    @property
    def uri(self) -> str:
        """Where requests for it, and for the phones that it is home to, are sent."""
        return f"sip:{self.gateway};transport=tls;lr"


@dataclass(frozen=True, slots=True)
class Flow:
    """How a node reaches a phone that it is home to: all that its registrar keeps of the way (RFC 3261, 3327, 5626).

    `received` is where the phone was seen, "" where it says so itself; `socket` is ours.
    """

    contact: str
    received: str = ""
    path: str = ""
    socket: str = ""


@dataclass(frozen=True, slots=True)
class NodeProfile:
    """What a node knows of itself. `hosts` are names and addresses by which phones reach it, lower case.

    `gateways6` are where the same Asterisks take calls with IPv6 media, on a node that has both families.
    `presence` is this node's presence server.
    `siblings` are the other nodes, `cluster_port` is where they are heard, `feed` is who tells of registrations there,
    and of own ones that a clock has ended.
    `branch` is the site at which this node is a satellite, "" for a main. A satellite without Asterisk has no
    `gateways`, and a `spiral`: its own socket to which it sends an inbound leg that is to be its outbound one too.
    """

    default_domain: str
    gateways: tuple[Gateway, ...]
    hosts: frozenset[str] = frozenset()
    secrets: Secrets = NO_SECRETS
    codecs: frozenset[str] = frozenset({"opus", "g722", "pcma", "pcmu", "gsm"})
    ring_s: int = 60
    minimum_expiry_s: int = 60
    most_contacts: int = 10
    most_forwards: int = 6
    retry_after_s: int = 5
    gateways6: tuple[Gateway, ...] = ()
    presence: Gateway | None = None
    siblings: tuple[Sibling, ...] = ()
    cluster_port: int = 0
    feed: Gateway | None = None
    branch: str = ""
    spiral: Gateway | None = None

    @property
    def every_gateway(self) -> tuple[Gateway, ...]:
        """All Asterisks of ours, by all their addresses; without one, what stands in its place."""
        if self.spiral:
            return (self.spiral,)
        return self.gateways + self.gateways6 if self.gateways6 else self.gateways

    def gateways_for(self, *, media6: bool) -> tuple[Gateway, ...]:
        """The Asterisks, by the addresses on which they take calls with IPv6 media, or with the node's first."""
        return self.gateways6 if media6 and self.gateways6 else self.gateways


@dataclass(frozen=True, slots=True)
class Slots:
    """What came of a claim for a call (`leg`): `asked`, and how many other calls each had (`counts`).

    A place was `taken` there where the call had none yet. `full` is the first limit without room: then nothing was
    taken. `line` is the one that was chosen among lines, `crowded` are those without room.
    `gateways` are the Asterisks (`host:port`) that have a call of who was asked about, in the order of the question.
    """

    leg: str
    asked: tuple[Limit, ...]
    counts: Mapping[Limit, int]
    taken: tuple[Limit, ...] = ()
    full: Limit | None = None
    line: Limit | None = None
    crowded: frozenset[Limit] = frozenset()
    gateways: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Beyond:
    """The called person's phones are all beyond a branch's link, which is cut.

    `number` is where he is reached outside (E.164), "" for nowhere; `caller` is who calls, if that is one of ours.
    """

    number: str = ""
    caller: Party | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """The answers to one route's questions. `now` is in Unix seconds; `fresh_id` is new for each request.

    `trunks_down` are names, of the domain that was asked about, and targets; `targets` are those of its trunks by
    name, as far as they are known.
    `relay` is False once the media relay was asked and did not answer.
    `busy` is whom the caller found busy last (address of record).
    `dialog` is the one that was asked for; `ringing` are those that ring in a domain; both also at siblings.
    `referred_by` is who has asked the account's person, by REFER, to take a side of that dialog; "" for nobody.
    `left_by` are the places by which the call that was asked about went outside, in their order.
    `elsewhere` are the nodes at which people of the call have calls, on a node with siblings (`routing.elsewhere`).
    `joined_at` is the sibling at which the account's person talks in the dialog that was asked about, "" for none.
    `moving`: phones are to go to another node, as this one is drained.
    `messages_sent` are those of the asking device a moment ago; of a SUBSCRIBE, its SUBSCRIBEs.
    `slots` is what came of a claim, None before one.
    `panel` is the address of the panel that was asked about, None when there is none.
    `flow` is the way to the contact that was asked about, None when it is not registered here.
    `beyond` says how else the called person is reached, None while his phones are within reach.
    `mains` are those that a satellite without Asterisk hears; nobody else asks. `satellites` are those that are heard.
    """

    now: float
    node: NodeProfile
    domains: Mapping[str, DomainProfile] | Unknown = field(default_factory=dict)
    account: Account | Unknown | None = None
    callee: Party | Unknown | None = None
    caller: Party | Unknown | None = None
    callee6: bool = False
    registered: bool | Unknown = UNKNOWN
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bound: tuple[Contact, ...] = ()
    routes: tuple[OutboundRoute, ...] | Unknown = ()
    trunks: Mapping[tuple[str, str], TrunkProfile] | Unknown = field(default_factory=dict)
    trunks_down: frozenset[str] | Unknown = UNKNOWN
    targets: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)
    schedules: Mapping[tuple[str, str], ScheduleProfile] | Unknown = field(default_factory=dict)
    caller_lists: Mapping[tuple[str, str], frozenset[str]] | Unknown = field(default_factory=dict)
    rings: Mapping[tuple[str, str], RingProfile] | Unknown = field(default_factory=dict)
    dialog: LiveDialog | None = None
    consulted: LiveDialog | None = None
    referred_by: str = ""
    left_by: tuple[Place, ...] | Unknown = ()
    joined_at: str = ""
    moving: bool = False
    busy: str = ""
    ringing: tuple[LiveDialog, ...] = ()
    slots: Slots | Unknown | None = None
    nonce_used: bool | Unknown = False
    messages_sent: int = 0
    relay: bool = True
    fresh_id: str = "0"
    named: Named | Unknown | None = None
    flow: Flow | None = None
    panel: str | Unknown | None = None
    beyond: Beyond | None = None
    mains: tuple[Sibling, ...] = ()
    satellites: tuple[Sibling, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplyFacts:
    """A reply that came in, and what is known with it. `far_end_code` is what the far end said of a call between nodes.

    `anchor` is what the relay carries of the branch that replied; `described` says that the reply has a body.
    `party` is what Asterisk is told of who answers. `withheld`: the far side is not to be shown.
    `session_expires` and `min_se` are as received, "" for none; `longest_timer_s` is the limit of its call.
    `told` is what the other leg left for the caller; `private` and `warnings` are the phone's Privacy and Warnings.
    `recording` is what is kept when it is recorded. `to_sibling`: the call came from another node's inbound leg.
    `late` is whose phone replied, where that was rung late.
    """

    code: int
    reason: str = ""
    handover: HandOver | Unknown | None = None
    far_end_code: int | None = None
    anchor: Anchor | None = None
    described: bool = False
    party: str = ""
    withheld: bool = False
    session_expires: str = ""
    min_se: str = ""
    longest_timer_s: int = 0
    told: str = ""
    private: bool = False
    warnings: str = ""
    recording: str = ""
    to_sibling: bool = False
    late: LateFork | None = None


@dataclass(frozen=True, slots=True)
class BranchFacts:
    """One of the phones that are to ring: its place among them, and whether it was registered for encryption."""

    index: int
    encrypted: bool
    relay: bool = True


@dataclass(frozen=True, slots=True)
class AwayFacts:
    """One of the phones that are to ring, whose home is another node, a `sibling`.

    `up` is None while nobody knows. `direct`: it can be reached from here as well, by UDP and behind no NAT.
    """

    sibling: str
    up: bool | None
    direct: bool


@dataclass(frozen=True, slots=True)
class FailureFacts:
    """How a leg failed: the winning final code; by silence (`timed_out`) or by a reply, with its headers to keep.

    `refusal` is what a phone said before another one stayed silent; `challenges` are a trunk's, header and value.
    `redirected_to` is the number to which a phone's 3xx sends the call. `phones_later` are groups of phones of lower q
    that have not rung yet. `now` is in Unix seconds. `spiral` is that of the node, None with an Asterisk.
    """

    code: int
    reason: str = ""
    timed_out: bool = False
    rang: bool = False
    cancelled: bool = False
    far_end_code: int | None = None
    refusal: tuple[int, str] | None = None
    challenges: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    redirected_to: str = ""
    phones_later: int = 0
    now: float = 0
    spiral: Gateway | None = None
