"""Where the requests for a trunk go (RFC 3263 §4): NAPTR where wished, SRV, addresses; pure but for whom it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from carillon.stores.ports import Target, TrunkProfile

FOREVER_S = 86400.0
"""How long an address holds that was typed."""
_SERVICES = {"SIPS+D2T": "tls", "SIP+D2T": "tcp", "SIP+D2U": "udp"}
_PREFIXES = {"tls": "_sips._tcp", "tcp": "_sip._tcp", "udp": "_sip._udp"}
DEFAULT_PORTS = {"tls": 5061, "tcp": 5060, "udp": 5060}


class Unanswered(Exception):
    """The DNS said nothing, not even that there is none; str() says why."""


@dataclass(frozen=True, slots=True)
class Rows:
    """An answer: the data of each record, as zone files write it; for how many seconds it holds, also "none"."""

    data: tuple[str, ...] = ()
    ttl_s: float = 30.0


Ask = Callable[[str, str], Rows]
"""Name and type; raises `Unanswered`."""


@dataclass(frozen=True, slots=True)
class Found:
    """All targets of a trunk, none when its name leads nowhere, and for how many seconds that holds."""

    targets: tuple[Target, ...]
    ttl_s: float


@dataclass(frozen=True, slots=True)
class _Place:
    host: str
    port: int
    transport: str
    priority: int = 0
    weight: int = 0


def find(trunk: TrunkProfile, ask: Ask, families: tuple[str, ...] = ("A", "AAAA")) -> Found:
    """The targets of a trunk. `families` are the types of addresses that we can reach, the better one first."""
    if is_address(trunk.host):
        port = trunk.port or DEFAULT_PORTS[trunk.transport]
        return Found((Target(sip_uri(trunk.host, port, trunk.transport)),), FOREVER_S)
    finder = _Finder(ask, families)
    targets = tuple(finder.targets(tuple(finder.places(trunk))))
    return Found(targets, finder.ttl_s)


def is_address(host: str) -> bool:
    """Whether it is one, IPv4 or IPv6, without brackets."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def sip_uri(address: str, port: int, transport: str) -> str:
    """A target as a SIP URI; a trunk of UDP names no transport, as always."""
    host = f"[{address}]" if ":" in address else address
    return f"sip:{host}:{port}" + ("" if transport == "udp" else f";transport={transport}")


@dataclass
class _Finder:
    ask: Ask
    families: tuple[str, ...]
    ttl_s: float = FOREVER_S

    def places(self, trunk: TrunkProfile) -> Iterator[_Place]:
        """Names with ports. A port that was typed ends the search for better ones (RFC 3263 §4.2)."""
        if trunk.port:
            yield _Place(trunk.host, trunk.port, trunk.transport)
            return
        for service, transport in self._services(trunk):
            if found := tuple(self._srv(service, transport)):
                yield from found
                return
        yield _Place(trunk.host, DEFAULT_PORTS[trunk.transport], trunk.transport)

    def targets(self, places: tuple[_Place, ...]) -> Iterator[Target]:
        """The addresses of places, numbered in the order of trying: within a priority, the better family first."""
        found = [
            ((place.priority, rank), place, address)
            for place in places
            for rank, family in enumerate(self.families)
            for address in self._answer(place.host, family).data
        ]
        order = {key: number for number, key in enumerate(sorted({key for key, _, _ in found}))}
        for key, place, address in found:
            yield Target(sip_uri(address, place.port, place.transport), order[key], place.weight)

    def _services(self, trunk: TrunkProfile) -> Iterator[tuple[str, str]]:
        """The names to ask for SRV, the best transport first; without NAPTR, the trunk's own transport."""
        rows = sorted(map(_naptr, self._answer(trunk.host, "NAPTR").data)) if trunk.naptr else []
        known = [(replacement, _SERVICES[service]) for _, _, service, replacement in rows if service in _SERVICES]
        yield from known or ((f"{_PREFIXES[trunk.transport]}.{trunk.host}", trunk.transport),)

    def _srv(self, service: str, transport: str) -> Iterator[_Place]:
        for row in self._answer(service, "SRV").data:
            priority, weight, port, host = row.split()
            if host != ".":  # decidedly not available (RFC 2782)
                yield _Place(host.removesuffix(".").lower(), int(port), transport, int(priority), int(weight))

    def _answer(self, name: str, type: str) -> Rows:
        answer = self.ask(name, type)
        self.ttl_s = min(self.ttl_s, answer.ttl_s)
        return answer


def _naptr(row: str) -> tuple[int, int, str, str]:
    """Order, preference, service and replacement of `10 50 "s" "SIP+D2U" "" _sip._udp.example.org.`"""
    order, preference, _, service, _, replacement = row.split()
    return int(order), int(preference), service.strip('"').upper(), replacement.removesuffix(".").lower()
