"""What the services are told when they start."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

_PLACES = "system", "redis", "directory", "voicemail", "mail", "prompts", "guesses", "spool", "keys"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where they listen (TCP), what Asterisk proves itself by, and where the media relay takes commands (UDP).

    Then paths: the system's directory, Redis's socket, the directory of the call path, where voice messages are, where
    is said what mail waits, where prompts are, where wrong PINs are counted, the spool of recordings, and where
    keys of phones are told of.
    """

    address: str
    port: int
    key: str
    relay: tuple[str, int]
    system: Path
    redis: Path
    directory: Path
    voicemail: Path
    mail: Path
    prompts: Path
    guesses: Path
    spool: Path
    keys: Path

    @classmethod
    def read(cls, path: Path) -> Settings:
        """The settings in a file. Raises OSError, KeyError or ValueError."""
        told = json.loads(path.read_text())
        places = (Path(told[name]) for name in _PLACES)
        host, port = told["relay"]
        return cls(told["address"], told["port"], told["key"], (host, port), *places)
