"""What decisions are carried out with, and what is noted meanwhile in the message's transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from carillon.kamailio.bans import Bans
from carillon.kamailio.nameasker import NameAsker
from carillon.kamailio.ownrpc import OwnRpc
from carillon.kamailio.settings import Sockets
from carillon.kamailio.siblings import Siblings
from carillon.routing.facts import Gateway
from carillon.stores.endings import RedisEndings
from carillon.stores.ports import CallCounts, HandOvers, Leaving
from carillon.stores.registrationjournal import RegistrationJournal
from carillon.system.relay import Where

MEMO = "$avp(memo)"
REFUSAL = "$avp(refusal)"
RANG = "$avp(rang)"
KEEPER = "$avp(keeper)"


class NobodyThere(Exception):
    """The contacts of an AOR were gone when it was to ring, or the connections to all of them."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a decision is carried out with: stores, and the sockets towards our Asterisk and outside.

    `trunk_login` gives user and password of a trunk (domain, name); `advertised` is as for `media.anchor`.
    `recordings` is the spool of recordings. `siblings` is None on a node that has none; `changed` tells them. At
    `relay` the media relay takes commands. `spiral` is the socket by which this node sends to itself, if it does;
    there `rpc` is told what the engine is to do, and `endings` of calls that end.
    """

    handovers: HandOvers
    calls: CallCounts
    leaving: Leaving
    bans: Bans
    gateway_sockets: Sockets
    outside_sockets: Sockets
    trunk_login: Callable[[str, str], tuple[str, str] | None]
    registrations: RegistrationJournal
    names: NameAsker
    advertised: tuple[str, str] | None = None
    recordings: Path = Path()
    relay: Where = ("", 0)
    siblings: Siblings | None = None
    changed: NameAsker | None = None
    spiral: Gateway | None = None
    rpc: OwnRpc | None = None
    endings: RedisEndings | None = None
