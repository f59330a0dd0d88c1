"""Are the addresses and ports of a system free, and who holds those that aren't?"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

import psutil

from carillon.confgen import rtpengine
from carillon.confgen.asterisk.manager import services_port
from carillon.confgen.collector import metrics_port
from carillon.model.node import Node
from carillon.model.refused import Refused


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Somewhere an engine will listen. `transport` is `udp` or `tcp`; `field` is what the operator set."""

    field: str
    transport: str
    address: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.transport.upper()} {host}:{self.port}"


def endpoints(node: Node, *, siblings: bool = False) -> Iterator[Endpoint]:
    """Where the engines of this node will listen, apart from media."""
    if siblings:
        yield Endpoint("sip_port", "tcp", node.address, node.cluster_port)
        yield Endpoint("sip_port", "tcp", node.address, node.feed_port)
        yield Endpoint("sip_port", "udp", node.signalling[0], node.feed_port)
    if node.member:
        for port in (node.database_port, node.replication_port, node.catch_up_port, node.copy_port):
            yield Endpoint("sip_port", "tcp", node.address, port)
    for address in node.addresses:
        yield Endpoint("sip_port", "udp", address, node.sip_port)
        yield Endpoint("sip_port", "tcp", address, node.sip_port)
        yield Endpoint("tls_port", "tcp", address, node.tls_port)
    for address in node.signalling:
        yield Endpoint("gateway_port", "udp", address, node.gateway_port)
        if address not in node.addresses:
            yield Endpoint("sip_port", "udp", address, node.sip_port)
    yield Endpoint("gateway_port", "tcp", node.gateway_address, node.gateway_port)
    yield Endpoint("sip_port", "tcp", node.gateway_address, metrics_port(node))
    yield Endpoint("sip_port", "tcp", node.gateway_address, services_port(node))
    yield Endpoint("sip_port", "udp", *rtpengine.control(node))
    yield Endpoint("sip_port", "udp", node.signalling[0], node.presence_port)
    yield Endpoint("sip_port", "udp", node.signalling[0], node.watch_port)


def require_free(node: Node, *, siblings: bool = False) -> None:
    """Raise `Refused`, naming the port and who holds it, unless every endpoint can be bound."""
    for endpoint in endpoints(node, siblings=siblings):
        require_endpoint(endpoint)


def require_endpoint(endpoint: Endpoint, otherwise: str = "create a system with another --sip-port") -> None:
    """Raise `Refused`, naming who holds it and what to do `otherwise`, unless this endpoint can be bound."""
    try:
        _bind(endpoint)
    except OSError as error:
        raise _refused(endpoint, error, otherwise) from error


def is_free(endpoint: Endpoint) -> bool:
    """Whether an endpoint can be bound."""
    try:
        _bind(endpoint)
    except OSError:
        return False
    return True


def _bind(endpoint: Endpoint) -> None:
    family = socket.AF_INET6 if ip_address(endpoint.address).version == 6 else socket.AF_INET
    stream = endpoint.transport == "tcp"
    with socket.socket(family, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM) as probe:
        if stream:  # connections that have ended don't count
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((endpoint.address, endpoint.port))
        if stream:
            probe.listen(1)


def _refused(endpoint: Endpoint, error: OSError, otherwise: str) -> Refused:
    if error.errno == errno.EADDRNOTAVAIL:
        return Refused("address", f"{endpoint.address} isn't an address of this machine; `ip address` lists them.")
    if error.errno == errno.EADDRINUSE:
        return Refused(
            endpoint.field,
            f"{endpoint} is in use by {_holder(endpoint)}; stop it, or {otherwise}.",
        )
    return Refused(endpoint.field, f"{endpoint} can't be used: {error.strerror}.")


def _holder(endpoint: Endpoint) -> str:
    for connection in psutil.net_connections(endpoint.transport):
        taken = connection.laddr
        if taken and taken.port == endpoint.port and taken.ip in (endpoint.address, "0.0.0.0", "::"):
            return _name(connection.pid)
    return "another process"


def _name(pid: int | None) -> str:
    if pid is None:
        return "another process"
    try:
        return f"{psutil.Process(pid).name()} (process {pid})"
    except psutil.NoSuchProcess:
        return f"process {pid}"
