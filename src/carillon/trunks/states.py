"""How trunks are: the trunk daemon writes it into a file, by rename, whenever something has changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

Key = tuple[str, str]
"""Domain and name of a trunk."""


class Health(StrEnum):
    """Whether a trunk answers OPTIONS. Calls avoid only one that is down."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "not known yet"
    NOT_PROBED = "not probed"


@dataclass(frozen=True, slots=True)
class TrunkState:
    """How a trunk is, and since when, in Unix seconds. `registered` is None for one that does not register."""

    health: Health
    since: int
    registered: bool | None = None
    registered_since: int = 0


States = Mapping[Key, TrunkState]


def write(path: Path, states: States) -> None:
    """Put the states of all trunks into the file; raises OSError."""
    rows = [[*key, asdict(state)] for key, state in sorted(states.items())]
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(rows))
    fresh.replace(path)


def read(path: Path) -> dict[Key, TrunkState]:
    """The states of all trunks; none when nobody has written them."""
    try:
        rows = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return {(domain, name): TrunkState(**{**state, "health": Health(state["health"])}) for domain, name, state in rows}


def down(states: States, domain: str) -> frozenset[str]:
    """The names of a domain's trunks that are down."""
    return frozenset(name for (home, name), state in states.items() if home == domain and state.health is Health.DOWN)
