"""What the services are told when they start."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Where they listen (TCP), what Asterisk proves itself by, the system's directory, and Redis's socket,
    the directory of the call path, where voice messages and prompts are, and where is said what mail waits.
    """

    address: str
    port: int
    key: str
    system: Path
    redis: Path
    directory: Path
    voicemail: Path
    mail: Path
    prompts: Path

    @classmethod
    def read(cls, path: Path) -> Settings:
        """The settings in a file. Raises OSError, KeyError or ValueError."""
        told = json.loads(path.read_text())
        places = (Path(told[name]) for name in ("system", "redis", "directory", "voicemail", "mail", "prompts"))
        return cls(told["address"], told["port"], told["key"], *places)
