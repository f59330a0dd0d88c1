"""How trunks are: the trunk daemon writes it into a file, by rename, whenever something has changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from carillon.system import whole

Key = tuple[str, str]
"""Domain and name of a trunk."""


class Health(StrEnum):
    """Whether a trunk answers OPTIONS. Calls avoid only one that is down."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "not known yet"
    NOT_PROBED = "not probed"


@dataclass(frozen=True, slots=True)
class TargetState:
    """How one target of a trunk is."""

    uri: str
    priority: int
    weight: int
    health: Health


@dataclass(frozen=True, slots=True)
class TrunkState:
    """How a trunk is, and since when, in Unix seconds. `registered` is None for one that does not register.

    `targets` are those to which its name leads, each with its priority, its weight and how it is; none for an address.
    `dns` says what is wrong with the answers of the DNS, and `dns_since` since when.
    """

    health: Health
    since: int
    registered: bool | None = None
    registered_since: int = 0
    targets: tuple[TargetState, ...] = ()
    dns: str = ""
    dns_since: int = 0


States = Mapping[Key, TrunkState]


def write(path: Path, states: States) -> None:
    """Put the states of all trunks into the file; raises OSError."""
    rows = [[*key, asdict(state)] for key, state in sorted(states.items())]
    whole.write(path, json.dumps(rows))


def read(path: Path) -> dict[Key, TrunkState]:
    """The states of all trunks; none when nobody has written them."""
    try:
        rows = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return {(domain, name): _state(state) for domain, name, state in rows}


def _state(told: dict[str, Any]) -> TrunkState:
    targets = tuple(TargetState(**{**one, "health": Health(one["health"])}) for one in told["targets"])
    return TrunkState(**{**told, "health": Health(told["health"]), "targets": targets})


def down(states: States, domain: str) -> frozenset[str]:
    """The names of a domain's trunks that are down, and the targets that are, as URIs."""
    own = {name: state for (home, name), state in states.items() if home == domain}
    targets = (target for state in own.values() for target in state.targets)
    return frozenset(
        (
            *(name for name, state in own.items() if state.health is Health.DOWN),
            *(target.uri for target in targets if target.health is Health.DOWN),
        )
    )
