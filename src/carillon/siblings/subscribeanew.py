"""Phones whose lamps were another node's are told that these have ended there, and begin anew at once (ADR 67)."""

from __future__ import annotations

import asyncio
import re
import secrets
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import ip_address
from itertools import islice
from typing import Final

from carillon.model.refused import Refused
from carillon.siblings.copies import Place as From
from carillon.siblings.copies import Registrar, request
from carillon.siblings.wire import SILENT_S
from carillon.sip.private import LEADS_TO, SOCKET
from carillon.sip.uri import SipUri
from carillon.stores.heldsubscriptions import Key, Subscription
from carillon.stores.registrationjournal import Binding
from carillon.supervision.raisecseq import AT_LEAST

HOPS: Final = 70
"""To a phone, through what proxies there are (RFC 3261 §8.1.1.6)."""
A_ROUND: Final = 100
"""So many a second: all of them subscribe at once then."""
CLOSE_S: Final = SILENT_S + 2.5
"""A phone may notice before we do that its node is down."""
RESTARTS_S: Final = 10.0
"""A Kamailio that died is back sooner, and its subscriptions with it: who needs no new home waits so long."""
NODE_S: Final = 60.0
"""A node that is stopped and started is back sooner: phones that have not registered elsewhere wait so long."""
LEFT_S: Final = 120.0
"""A drained node's Kamailio closes a phone's connection: its lamps may end before the phone is at another node."""
BEHIND_S: Final = 5.0
"""A subscription is written, read and told so long after it was made."""
_ALIAS: Final = re.compile(r";alias=[^;?>]*")


@dataclass(frozen=True, slots=True)
class Way:
    """How a phone is reached from here; `contact` is the one that it has registered, "" for one that has none here."""

    contact: str
    next_hop: str
    path: str
    socket: str


@dataclass
class Place:
    """A sibling: which subscriptions it `held` when it was heard last, and how it is.

    `leaving` are those that it held when its phones were sent elsewhere, at `moves_since`. Of each it is known which
    contacts were `told`. Times are Unix seconds of this node.
    """

    held: dict[Key, Subscription] = field(default_factory=dict)
    leaving: set[Key] = field(default_factory=set)
    moves_since: float | None = None
    told: dict[Key, set[str]] = field(default_factory=dict)
    down_at: float | None = None

    def is_seen(self, now: float, *, up: bool) -> None:
        """Whether it serves now; what has ended meanwhile is forgotten."""
        self.down_at = None if up else self.down_at or now
        self._keep({key: one for key, one in self.held.items() if one.until > now})

    def moves(self, now: float, *, so: bool) -> None:
        """Its phones are to go elsewhere; said again from time to time, for those that subscribe there all the same."""
        self.leaving, self.moves_since = set(self.held) if so else set(), now if so else None

    def put(self, key: Key, one: Subscription | None, now: float) -> None:
        """It holds this subscription, or no longer; a phone that is to go elsewhere may have ended it on its way."""
        if one is not None:
            if key not in self.held and self.moves_since is not None and now < self.moves_since + BEHIND_S:
                self.leaving.add(key)
            self.held[key] = one
        elif key in self.leaving and key in self.held:
            self.held[key] = replace(self.held[key], until=min(self.held[key].until, int(now + LEFT_S)))
        else:
            self.held.pop(key, None)
            self.told.pop(key, None)

    def has(self, held: Mapping[Key, Subscription]) -> None:
        """It holds these, and no others."""
        self._keep(dict(held))

    def _keep(self, held: dict[Key, Subscription]) -> None:
        self.held = held
        self.told = {key: contacts for key, contacts in self.told.items() if key in held}


def due(
    place: Place, phones: Mapping[str, tuple[Binding, ...]], now: float, directly: str
) -> Iterator[tuple[Subscription, Way]]:
    """Who is to subscribe anew, and by which way. Pure.

    `phones` have their home here. `directly` is the socket by which this node reaches others, if they need no home, and
    "" while that is another node's work.
    """
    down_s = -1.0 if place.down_at is None else now - place.down_at
    if down_s < 0 and not place.leaving:
        return
    for key, one in place.held.items():
        if down_s < 0 and key not in place.leaving:
            continue
        told = place.told.get(key, set())
        here = [each for each in phones.get(one.aor, ()) if each.contact not in told and _is_same_phone(one, each)]
        for phone in here:
            has_come = key in place.leaving or phone.modified >= now - down_s - CLOSE_S
            if has_come or down_s > RESTARTS_S:
                yield one, Way(phone.contact, phone.received or phone.contact, phone.path, phone.socket)
        if directly and not here and not told and down_s > NODE_S and _is_direct(one.contact, directly):
            yield one, Way("", _target(one), "", directly)


