"""Is the world told what it should be? Asks the DNS as phones do, and the domain's own name servers where that differs.

A record is `right`, `missing`, `different` or `stale`: its own name servers are right, others still keep an old answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from carillon.model.zone import Zone
from carillon.zones.records import Record, own_addresses, records

TYPES = ("NAPTR", "SRV", "A", "AAAA")


class Verdict(StrEnum):
    """What is true of all records of a name and a type."""

    RIGHT = "right"
    MISSING = "missing"
    DIFFERENT = "different"
    STALE = "stale"
    SILENT = "no answer"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the DNS said: data as zone files write it, for how many seconds it holds; `words` when it said nothing."""

    data: frozenset[str] = frozenset()
    ttl_s: int = 0
    words: str = ""


class Dns(Protocol):
    """Whom to ask."""

    def ask(self, name: str, type: str) -> Answer:
        """As a phone asks."""

    def ask_own(self, domain: str, name: str, type: str) -> Answer:
        """As `ask`, but the domain's own name servers."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a name and a type, in words."""

    name: str
    type: str
    verdict: Verdict
    words: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing need be done."""
        return self.verdict in (Verdict.RIGHT, Verdict.OPTIONAL)


def check(zone: Zone, dns: Dns) -> Iterator[Finding]:
    """What the DNS says of a domain, name by name."""
    for (name, type), wanted in _grouped(records(zone)).items():
        finding = _judged(zone, name, type, wanted, dns)
        yield finding
        if finding.verdict is Verdict.SILENT:  # whoever is silent about one is silent about all
            return
    if not zone.naptr:
        yield _judged(zone, zone.domain, "NAPTR", frozenset(), dns)
    yield _own(zone, dns)


def _grouped(found: Iterable[Record]) -> Mapping[tuple[str, str], frozenset[str]]:
    grouped: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in found:
        grouped[one.name, one.type].add(one.data)
    return {key: frozenset(data) for key, data in grouped.items()}


def _judged(zone: Zone, name: str, type: str, wanted: frozenset[str], dns: Dns) -> Finding:
    answer = dns.ask(name, type)
    if answer.words:
        return Finding(name, type, Verdict.SILENT, answer.words)
    if answer.data == wanted:
        return Finding(name, type, Verdict.RIGHT)
    if dns.ask_own(zone.domain, name, type).data == wanted:
        old = _listed(answer.data) or "that there is none"
        return Finding(name, type, Verdict.STALE, f"changed; others keep {old} for {answer.ttl_s} s at most")
    if not answer.data:
        return Finding(name, type, Verdict.MISSING, f"add {_listed(wanted)}")
    return Finding(name, type, Verdict.DIFFERENT, _difference(wanted, answer.data))


def _difference(wanted: frozenset[str], found: frozenset[str]) -> str:
    words = []
    if lacking := wanted - found:
        words.append(f"add {_listed(lacking)}")
    if surplus := found - wanted:
        words.append(f"remove {_listed(surplus)}")
    return "; ".join(words)


def _own(zone: Zone, dns: Dns) -> Finding:
    """The domain's own name may be that of a web site: then phones that know no SRV need a node's name."""
    wanted = frozenset(one.data for one in own_addresses(zone))
    found = frozenset().union(*(dns.ask(zone.domain, type).data for type in ("A", "AAAA")))
    if wanted == found:
        return Finding(zone.domain, "A", Verdict.RIGHT)
    words = f"leads to {_listed(found)}" if found else "has no address"
    advice = f"phones that know no SRV need {zone.hosts[0].name}.{zone.domain} as their server"
    return Finding(zone.domain, "A", Verdict.OPTIONAL, f"{words}; {advice}")


def _listed(data: frozenset[str]) -> str:
    return ", ".join(sorted(data))
