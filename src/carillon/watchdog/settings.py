"""What the watchdog is told when it starts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The system's run directory, where Kamailio listens, where Asterisk and its services do, and the media relay's
    command port."""

    run: Path
    address: str
    sip_port: int
    gateway: str
    gateway_port: int
    services_port: int
    relay_port: int

    @classmethod
    def read(cls, path: Path) -> Settings:
        """The settings in a file. Raises OSError, KeyError or ValueError."""
        told = json.loads(path.read_text())
        names = ("run", "address", "sip_port", "gateway", "gateway_port", "services_port", "relay_port")
        run, *numbers = (told[name] for name in names)
        return cls(Path(run), *numbers)
