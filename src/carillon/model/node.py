"""A node: one machine of the system, the addresses and the ports of its engines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from carillon.model.domain import require_canonical
from carillon.model.refused import Refused

LOOPBACK = "127.0.0.1"
LOOPBACK6 = "::1"
LOOPBACK_NET = 127
SIP_PORT = 5060
GATEWAY_PORT = 5080
PRESENCE_PORT = 5068
"""Ten apart is how people choose the SIP ports of several systems on one machine: not a port of theirs."""
CLUSTER_PORT = 5069
"""In nobody's way either: 5071 would be the TLS port of the next system."""
FEED_PORT = 5067
JOIN_PORT = 5066
SATELLITE_PORT = 5064
WATCH_PORT = 5065
DATABASE_PORT = 3306
REPLICATION_PORT = 4567
MAIN, SATELLITE = "main", "satellite"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Node:
    """One machine. `advertise` is what phones beyond a NAT see; `country` is ISO 3166-1 alpha-2, upper case.

    Phones reach `address`, and `address6` (IPv6) of a node that has both, on `sip_port` (UDP and TCP) and `tls_port`;
    media use `rtp_start` to `rtp_end`: the lower half is Asterisk's, the upper half the media relay's. A node that is
    `drained` does nothing of what one node does for all. A `member` runs a MariaDB of the cluster that holds the truth.
    One whose `role` is satellite stands at a `site`, and has the truth from the mains; it may be without `asterisk`.
    """

    name: str
    default_domain: str
    address: str
    advertise: str | None = None
    country: str = "BE"
    sip_port: int = SIP_PORT
    tls_port: int = SIP_PORT + 1
    rtp_start: int = 10000
    rtp_end: int = 19999
    address6: str | None = None
    drained: bool = False
    member: bool = False
    role: str = MAIN
    site: str | None = None
    asterisk: bool = True

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise Refused("name", f"{self.name!r} is no node name; use 1 to 32 of a-z 0-9 -")
        require_canonical(self.default_domain)
        require_host_address("address", self.address)
        if self.advertise is not None:
            require_host_address("advertise", self.advertise)
        if self.address6 is not None:
            _require_second("address6", self.address6, self.address)
        if not _COUNTRY.fullmatch(self.country):
            raise Refused("country", f"{self.country!r} is no country code; write two capitals like BE.")
        self._require_role()
        self._require_ports()

    def _require_role(self) -> None:
        if self.role not in (MAIN, SATELLITE):
            raise Refused("role", f"{self.role!r} isn't possible; it is {MAIN} or {SATELLITE}.")
        if (self.site is not None) != self.is_satellite:
            raise Refused("site", "a satellite stands at a site, and a main at none.")
        if self.is_satellite and self.member:
            raise Refused("member", "a satellite holds no database.")
        if not (self.asterisk or self.is_satellite):
            raise Refused("asterisk", "only a satellite may be without: its calls need that of a main.")

    @property
    def is_satellite(self) -> bool:
        """Whether it stands at a branch, without the database."""
        return self.role == SATELLITE

    def _require_ports(self) -> None:
        _require_port("sip_port", self.sip_port)
        _require_port("tls_port", self.tls_port)
        _require_port("gateway_port", self.gateway_port)
        if self.tls_port == self.sip_port:
            raise Refused("tls_port", f"{self.tls_port} is the SIP port already; choose another one.")
        if self.address == self.gateway_address and self.tls_port == self.gateway_port:
            raise Refused("tls_port", f"{self.tls_port} is the gateway's port already; choose another one.")
        if self.address == self.gateway_address and self.tls_port in (self.presence_port, self.watch_port):
            raise Refused("tls_port", f"{self.tls_port} is a port of the presence server; choose another one.")
        if self.tls_port in (self.cluster_port, self.feed_port, self.satellite_port):
            raise Refused("tls_port", f"{self.tls_port} is a port for other nodes; choose another one.")
        if not 1024 <= self.rtp_start < self.rtp_end <= 65535 or self.rtp_start % 2:
            raise Refused("rtp_start", "must be even, at least 1024 and below rtp_end, which ends at 65535.")

    @property
    def gateway_address(self) -> str:
        """Loopback address of this node's own Asterisk, made from the node's, so that systems don't collide.

        Its first two numbers are folded into one: 192.0.2.7 gives 127.191.2.7, 127.0.0.1 itself; IPv6 nodes, and
        addresses that leave no host part, use 127.0.0.1.
        """
        node = ip_address(self.address)
        if isinstance(node, IPv6Address):
            return LOOPBACK
        first, second, *rest = node.packed
        host = bytes((first ^ LOOPBACK_NET ^ second, *rest))
        return LOOPBACK if host in (b"\0\0\0", b"\xff\xff\xff") else str(IPv4Address(bytes((LOOPBACK_NET,)) + host))

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that phones reach: one, or an IPv4 and an IPv6 one."""
        return (self.address, self.address6) if self.address6 else (self.address,)

    @property
    def signalling(self) -> tuple[str, ...]:
        """Loopback addresses on which Kamailio and its Asterisk speak SIP, one for each of `addresses`.

        By that on which Asterisk is spoken to it knows which of them its media is for.
        """
        return tuple(LOOPBACK6 if ":" in address else self.gateway_address for address in self.addresses)

    @property
    def gateway_port(self) -> int:
        """UDP port of this node's own Asterisk: 5080, moved as far as `sip_port` is from 5060."""
        return GATEWAY_PORT + self.sip_port - SIP_PORT

    @property
    def presence_port(self) -> int:
        """UDP port of this node's presence server, on loopback: 5068, moved as far as `sip_port` is from 5060."""
        return PRESENCE_PORT + self.sip_port - SIP_PORT

    @property
    def watch_port(self) -> int:
        """UDP port, on loopback, where Kamailio hears its presence server: 5065, moved alike."""
        return WATCH_PORT + self.sip_port - SIP_PORT

    @property
    def cluster_port(self) -> int:
        """TCP port on which nodes speak SIP over mutual TLS: 5069, moved as far as `sip_port` is from 5060."""
        return CLUSTER_PORT + self.sip_port - SIP_PORT

    @property
    def feed_port(self) -> int:
        """Port (TCP and UDP) of the daemon that knows other nodes: 5067, moved as `cluster_port` is."""
        return FEED_PORT + self.sip_port - SIP_PORT

    @property
    def join_port(self) -> int:
        """TCP port (HTTPS) where new nodes ask to join: 5066, moved as far as `sip_port` is from 5060."""
        return JOIN_PORT + self.sip_port - SIP_PORT

    @property
    def satellite_port(self) -> int:
        """TCP port (HTTPS) where a main tells satellites what has changed: 5064, moved as far as `sip_port`."""
        return SATELLITE_PORT + self.sip_port - SIP_PORT

    @property
    def database_port(self) -> int:
        """TCP port of this node's own MariaDB, when it has one: 3306, moved as far as `sip_port` is from 5060."""
        return DATABASE_PORT + self.sip_port - SIP_PORT

    @property
    def replication_port(self) -> int:
        """TCP port where members of the database's cluster replicate: 4567, moved as far as `sip_port` is from 5060."""
        return REPLICATION_PORT + self.sip_port - SIP_PORT

    @property
    def catch_up_port(self) -> int:
        """TCP port where a member that comes back is sent what it missed: 4568, moved alike."""
        return self.replication_port + 1

    @property
    def copy_port(self) -> int:
        """TCP port where a new member is sent everything: 4444, moved alike."""
        return self.replication_port - 123

    @property
    def gateway_ports(self) -> tuple[int, int]:
        """First and last UDP port of Asterisk's media."""
        return self.rtp_start, self._middle - 1

    @property
    def relay_ports(self) -> tuple[int, int]:
        """First and last UDP port of the media relay."""
        return self._middle, self.rtp_end

    @property
    def _middle(self) -> int:
        """Where the second half of the media ports begins; even, like every RTP port (RFC 3550 §11)."""
        return (self.rtp_start + (self.rtp_end - self.rtp_start + 1) // 2 + 1) // 2 * 2

    @property
    def public_address(self) -> str:
        """The address that others are told: `advertise`, else `address`."""
        return self.advertise or self.address


def require_host_address(field: str, text: str) -> None:
    """Raise `Refused` unless `text` is an IPv4 or IPv6 address that one host can have, in canonical form."""
    try:
        address = ip_address(text)
    except ValueError as error:
        raise Refused(field, f"{text!r} is no IP address; write one like 192.0.2.10.") from error
    if address.is_unspecified or address.is_multicast:
        raise Refused(field, f"{text} is no address of one host; write the address that phones reach.")
    if str(address) != text:
        raise Refused(field, f"{text!r} must be written {str(address)!r}.")


def _require_second(field: str, text: str, first: str) -> None:
    require_host_address(field, text)
    if ip_address(text).version != 6 or ip_address(first).version != 4:
        raise Refused(field, "is the IPv6 address beside an IPv4 one; a node with one address has it as `address`.")


def _require_port(field: str, port: int) -> None:
    if not 1024 <= port <= 65535:
        raise Refused(field, f"{port} isn't possible; choose a port from 1024 to 65515.")
