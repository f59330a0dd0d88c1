"""Calls that leave by a trunk: which trunks, under which number, and who the far end is told calls."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import phonenumbers
from phonenumbers import PhoneNumberFormat

from carillon.routing.decision import AddHeader, Effect, RemoveHeader, SetFrom
from carillon.routing.facts import UNKNOWN, Unknown
from carillon.sip.uri import SipUri, quoted
from carillon.stores.ports import OutboundRoute, Target, TrunkProfile

_CLEAN = (RemoveHeader("P-Asserted-Identity"), RemoveHeader("Privacy"))


@dataclass(frozen=True, slots=True)
class Line:
    """One trunk for one call: its name, the Request-URI to send there, and which of its targets, "" for any."""

    name: str
    uri: str
    target: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.uri} {self.target}".rstrip()

    @classmethod
    def parse(cls, text: str) -> Line:
        """The line that `str()` wrote."""
        return cls(*text.split(" "))


def lines(
    number: str, site: str, routes: tuple[OutboundRoute, ...], trunks: dict[str, TrunkProfile]
) -> tuple[Line, ...]:
    """The trunks for a number, in the order of `routes`, which is that of trying.

    Short numbers, emergency ones among them, begin with no prefix: every route takes them, the site's own before
    others, since those who help must come to this place.
    """
    if not number.startswith("+"):
        routes = tuple(sorted(routes, key=lambda route: route.site is None))
    fitting = [
        route.trunk
        for route in routes
        if (number.startswith(route.prefix) or not number.startswith("+"))
        and route.site in (None, site)
        and route.trunk in trunks
        and trunks[route.trunk].enabled
    ]
    return tuple(Line(name, _uri(number, trunks[name])) for name in dict.fromkeys(fitting))


def to_targets(fitting: tuple[Line, ...], targets: Mapping[str, tuple[Target, ...]], call: str) -> tuple[Line, ...]:
    """A line for each target of each trunk; those of one priority in an order that `call` draws by their weights."""
    return tuple(
        replace(line, target=target)
        for line in fitting
        for target in [one.uri for one in drawn(targets.get(line.name, ()), call)] or [""]
    )


def drawn(targets: tuple[Target, ...], call: str) -> tuple[Target, ...]:
    """The order of trying (RFC 2782): a target comes before another of its priority as often as its weight is higher.

    The same for the same call: what looks like chance is a hash. A weight of 0 comes last.
    """
    return tuple(sorted(targets, key=lambda one: (one.priority, _late(one, call))))


def _late(target: Target, call: str) -> float:
    """An exponential variate of rate `weight`: the least of several is each one's as often as its share of the sum."""
    if not target.weight:
        return math.inf
    drawn = int.from_bytes(hashlib.blake2b(f"{call} {target.uri}".encode(), digest_size=7).digest(), "big")
    return -math.log((drawn + 1) / 2**56) / target.weight


def by_health(fitting: tuple[Line, ...], down: frozenset[str] | Unknown) -> tuple[Line, ...]:
    """The same lines, those of trunks and targets that are down last."""
    if down is UNKNOWN:
        return fitting
    return tuple(sorted(fitting, key=lambda line: is_down(line, down)))


def is_down(line: Line, down: frozenset[str]) -> bool:
    """Whether a line's trunk or its target is known to be down."""
    return line.name in down or line.target in down


def written(number: str, trunk: TrunkProfile) -> str:
    """The number as this provider writes it: E.164, or national within its own country."""
    if not trunk.national_format or not number.startswith("+"):
        return number
    parsed = phonenumbers.parse(number)
    if parsed.country_code != phonenumbers.country_code_for_region(trunk.country):
        return number
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    return "".join(character for character in national if character.isdigit())


def caller_effects(number: str | None, name: str, trunk: TrunkProfile, *, withheld: bool) -> tuple[Effect, ...]:
    """What the far end is told of the caller: the number, else the trunk's own; hidden if withheld (RFC 3323, 3325).

    Where the provider wants its account in From, the caller stands in P-Asserted-Identity alone. A trusted provider is
    told all the same, in P-Asserted-Identity, with the wish for privacy beside it.
    """
    shown, place = number or trunk.main_number, trunk.realm or _host(trunk)
    uri = f"sip:{written(shown, trunk)}@{place}" if shown else f"sip:anonymous@{place}"
    account = str(SipUri(trunk.from_user, place)) if trunk.from_user else ""
    asserted = AddHeader("P-Asserted-Identity", f"<{uri}>")
    if withheld:
        return (*hidden(account), asserted) if trunk.trusted else hidden(account)
    named = AddHeader("P-Asserted-Identity", f"{quoted(name)} <{uri}>") if name else asserted
    return (*_CLEAN, SetFrom(name, account or uri), named)


def hidden(account: str = "") -> tuple[Effect, ...]:
    """Nobody is shown, and nobody further on may show who it was (RFC 3323 §4.1, RFC 3325 §7).

    A provider that finds its customer by From gets its `account` there, a URI, all the same.
    """
    return (*_CLEAN, SetFrom("Anonymous", account or "sip:anonymous@anonymous.invalid"), AddHeader("Privacy", "id"))


def outside_address(number: str, trunk: TrunkProfile) -> str:
    """A number at a provider, `user@host`, as he writes it."""
    return f"{written(number, trunk)}@{_host(trunk)}"


def _uri(number: str, trunk: TrunkProfile) -> str:
    transport = "" if trunk.transport == "udp" or trunk.naptr else f";transport={trunk.transport}"
    port = f":{trunk.port}" if trunk.port else ""
    return f"sip:{written(number, trunk)}@{_host(trunk)}{port}{transport}"


def _host(trunk: TrunkProfile) -> str:
    return f"[{trunk.host}]" if ":" in trunk.host else trunk.host
