"""What the daemon writes into the shared memory of Kamailio's workers: how each sibling is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from carillon.routing.elsewhere import MOVING
from carillon.supervision.rpc import NotThere, call

TABLE: Final = "siblings"
TOLD: Final = "."
"""A key that is there while Kamailio has not been restarted since it was last told."""


def was_restarted(rpc: Path) -> bool:
    """Whether Kamailio knows nothing of siblings; raises RpcFailed when it does not answer."""
    try:
        call(rpc, "htable.get", TABLE, TOLD)
    except NotThere:
        return True
    return False


def tell_moving(rpc: Path, *, moving: bool) -> None:
    """Say whether phones are to go to another node, for the next seconds. Raises RpcFailed."""
    if moving:
        call(rpc, "htable.sets", TABLE, MOVING, "yes")
        return
    with suppress(NotThere):
        call(rpc, "htable.delete", TABLE, MOVING)


def is_moving(rpc: Path) -> bool:
    """Whether that was said a moment ago. Raises RpcFailed."""
    try:
        call(rpc, "htable.get", TABLE, MOVING)
    except NotThere:
        return False
    return True


def tell_states(rpc: Path, up: Mapping[str, bool | None]) -> None:
    """Say how siblings are; of one of whom nobody knows yet, nothing. Raises RpcFailed."""
    for name, is_up in up.items():
        if is_up is not None:
            call(rpc, "htable.sets", TABLE, name, "up" if is_up else "down")
    call(rpc, "htable.sets", TABLE, TOLD, "yes")
