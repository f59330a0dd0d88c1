"""What the daemon writes into the shared memory of Kamailio's workers: how each sibling is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from carillon.routing.elsewhere import MOVING
from carillon.supervision.rpc import Asker, NotThere, RpcFailed, call

TABLE: Final = "siblings"
TOLD: Final = "."
"""A key that is there while Kamailio has not been restarted since it was last told."""


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


@dataclass(frozen=True, slots=True)
class Looked:
    """What a round has found: whether Kamailio `answers`, knew nothing of siblings, and has phones go elsewhere."""

    answers: bool
    was_restarted: bool = False
    moving: bool = False


def look_and_tell(kamailio: Asker, up: Mapping[str, bool | None]) -> Looked:
    """Say how siblings are; of one of whom nobody knows yet, nothing.

    What is asked is answered before anything is written: else a restart might be overlooked.
    """
    told, moving = kamailio.each([("htable.get", TABLE, key) for key in (TOLD, MOVING)])
    if any(isinstance(one, RpcFailed) and not isinstance(one, NotThere) for one in (told, moving)):
        return Looked(answers=False)
    states = [(name, "up" if is_up else "down") for name, is_up in up.items() if is_up is not None]
    done = kamailio.each([("htable.sets", TABLE, *each) for each in (*states, (TOLD, "yes"))])
    answers = not any(isinstance(one, RpcFailed) for one in done)
    return Looked(answers, isinstance(told, NotThere), not isinstance(moving, NotThere))
