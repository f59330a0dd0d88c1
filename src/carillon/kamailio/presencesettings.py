"""What the presence server must know before the first message: written by confgen, read once."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

VARIABLE: Final = "CARILLON_PRESENCE_SETTINGS"


@dataclass(frozen=True, slots=True)
class PresenceSettings:
    """Where the stores are, who is told of news, and the address and port from which Kamailio speaks to us.

    `node` is the name of ours, and `turn` says whose kept messages are delivered here.
    """

    pictures: Path
    publications: Path
    messages: Path
    subscriptions: Path
    location: Path
    states_socket: Path
    keys_socket: Path
    kamailio: tuple[str, int]
    node: str
    turn: Path

    @classmethod
    def from_environment(cls) -> PresenceSettings:
        """The settings in the JSON file that the environment names; raises KeyError, OSError, ValueError."""
        values = json.loads(Path(os.environ[VARIABLE]).read_text())
        names = ("pictures", "publications", "messages", "subscriptions", "location", "states_socket", "keys_socket")
        pictures, publications, messages, subscriptions, location, states, keys = (Path(values[name]) for name in names)
        address, port = values["kamailio"]
        kamailio, turn = (address, port), Path(values["turn"])
        return cls(
            *(pictures, publications, messages, subscriptions, location, states, keys, kamailio, values["node"], turn)
        )
