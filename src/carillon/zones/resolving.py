"""The real DNS, by dnspython."""

from __future__ import annotations

from functools import cache

import dns.exception
import dns.resolver

from carillon.model.host import Address
from carillon.model.refused import Refused
from carillon.zones.checking import Answer

PATIENCE_S = 4.0


class RealDns:
    """Asks the name servers of this machine, or another one: its address, and port if not 53."""

    def __init__(self, server: str | None = None) -> None:
        self._resolver = _of([server]) if server else _machines()
        self._own_servers = cache(self._find_own)

    def ask(self, name: str, type: str) -> Answer:
        """As a phone asks."""
        return _asked(self._resolver, name, type)

    def ask_own(self, domain: str, name: str, type: str) -> Answer:
        """The domain's own name servers; those that can't be found know nothing."""
        servers = self._own_servers(domain)
        return _asked(_of(list(servers)), name, type) if servers else Answer(words="no name server is known")

    def _find_own(self, domain: str) -> tuple[str, ...]:
        """The addresses of the name servers of the zone in which the domain is."""
        while "." in domain:
            names = self.ask(domain, "NS").data
            if names:
                places = (self.ask(name, type).data for name in sorted(names) for type in ("A", "AAAA"))
                return tuple(address for found in places for address in sorted(found))
            domain = domain.partition(".")[2]
        return ()


def _asked(resolver: dns.resolver.Resolver, name: str, type: str) -> Answer:
    try:
        answer = resolver.resolve(f"{name.removesuffix('.')}.", type, search=False)
    except dns.resolver.NXDOMAIN as none:
        return Answer(ttl_s=_negative(none))
    except dns.resolver.NoAnswer as none:
        return Answer(ttl_s=_minimum(none.kwargs["response"].authority))
    except (OSError, dns.exception.DNSException) as error:
        return Answer(words=f"the name server doesn't answer ({error})")
    rows = answer.rrset or ()
    return Answer(frozenset(each.to_text() for each in rows), answer.rrset.ttl if answer.rrset else 0)


def _negative(none: dns.resolver.NXDOMAIN) -> int:
    return max((_minimum(each.authority) for each in none.kwargs["responses"].values()), default=0)


def _minimum(authority: list[dns.rrset.RRset]) -> int:
    """For how long "there is none" may be kept (RFC 2308 §5)."""
    return max((min(rows.ttl, rows[0].minimum) for rows in authority if hasattr(rows[0], "minimum")), default=0)


def _machines() -> dns.resolver.Resolver:
    try:
        resolver = dns.resolver.Resolver()
    except dns.exception.DNSException as error:
        raise Refused("server", f"this machine knows no name server ({error}); give --server ADDRESS.") from error
    resolver.lifetime = PATIENCE_S
    return resolver


def _of(servers: list[str]) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=False)
    places = [Address.parse(f"[{each}]" if each.count(":") > 1 and "[" not in each else each, 53) for each in servers]
    resolver.nameservers = [place.host for place in places]
    resolver.nameserver_ports = {place.host: place.port for place in places}
    resolver.lifetime = PATIENCE_S
    return resolver
