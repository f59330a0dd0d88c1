"""Where a far end is: a host name or an address, and a port."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

from carillon.model.domain import require_canonical
from carillon.model.node import require_host_address
from carillon.model.refused import Refused

_BRACKETED = re.compile(r"\[([^\]]*)\](?::([0-9]{1,5}))?")
_PLAIN = re.compile(r"([^:\[\]]+)(?::([0-9]{1,5}))?")
EXAMPLE = "sip.example.org:5060"


@dataclass(frozen=True, slots=True)
class Address:
    """`host` is a name in lower case, or an IPv4 or IPv6 address in canonical form, without brackets.

    Port 0 is none given: the DNS says it (SRV), which only a name can leave to it.
    """

    host: str
    port: int

    def __post_init__(self) -> None:
        if _is_numeric(self.host):
            require_host_address("address", self.host)
        else:
            require_canonical(self.host, "address")
        if not 1 <= self.port <= 65535 and (self.port or _is_numeric(self.host)):
            raise Refused("address", f"port {self.port} isn't possible; choose 1 to 65535.")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host

    @classmethod
    def parse(cls, text: str, default_port: int, by_dns: bool = False) -> Address:
        """Read `HOST:PORT` or `[IPv6]:PORT`. Without a port, `default_port`, or 0 for a name if the DNS may say it.

        Raises `Refused`, naming `address`.
        """
        found = _BRACKETED.fullmatch(text.strip()) or _PLAIN.fullmatch(text.strip())
        if found is None:
            raise Refused("address", f"{text!r} is no address; write HOST:PORT or [IPv6]:PORT, like {EXAMPLE}.")
        host, port = found.groups()
        if port and not int(port):
            raise Refused("address", "port 0 isn't possible; choose 1 to 65535.")
        without = 0 if by_dns and not _is_numeric(_canonical(host)) else default_port
        return cls(_canonical(host), int(port) if port else without)


def _is_numeric(host: str) -> bool:
    """Whether `host` can only be meant as an address: no top-level domain is all digits."""
    return ":" in host or host.rpartition(".")[2].isdigit()


def _canonical(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        return host.lower().removesuffix(".")
