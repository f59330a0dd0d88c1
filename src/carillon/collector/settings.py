"""What the collector is told when it starts: a small JSON file beside its sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """`socket` is where workers connect, `store` the file of rows; metrics are served by HTTP on `address`:`port`.

    `trunk_states` is what the trunk daemon writes.
    `relay` is where the media relay takes commands: host and UDP port.
    """

    socket: Path
    store: Path
    address: str
    port: int
    trunk_states: Path
    relay: tuple[str, int] = ("127.0.0.1", 5087)

    @classmethod
    def read(cls, path: Path) -> Settings:
        """The settings in a file. Raises OSError, KeyError or ValueError."""
        values = json.loads(path.read_text())
        host, port = values["relay"]
        return cls(
            Path(values["socket"]),
            Path(values["store"]),
            values["address"],
            values["port"],
            Path(values["trunk_states"]),
            (host, port),
        )
