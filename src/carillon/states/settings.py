"""What the daemon is told when it starts: where it hears, reads, writes and tells."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The socket where it hears news, the files of its sources, voicemail, the pictures, both Kamailios' control.

    `repairs` counts the lamps that were wrong and were put right.
    """

    socket: Path
    directory: Path
    location: Path
    publications: Path
    calendars: Path
    pictures: Path
    kamailio_rpc: Path
    presence_rpc: Path
    voicemail: Path
    repairs: Path
    subscriptions: Path

    def to_json(self) -> dict[str, str]:
        """For a file that `read` reads."""
        return {name: str(path) for name, path in asdict(self).items()}

    @classmethod
    def read(cls, path: Path) -> Settings:
        """The settings in a file. Raises KeyError, OSError, TypeError or ValueError."""
        told = json.loads(path.read_text())
        return cls(**{one.name: Path(told[one.name]) for one in fields(cls)})
