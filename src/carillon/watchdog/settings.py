"""What the watchdog is told when it starts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The system's run directory, and where Kamailio, Asterisk, its services, the media relay and presence listen.

    The relay's command port and the presence server are at Asterisk's address."""

    run: Path
    address: str
    sip_port: int
    gateway: str
    gateway_port: int
    services_port: int
    relay_port: int
    presence_port: int

    @classmethod
    def read(cls, path: Path) -> Settings:
        """The settings in a file. Raises OSError, KeyError or ValueError."""
        told = json.loads(path.read_text())
        names = ("address", "sip_port", "gateway", "gateway_port", "services_port", "relay_port", "presence_port")
        return cls(Path(told["run"]), *(told[name] for name in names))
