"""The four verbs for Asterisk, and how it is started."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from carillon.calls.channels import VARIABLES
from carillon.confgen.asterisk.manager import (
    HEARD,
    LISTENER_USER,
    MANAGER_USER,
    manager_secret,
    services_key,
    services_port,
)
from carillon.confgen.asterisk.modules import MODULES
from carillon.confgen.asterisk.off import off_files
from carillon.confgen.system import System
from carillon.confgen.templates import one_line, render
from carillon.model.node import Node
from carillon.routing.progress import WORD
from carillon.routing.recording import RECORDING_KEY
from carillon.sip.private import PREFIX as PRIVATE
from carillon.sip.private import TRANSFER, Kind, PrivateHeader
from carillon.system.paths import CACHE_ROOT

NAME = "asterisk"
PREFIX = CACHE_ROOT / "asterisk"
_READ_BY_NAME = (PrivateHeader.LEG, PrivateHeader.CALLED, PrivateHeader.SERVICE, PrivateHeader.PICKUP)
_AFTER_TRANSFER = (PrivateHeader.TRANSFERRED_BY, PrivateHeader.RECALL, PrivateHeader.JOIN)
_ABOUT_ONE_SIDE = (PrivateHeader.FORWARD, PrivateHeader.PARTY, PrivateHeader.INSTEAD, PrivateHeader.RECORDING)
PASSED_ON = tuple(
    (header.name, str(header))
    for header in PrivateHeader
    if header not in (*_READ_BY_NAME, *_AFTER_TRANSFER, *_ABOUT_ONE_SIDE)
)
"""Private headers that only cross Asterisk, from the inbound leg to the outbound one, with their variables there."""

AFTER_TRANSFER = tuple((header.name, str(header)) for header in _AFTER_TRANSFER)
"""Those that only the outbound leg of a transferred call has."""

CODECS = "opus,g722,alaw,ulaw,gsm"
MEMBERS = 8
"""Variables from which the dial plan joins the people that a group rings."""

RING_LIMIT_S = 300
"""Kamailio ends ringing long before; this only frees a call whose Kamailio has died."""

_FILES = (
    "asterisk.conf",
    "extensions.conf",
    "features.conf",
    "logger.conf",
    "manager.conf",
    "modules.conf",
    "musiconhold.conf",
    "pjsip.conf",
    "rtp.conf",
    "services.conf",
)


@dataclass(frozen=True, slots=True)
class Side:
    """One address that media is for, and the loopback address on which the SIP for it is spoken.

    Asterisk knows by the endpoint `name` which is meant: each is found by the address of its proxy.
    """

    name: str
    signalling: str
    media: str
    advertised: str

    @property
    def is_ipv6(self) -> bool:
        """Whether its media is IPv6."""
        return ":" in self.media

    @property
    def host(self) -> str:
        """The loopback address as URIs write it."""
        return f"[{self.signalling}]" if ":" in self.signalling else self.signalling


@dataclass(frozen=True, slots=True)
class Context:
    """What Asterisk's files say about one node. `run` is where they lie; ports are UDP."""

    run: Path
    prefix: Path
    gateway_address: str
    gateway_port: int
    proxy_port: int
    sides: tuple[Side, ...]
    rtp_start: int
    rtp_end: int
    entity: str
    manager_secret: str
    services_port: int
    services_key: str
    codecs: str = CODECS
    modules: tuple[str, ...] = MODULES
    ring_limit_s: int = RING_LIMIT_S
    passed_on: tuple[tuple[str, str], ...] = PASSED_ON
    after_transfer: tuple[tuple[str, str], ...] = AFTER_TRANSFER
    manager_user: str = MANAGER_USER
    listener_user: str = LISTENER_USER
    variables: tuple[str, ...] = VARIABLES
    heard: tuple[str, ...] = HEARD
    private: str = PRIVATE
    transfer: str = TRANSFER
    members: tuple[int, ...] = tuple(range(1, MEMBERS + 1))
    forward_word: str = WORD
    callback: str = "call-back"
    callback_s: int = 20
    trunk: str = Kind.TRUNK
    service: str = Kind.SERVICE
    recording_key: str = RECORDING_KEY


def context(system: System) -> Context:
    """What the files need to know of this system."""
    node = system.node
    return Context(
        run=system.paths.run_asterisk,
        prefix=PREFIX,
        gateway_address=node.gateway_address,
        gateway_port=node.gateway_port,
        proxy_port=node.sip_port,
        sides=tuple(_sides(node)),
        rtp_start=node.gateway_ports[0],
        rtp_end=node.gateway_ports[1],
        entity=_entity(system.paths.identity),
        manager_secret=manager_secret(system.paths),
        services_port=services_port(system.node),
        services_key=services_key(system.paths),
    )


def _sides(node: Node) -> Iterator[Side]:
    """`proxy` for the first address; `proxy6` for the IPv6 one beside it, which nobody advertises another for."""
    yield Side("proxy", node.signalling[0], node.address, node.public_address)
    if node.address6:
        yield Side("proxy6", node.signalling[1], node.address6, node.address6)


def _entity(identity: str) -> str:
    """A locally administered MAC address: Asterisk asks for one to tell machines apart."""
    digest = hashlib.sha256(identity.encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (2, *digest[:5]))


def verify(context: Context) -> list[str]:
    """Problems in the operator's words; an empty list means that Asterisk can be started."""
    problems = []
    if context.rtp_end - context.rtp_start < 3:
        problems.append("rtp_end: leaves no ports for media; a call needs four, so choose a wider range.")
    if not ip_address(context.gateway_address).is_loopback:
        problems.append("gateway_address: must be a loopback address; only our own Kamailio may reach it.")
    if not context.manager_secret:
        problems.append("secret.key: is missing; restore it, or make a new system with `carillon create`.")
    return problems


def files(context: Context) -> dict[str, str]:
    """Every file of Asterisk, by its path below `context.run`."""
    return off_files() | render(Path(__file__).parent, _FILES, context, quote)


def quote(value: object) -> str:
    """A value for Asterisk's files, where an unescaped semicolon starts a comment."""
    return one_line(value).replace("\\", "\\\\").replace(";", "\\;")


def command(context: Context) -> list[str]:
    """The arguments that start Asterisk in the foreground."""
    return [str(context.prefix / "bin/asterisk"), "-C", str(context.run / "asterisk.conf"), "-f", "-n"]


def environment(context: Context) -> dict[str, str]:
    """The environment that Asterisk needs besides a search path."""
    return {"HOME": str(context.run)}
