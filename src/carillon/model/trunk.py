"""A trunk: the way to a provider, or to another exchange."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from carillon.model.calllimit import require_most_calls
from carillon.model.domain import require_canonical
from carillon.model.e164 import require_country, require_e164
from carillon.model.host import Address
from carillon.model.label import require_label
from carillon.model.refused import Refused

LAST_PRIORITY = 9999
_ACCOUNT = re.compile(r"[^\s@:;,<>\"\\?/]{1,64}")


class Transport(StrEnum):
    """What carries the signalling (RFC 3261 §18)."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


def default_port(transport: Transport) -> int:
    """Where a provider listens who gives no port (RFC 3261 §19.1.2)."""
    return 5061 if transport is Transport.TLS else 5060


class NumberFormat(StrEnum):
    """How a provider writes numbers: `+3225551234`, or as in the country of the site, `025551234`."""

    E164 = "e164"
    NATIONAL = "national"


@dataclass(frozen=True, slots=True)
class Trunk:
    """A trunk of `domain`. Its password is kept apart, sealed.

    National numbers that it sends are read as those of `country`, ISO 3166-1 alpha-2. `register_as` is our user name
    at the provider, who then knows us by registration, not by address.
    `realm` is the provider's domain, in its requests and in its challenges; None for the host.
    `main_number` is the caller's number of whoever has none of his own. Of several trunks that could carry a call
    alike, the one of lower `priority` is tried first. A `trusted` provider is told who calls although that is
    withheld, and believed when it says so (RFC 3325). With `probe`, it is asked by OPTIONS whether it works.
    A provider that wants its account in From, whoever calls, gets `from_user` there.
    `most_calls` is how many calls at once it carries, None for any number.
    With `port` 0, which only a name has, the DNS says where it listens: SRV, and with `naptr` which transport too.
    """

    domain: str
    name: str
    host: str
    port: int = 5060
    transport: Transport = Transport.UDP
    country: str = "BE"
    register_as: str | None = None
    realm: str | None = None
    main_number: str | None = None
    priority: int = 1
    trusted: bool = False
    from_format: NumberFormat = NumberFormat.E164
    enabled: bool = True
    probe: bool = True
    from_user: str | None = None
    most_calls: int | None = None
    naptr: bool = False

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_label("name", self.name)
        Address(self.host, self.port)
        require_country("country", self.country)
        if self.register_as is not None and not _ACCOUNT.fullmatch(self.register_as):
            raise Refused("register_as", f"{self.register_as!r} is no SIP user name; write the one of the provider.")
        if self.from_user is not None and not _ACCOUNT.fullmatch(self.from_user):
            raise Refused("from_user", f"{self.from_user!r} can't stand in From; write the account or a number.")
        if self.realm is not None:
            require_canonical(self.realm, "realm")
        if self.main_number is not None:
            require_e164("main_number", self.main_number)
        require_most_calls(self.most_calls)
        if self.naptr and self.port:
            raise Refused("naptr", "is asked for a name without a port only; write --address NAME.")
        if not 1 <= self.priority <= LAST_PRIORITY:
            raise Refused("priority", f"{self.priority} isn't possible; choose 1 to {LAST_PRIORITY}, 1 is tried first.")

    @property
    def address(self) -> str:
        """`HOST:PORT`, `[IPv6]:PORT`, or `HOST` where the DNS says the port."""
        return str(Address(self.host, self.port))
