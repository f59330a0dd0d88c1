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
    """`host` is a name in lower case, or an IPv4 or IPv6 address in canonical form, without brackets."""

    host: str
    port: int

    def __post_init__(self) -> None:
        if _is_numeric(self.host):
            require_host_address("address", self.host)
        else:
            require_canonical(self.host, "address")
        if not 1 <= self.port <= 65535:
            raise Refused("address", f"port {self.port} isn't possible; choose 1 to 65535.")

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str, default_port: int) -> Address:
        """Read `HOST:PORT` or `[IPv6]:PORT`, the port may be left out. Raises `Refused`, naming `address`."""
        found = _BRACKETED.fullmatch(text.strip()) or _PLAIN.fullmatch(text.strip())
        if found is None:
            raise Refused("address", f"{text!r} is no address; write HOST:PORT or [IPv6]:PORT, like {EXAMPLE}.")
        host, port = found.groups()
        return cls(_canonical(host), int(port) if port else default_port)


def _is_numeric(host: str) -> bool:
    """Whether `host` can only be meant as an address: no top-level domain is all digits."""
    return ":" in host or host.rpartition(".")[2].isdigit()


def _canonical(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        return host.lower().removesuffix(".")
