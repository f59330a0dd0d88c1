"""What satellites hand over, on a main: done one by one, in the order in which it was made."""

from __future__ import annotations

import time
from typing import Any, Final

from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning.system import open_truth, put_in_force
from carillon.satellites.settling import Offered, OutOfOrder, Settled, settle
from carillon.system.paths import SystemPaths

PATH: Final = "/kept"
LIMIT: Final = 1 << 16
MOST: Final = 20
"""Changes at once: a link that breaks in the midst costs little."""
OUT_OF_ORDER: Final = "out of order"


def received(paths: SystemPaths, satellite: Node, said: dict[str, Any]) -> dict[str, Any]:
    """What became of each; `stopped` says why it is not all of them, "" when it is. Nothing refused is raised.

    Raises TypeError, ValueError or KeyError for what isn't understood: then nothing of it was done.
    """
    came = time.time()
    offered = [Offered.read(one) for one in said["changes"]]
    previous, outcomes, stopped = str(said["previous"]), list[dict[str, Any]](), ""
    if len(offered) > MOST:
        raise ValueError(f"more than {MOST} at once")
    try:
        truth = open_truth(paths)
        for one in offered:
            outcomes.append(_told(settle(truth, satellite, one, previous, came)))
            previous = one.id
        put_in_force(paths)
    except OutOfOrder:
        stopped = OUT_OF_ORDER
    except Refused as away:
        stopped = away.sentence
    return {"outcomes": outcomes, "stopped": stopped}


def _told(settled: Settled) -> dict[str, Any]:
    handed = settled.handed
    told = {"id": handed.id, "outcome": handed.outcome, "why": handed.why, "sequence": handed.sequence}
    return {**told, "result": settled.result}
