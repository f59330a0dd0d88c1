"""The drill of a drained node: what one node does for all must move to another one, within seconds."""

from __future__ import annotations

import time

from sqlalchemy import Engine

from carillon.follower.holding import NAME as ONCE
from carillon.model.refused import Refused
from carillon.provisioning import nodes
from carillon.stores.sql.leases import holders

PATIENCE_S = 30.0
STEP_S = 0.2


def require_another(truth: Engine, name: str) -> None:
    """Raise `Refused` unless this node is up and another one could take over."""
    rows = {view.node.name: view.words for view in nodes.listing(truth)}
    if name not in rows:
        raise Refused("name", f"there is no node {name}; `carillon node list` shows those that there are.")
    if rows[name] != "up":
        raise Refused("name", f"{name} is {rows[name]}; this drill drains a node that is up.")
    if "up" not in {words for other, words in rows.items() if other != name}:
        raise Refused("name", "no other node is up that could take over.")


def drill(truth: Engine, who: str, name: str) -> dict[str, object]:
    """Drain, await, undo: whether the node led, who leads then, after how many seconds (None: nobody in time).

    Raises `Refused`, `DatabaseAway`; the node is never left drained by a drill that failed.
    """
    led, began = leader(truth) == name, time.monotonic()
    nodes.set_drained(truth, who, name, True)
    try:
        taken_by, taken = _await_another(truth, name, began)
    finally:
        sequence = nodes.set_drained(truth, who, name, False)
    return {
        "drill": f"{name} drained",
        "led": led,
        "leads_then": taken_by,
        "taken_after_s": taken if led else None,
        "sequence": sequence,
    }


def leader(truth: Engine) -> str:
    """The node that does what one does for all; empty when nobody does now. Raises `Refused`, `DatabaseAway`."""
    return holders(truth).get(ONCE, "")


def _await_another(truth: Engine, name: str, began: float) -> tuple[str | None, float | None]:
    while (now := time.monotonic() - began) < PATIENCE_S:
        if (found := leader(truth)) not in ("", name):
            return found, round(now, 1)
        time.sleep(STEP_S)
    return None, None
