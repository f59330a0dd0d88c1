"""Asks the name servers of this machine, and its own table of hosts before them, as every other program does."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import dns.exception
import dns.resolver

from carillon.trunks.targets import Rows, Unanswered

HOSTS = Path("/etc/hosts")
PATIENCE_S = 3.0
HOSTS_TTL_S = 30.0


def ask(name: str, type: str) -> Rows:
    """What the DNS says; raises `Unanswered`. A name server that is added to this machine is asked at once."""
    if type in ("A", "AAAA") and (known := tuple(_known_here(name, 4 if type == "A" else 6))):
        return Rows(known, HOSTS_TTL_S)
    try:
        resolver = dns.resolver.Resolver()
        resolver.lifetime = PATIENCE_S
        answer = resolver.resolve(f"{name}.", type, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return Rows()
    except dns.resolver.NoNameservers as error:
        raise Unanswered("its name servers fail") from error
    except (OSError, dns.exception.DNSException) as error:
        raise Unanswered("no name server answers") from error
    rows = answer.rrset
    return Rows(tuple(each.to_text() for each in rows), rows.ttl) if rows else Rows()


def _known_here(name: str, version: int) -> Iterator[str]:
    """The addresses of a name in this machine's table."""
    try:
        lines = HOSTS.read_text(errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        address, *names = line.partition("#")[0].split() or [""]
        if name in (each.lower() for each in names) and ip_address(address.partition("%")[0]).version == version:
            yield address
