"""Calls that leave by a trunk: which trunks, under which number, and who the far end is told calls."""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberFormat

from carillon.routing.decision import AddHeader, Effect, RemoveHeader, SetFrom
from carillon.routing.facts import UNKNOWN, Unknown
from carillon.sip.uri import SipUri, quoted
from carillon.stores.ports import OutboundRoute, TrunkProfile

_CLEAN = (RemoveHeader("P-Asserted-Identity"), RemoveHeader("Privacy"))


@dataclass(frozen=True, slots=True)
class Line:
    """One trunk for one call: its name and the Request-URI to send there."""

    name: str
    uri: str

    def __str__(self) -> str:
        return f"{self.name} {self.uri}"

    @classmethod
    def parse(cls, text: str) -> Line:
        """The line that `str()` wrote."""
        name, _, uri = text.partition(" ")
        return cls(name, uri)


def lines(
    number: str, site: str, routes: tuple[OutboundRoute, ...], trunks: dict[str, TrunkProfile]
) -> tuple[Line, ...]:
    """The trunks for a number, in the order of `routes`, which is that of trying.

    Short numbers, emergency ones among them, begin with no prefix: every route takes them.
    """
    fitting = [
        route.trunk
        for route in routes
        if (number.startswith(route.prefix) or not number.startswith("+"))
        and route.site in (None, site)
        and route.trunk in trunks
        and trunks[route.trunk].enabled
    ]
    return tuple(Line(name, _uri(number, trunks[name])) for name in dict.fromkeys(fitting))


def by_health(fitting: tuple[Line, ...], down: frozenset[str] | Unknown) -> tuple[Line, ...]:
    """The same lines, those of trunks that are down last."""
    if down is UNKNOWN:
        return fitting
    return tuple(sorted(fitting, key=lambda line: line.name in down))


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
    transport = "" if trunk.transport == "udp" else f";transport={trunk.transport}"
    return f"sip:{written(number, trunk)}@{_host(trunk)}:{trunk.port}{transport}"


def _host(trunk: TrunkProfile) -> str:
    return f"[{trunk.host}]" if ":" in trunk.host else trunk.host
