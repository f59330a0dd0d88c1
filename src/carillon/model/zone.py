"""What the DNS says of a domain: which nodes serve it, in which order, by which transports (RFC 3263)."""

from __future__ import annotations

from dataclasses import dataclass

from carillon.model.domain import require_canonical
from carillon.model.node import Node, require_host_address
from carillon.model.refused import Refused

HIGHEST = 65535
"""Of a priority or a weight (RFC 2782)."""
NAMESERVER_PORT = 53
TRANSPORTS = ("tls", "tcp", "udp")
"""In the order in which phones are led to them unless a domain says otherwise."""


@dataclass(frozen=True, slots=True)
class NodeShare:
    """How a node stands in SRV records: the lowest `priority` is tried first, `weight` shares the load within one.

    With `listen`, addresses of its, the node is a name server for all domains there, on `port`.
    """

    node: str
    priority: int = 1
    weight: int = 1
    listen: tuple[str, ...] = ()
    port: int = NAMESERVER_PORT

    def __post_init__(self) -> None:
        if not 0 <= self.priority < HIGHEST:
            raise Refused("priority", f"{self.priority} isn't possible; choose 0 to {HIGHEST - 1}, 0 is tried first.")
        if not 0 <= self.weight <= HIGHEST:
            raise Refused("weight", f"{self.weight} isn't possible; choose 0 to {HIGHEST}.")
        for address in self.listen:
            require_host_address("address", address)
        if not 1 <= self.port <= 65535:
            raise Refused("address", f"port {self.port} isn't possible; choose 1 to 65535.")


@dataclass(frozen=True, slots=True)
class Host:
    """A node in a zone. A `spare` one is named, but no new call is led there. `serves` says whether it answers DNS."""

    name: str
    addresses: tuple[str, ...]
    sip_port: int
    tls_port: int
    priority: int = 1
    weight: int = 1
    spare: bool = False
    serves: bool = False


@dataclass(frozen=True, slots=True)
class Zone:
    """A domain with its nodes. `naptr` are the transports of its NAPTR records, first the best; none: no such records.

    `serial` numbers its versions (RFC 1982). `below` are served domains directly below it.
    """

    domain: str
    hosts: tuple[Host, ...]
    naptr: tuple[str, ...] = TRANSPORTS
    serial: int = 1
    below: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_canonical(self.domain)

    @property
    def led_to(self) -> tuple[Host, ...]:
        """The nodes that get new calls; all of them when each is spare."""
        return tuple(host for host in self.hosts if not host.spare) or self.hosts

    @property
    def name_servers(self) -> tuple[Host, ...]:
        """The nodes that answer DNS."""
        return tuple(host for host in self.hosts if host.serves)


@dataclass(frozen=True, slots=True)
class NameService:
    """What a node answers as a name server: these zones, on these addresses of its; nothing without any."""

    listen: tuple[str, ...] = ()
    port: int = NAMESERVER_PORT
    zones: tuple[Zone, ...] = ()


NO_SERVICE = NameService()
"""Of a node that is no name server."""


def host_of(node: Node, share: NodeShare, *, spare: bool = False, far: bool = False) -> Host:
    """The node in a zone; one that is `far` from whom the zone is for comes after all that are near."""
    priority = share.priority + HIGHEST // 2 if far else share.priority
    return Host(
        node.name,
        tuple(filter(None, (node.public_address, node.address6))),
        node.sip_port,
        node.tls_port,
        min(priority, HIGHEST),
        share.weight,
        spare,
        bool(share.listen),
    )


def naptr_of(text: str) -> tuple[str, ...]:
    """The transports in `tls tcp udp`, with blanks or commas; none for `off` or "". Raises `Refused`."""
    words = tuple(text.lower().replace(",", " ").split())
    if words in ((), ("off",)):
        return ()
    if len({*words}) != len(words) or not {*words} <= {*TRANSPORTS}:
        raise Refused("naptr", f"{text!r} isn't possible; write some of tls,tcp,udp, the best one first, or off.")
    return words
