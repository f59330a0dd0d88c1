"""What the watchdog is told when it starts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The system's run directory, where Kamailio listens, and where Asterisk does."""

    run: Path
    address: str
    sip_port: int
    gateway: str
    gateway_port: int

    @classmethod
    def read(cls, path: Path) -> Settings:
        """The settings in a file. Raises OSError, KeyError or ValueError."""
        told = json.loads(path.read_text())
        return cls(Path(told["run"]), told["address"], told["sip_port"], told["gateway"], told["gateway_port"])
