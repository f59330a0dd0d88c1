"""The records of a domain: NAPTR and SRV lead phones to nodes (RFC 3263 §4), A and AAAA say where those are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from carillon.model.zone import Host, Zone

TTL_S = 60
"""How long others may keep our answers: a node that is taken out is forgotten within that."""

_NAPTR = {"tls": ("SIPS+D2T", "_sips._tcp"), "tcp": ("SIP+D2T", "_sip._tcp"), "udp": ("SIP+D2U", "_sip._udp")}
_SRV = (("_sips._tcp", "tls"), ("_sip._tcp", "tcp"), ("_sip._udp", "udp"))
PREFERENCE = 50


@dataclass(frozen=True, order=True, slots=True)
class Record:
    """One resource record: a full name without a dot at the end, the type, the data as zone files write it."""

    name: str
    type: str
    data: str


def records(zone: Zone) -> Iterator[Record]:
    """What phones ask for, in the order in which they ask."""
    yield from _naptr(zone)
    yield from _srv(zone)
    for host in zone.hosts:
        yield from addresses(f"{host.name}.{zone.domain}", host)


def own_addresses(zone: Zone) -> Iterator[Record]:
    """The domain's own name, for phones that ask for nothing else; elsewhere it may be that of a web site."""
    for host in zone.led_to:
        yield from addresses(zone.domain, host)


def name_servers(zone: Zone, domain: str = "") -> Iterator[Record]:
    """Who answers for the domain, or for another one that we serve."""
    for host in zone.name_servers:
        yield Record(domain or zone.domain, "NS", f"{host.name}.{domain or zone.domain}.")


def delegation(zone: Zone, domain: str = "") -> Iterator[Record]:
    """What the zone above must hold so that the world asks us."""
    yield from name_servers(zone, domain)
    for host in zone.name_servers:
        yield from addresses(f"{host.name}.{domain or zone.domain}", host)


def addresses(name: str, host: Host) -> Iterator[Record]:
    """The addresses of a node, under this name."""
    for address in host.addresses:
        yield Record(name, "AAAA" if ip_address(address).version == 6 else "A", address)


def _naptr(zone: Zone) -> Iterator[Record]:
    for rank, transport in enumerate(zone.naptr, 1):
        service, prefix = _NAPTR[transport]
        data = f'{10 * rank} {PREFERENCE} "s" "{service}" "" {prefix}.{zone.domain}.'
        yield Record(zone.domain, "NAPTR", data)


def _srv(zone: Zone) -> Iterator[Record]:
    for prefix, transport in _SRV:
        for host in zone.led_to:
            port = host.tls_port if transport == "tls" else host.sip_port
            target = f"{host.name}.{zone.domain}."
            yield Record(f"{prefix}.{zone.domain}", "SRV", f"{host.priority} {host.weight} {port} {target}")
