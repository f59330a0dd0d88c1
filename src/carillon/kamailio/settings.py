"""What a worker must know before the first message: written by confgen, read once."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from carillon.kamailio.bans import Network
from carillon.routing.facts import Gateway, NodeProfile

VARIABLE = "CARILLON_WORKER_SETTINGS"


@dataclass(frozen=True, slots=True)
class Settings:
    """The node, the socket by which its gateway is spoken to (`udp:127.0.0.1:5060`), and where its stores are.

    Nobody in `trusted` is ever banned. `advertised` holds the address that phones are told and the node's own, where
    they differ.
    """

    node: NodeProfile
    gateway_socket: str
    outside_socket: str
    trusted: tuple[Network, ...]
    directory: Path
    redis_socket: Path
    trace_socket: Path
    trunk_logins: Path
    registration_journal: Path
    advertised: tuple[str, str] | None = None

    @classmethod
    def from_environment(cls) -> Settings:
        """The settings in the JSON file that the environment names; raises KeyError, OSError, ValueError."""
        return cls.read(Path(os.environ[VARIABLE]))

    @classmethod
    def read(cls, path: Path) -> Settings:
        """The settings in a JSON file."""
        values = json.loads(path.read_text())
        node = NodeProfile(
            default_domain=values["default_domain"],
            gateways=tuple(Gateway(address, port) for address, port in values["gateways"]),
            hosts=frozenset(values["hosts"]),
            secret=Path(values["secret"]).read_bytes(),
            ring_s=values["ring_s"],
        )
        names = ("directory", "redis_socket", "trace_socket", "trunk_logins", "registration_journal")
        directory, redis, trace, logins, journal = (Path(values[name]) for name in names)
        trusted = tuple(ip_network(network) for network in values["trusted"])
        sockets = values["gateway_socket"], values["outside_socket"]
        outside, own = values["advertised"] or ("", "")
        advertised = (outside, own) if outside else None
        return cls(node, *sockets, trusted, directory, redis, trace, logins, journal, advertised)
