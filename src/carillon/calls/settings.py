"""What the calls daemon is told when it starts: a small JSON file in its directory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from carillon.calls.ami import Door


@dataclass(frozen=True, slots=True)
class Settings:
    """`door` is Asterisk's manager interface, None on a satellite that has none; `directory` what the workers read.

    `figures` is what we write for others.

    `redis` and `rpc` are the sockets of Redis and of Kamailio. `gateway` is how Asterisk is called by the workers.
    `repairs` counts the lamps that were wrong for lack of an event.
    `several` says that the node has other Asterisks besides.
    `states` is where the daemon of states hears, `siblings` where the one that tells siblings does, None without any.
    `lease` says whether this node does what one node does for all, None where it always does.
    `pulse` is touched each time round. `links` are the siblings beyond the link of a branch, with the URIs of their
    homes; `sibling_states` says which of them are up.
    """

    door: Door | None
    gateway: str
    several: bool
    directory: Path
    redis: Path
    rpc: Path
    figures: Path
    states: Path
    repairs: Path
    pulse: Path
    siblings: Path | None = None
    lease: Path | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    sibling_states: Path | None = None

    @classmethod
    def read(cls, path: Path) -> Settings:
        """The settings in a file. Raises OSError, KeyError or ValueError."""
        values = json.loads(path.read_text())
        names = ("directory", "redis", "rpc", "figures", "states", "repairs")
        directory, redis, rpc, figures, states, repairs = (Path(values[name]) for name in names)
        door, pulse = Door(*values["door"]) if values["door"] else None, path.with_name("pulse")
        siblings = Path(values["siblings"]) if values.get("siblings") else None
        asterisk = (door, values["gateway"], values["several"])
        lease = Path(values["lease"]) if values.get("lease") else None
        known = Path(values["sibling_states"]) if values.get("sibling_states") else None
        beyond = dict(values.get("links", {})), known
        return cls(*asterisk, directory, redis, rpc, figures, states, repairs, pulse, siblings, lease, *beyond)