def _is_same_phone(one: Subscription, phone: Binding) -> bool:
    """A connection that was made anew has another port; a phone that wasn't meant answers 481, and that is all."""
    subscribes = _host_in(_target(one))
    return bool(subscribes) and subscribes == _host_in(phone.contact)


@lru_cache(maxsize=16_384)
def _host_in(contact: str) -> str:
    """ "" where it can't be read."""
    uri = SipUri.parse(contact)
    return uri.host if uri else ""


@lru_cache(maxsize=4096)  # a phone has many lamps
def _is_direct(contact: str, socket: str) -> bool:
    """UDP behind no NAT, by the family of addresses that the socket has."""
    uri = SipUri.parse(contact)
    if uri is None or _ALIAS.search(contact) or re.search(r"^sips:|;transport=(?!udp)", contact, re.IGNORECASE):
        return False
    with suppress(ValueError):
        return ip_address(uri.host.strip("[]")).version == (6 if "[" in socket else 4)
    return False


def _target(one: Subscription) -> str:
    """As the phone has written it."""
    return _ALIAS.sub("", one.contact)


def notify(one: Subscription, way: Way, own: From, contact: str, branch: str) -> str:
    """The NOTIFY that ends a subscription so that it begins anew (RFC 6665 §4.1.3); `own` is where we speak from.

    Its number is above all that may have been sent; a gap is allowed (RFC 3261 §12.2.2).
    Raises `Refused` for what would be more than a line.
    """
    what = f"NOTIFY {_target(one)}"
    headers = [
        f"From: <sip:{one.watched}>;tag={one.own_tag}",
        f"To: <sip:{one.watcher}>;tag={one.phone_tag}",
        f"Call-ID: {one.call_id}",
        f"CSeq: {one.cseq + AT_LEAST} NOTIFY",
        *((f"Route: {way.path}",) if way.path else ()),
        f"Contact: <{contact}>",
        f"Event: {one.event}",
        "Subscription-State: terminated;reason=deactivated",
        f"{LEADS_TO}: {way.path.partition('>')[0].strip(' <') or way.next_hop}",
        f"{SOCKET}: {way.socket}",
    ]
    if any("\r" in line or "\n" in line for line in (what, *headers)):
        raise Refused("subscription", f"one of {one.aor} is more than a line.")
    return request(what, own, branch, *headers, hops=HOPS)


class SubscribeAnew:
    """Has Kamailio send these NOTIFYs. `own` is where we speak from, `socket` where phones on UDP reach this node."""

    def __init__(self, registrar: Registrar, own: From, socket: str) -> None:
        self._registrar, self._own, self._socket = registrar, own, socket
        self._tasks: set[asyncio.Task[None]] = set()
        self._contact = f"sip:{socket.partition(':')[2]}"

    async def round(
        self,
        places: Mapping[str, Place],
        phones: Mapping[str, tuple[Binding, ...]],
        branches: Collection[str],
        *,
        is_first: bool,
    ) -> None:
        """A second has gone by: some more are told. Of all nodes, the first one does what any could do."""
        left = A_ROUND
        for name, place in places.items():
            directly = self._socket if is_first and name not in branches else ""  # a branch is away as its link is
            some = list(islice(due(place, phones, time.time(), directly), left))
            left -= len(some)
            for one, way in some:  # a phone that doesn't answer keeps no other one waiting
                place.told.setdefault(one.key, set()).add(way.contact)
                task = asyncio.ensure_future(self._tell(one, way))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            if some:
                print(f"siblings: {name}: subscribe anew: {len(some)}", file=sys.stderr, flush=True)

    async def _tell(self, one: Subscription, way: Way) -> None:
        branch = secrets.token_hex(8)
        with suppress(Refused):
            await self._registrar.asks(notify(one, way, self._own, self._contact, branch), branch)
