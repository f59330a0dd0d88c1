"""What the services are told when they start."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

_PLACES = "system", "redis", "directory", "voicemail", "mail", "prompts", "guesses"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where they listen (TCP), what Asterisk proves itself by, the system's directory, and Redis's socket,
    the directory of the call path, where voice messages and prompts are, where is said what mail waits, and where wrong
    PINs are counted.
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
    guesses: Path

    @classmethod
    def read(cls, path: Path) -> Settings:
        """The settings in a file. Raises OSError, KeyError or ValueError."""
        told = json.loads(path.read_text())
        places = (Path(told[name]) for name in _PLACES)
        return cls(told["address"], told["port"], told["key"], *places)
