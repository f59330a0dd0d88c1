"""What a worker must know before the first message: written by confgen, read once."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from carillon.kamailio.bans import Network
from carillon.routing.facts import Gateway, NodeProfile, Sibling

VARIABLE = "CARILLON_WORKER_SETTINGS"


@dataclass(frozen=True, slots=True)
class Sockets:
    """Our UDP sockets in one direction, such as `udp:127.0.0.1:5060`, by the number of their family, 4 or 6."""

    by_family: Mapping[str, str]
    by_place: Mapping[Gateway, str] = field(default_factory=dict)
    """Places that are spoken to by a socket of their own."""

    def to(self, place: Gateway) -> str:
        """The one by which to send there."""
        return self.by_place.get(place) or self.towards(place.address)

    def towards(self, host: str) -> str:
        """The one by which to send to an address; "" for a name, whose family only the engine learns."""
        if len(self.by_family) == 1:
            return next(iter(self.by_family.values()))
        address = host.strip("[]")
        return self.by_family.get("6" if ":" in address else "4" if address[-1:].isdigit() else "", "")


@dataclass(frozen=True, slots=True)
class Settings:
    """The node, the sockets by which its gateways and others are spoken to, and where its stores are.

    Nobody in `trusted` is ever banned. `advertised` holds the address that phones are told and the node's own, where
    they differ. `registrations_changed` is where siblings are told of, None on a node that has none, and
    `cluster_socket` the one by which they are spoken to; `bans_told` is where bans are told for them.
    `relay` is where the media relay takes commands. `secrets` is replaced when the system's secret is renewed. `rpc` is
    where the engine takes them, on a node without Asterisk.
    """

    node: NodeProfile
    gateway_sockets: Sockets
    outside_sockets: Sockets
    trusted: tuple[Network, ...]
    directory: Path
    redis_socket: Path
    trace_socket: Path
    trunk_logins: Path
    registration_journal: Path
    names_asked: Path
    advertised: tuple[str, str] | None = None
    recordings: Path = Path()
    registrations_changed: Path | None = None
    cluster_socket: str = ""
    bans_told: Path | None = None
    relay: tuple[str, int] = ("", 0)
    secrets: Path = Path()
    rpc: Path | None = None

    @classmethod
    def from_environment(cls) -> Settings:
        """The settings in the JSON file that the environment names; raises KeyError, OSError, ValueError."""
        return cls.read(Path(os.environ[VARIABLE]))

    @classmethod
    def read(cls, path: Path) -> Settings:
        """The settings in a JSON file."""
        values = {"siblings": [], "cluster_port": 0, **json.loads(path.read_text())}
        node = NodeProfile(
            default_domain=values["default_domain"],
            gateways=tuple(Gateway(address, port) for address, port in values["gateways"]),
            hosts=frozenset(values["hosts"]),
            ring_s=values["ring_s"],
            gateways6=tuple(Gateway(address, port) for address, port in values["gateways6"]),
            presence=Gateway(*values["presence"]),
            siblings=tuple(Sibling(name, tuple(at), port, *more) for name, at, port, *more in values["siblings"]),
            cluster_port=values["cluster_port"],
            feed=Gateway(*values["feed"]) if "feed" in values else None,
            branch=values.get("branch", ""),
            spiral=Gateway(*values["spiral"]) if values.get("spiral") else None,
        )
        names = ("directory", "redis_socket", "trace_socket", "trunk_logins", "registration_journal", "names_asked")
        directory, redis, trace, logins, journal, asked = (Path(values[name]) for name in names)
        trusted = tuple(ip_network(network) for network in values["trusted"])
        apart = {Gateway(*values["presence"]): values["presence_socket"]}
        inside, outside = Sockets(values["gateway_sockets"], apart), Sockets(values["outside_sockets"])
        told, own = values["advertised"] or ("", "")
        advertised = (told, own) if told else None
        spool = Path(values["recordings"])
        changed = Path(values["registrations_changed"]) if values["siblings"] else None
        places = directory, redis, trace, logins, journal, asked
        bans = Path(values["bans_told"]) if values["siblings"] else None
        socket = str(values.get("cluster_socket", ""))
        relay = str(values["relay"][0]), int(values["relay"][1])
        secrets, rpc = Path(values["secrets"]), Path(values["rpc"]) if node.spiral else None
        more = relay, secrets, rpc
        return cls(node, inside, outside, trusted, *places, advertised, spool, changed, socket, bans, *more)
