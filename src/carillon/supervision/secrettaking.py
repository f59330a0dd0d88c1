"""A node takes the secret that others have got: at its start, and while it runs (docs/adr/0063)."""

from __future__ import annotations

import sys
import time
from queue import Empty, Queue
from threading import Thread
from typing import Final

from carillon.provisioning.system import load_nodes, other_mains
from carillon.satellites import secretgiving
from carillon.siblings import states as siblingstates
from carillon.siblings.asking import ask_all
from carillon.stores.secretfiles import place, ring_of
from carillon.stores.secretring import FIRST, Ring, version_in
from carillon.system.paths import SystemPaths

LOOK_S: Final = 1.0
AT_START_S: Final = 3.0
"""So long a node that starts waits for others to tell it."""


def catch_up(paths: SystemPaths, patience_s: float = AT_START_S) -> None:
    """Before this node starts: have the newest that others give; without any, what there is."""
    if not load_nodes(paths)[1]:
        return
    told: Queue[Ring | None] = Queue()
    Thread(target=lambda: told.put(_newest(paths)), daemon=True).start()
    try:
        _take(paths, told.get(timeout=patience_s))
    except Empty:
        print("secret: no other node says in time which one it has", file=sys.stderr, flush=True)


def look(paths: SystemPaths) -> bool:
    """Take the one that a sibling has, when that is a newer one; whether there was one. Raises OSError."""
    return bool(ahead(paths)) and _take(paths, _newest(paths))


def ahead(paths: SystemPaths) -> list[str]:
    """The mains that have a newer one than this node."""
    own, told = ring_of(paths).version, siblingstates.read(paths.sibling_states)
    newer = [one.name for one in told if (version_in(one.secret) or FIRST) > own]
    mains = {one.name for one in other_mains(paths)} if newer else set()
    return [name for name in newer if name in mains]


def _newest(paths: SystemPaths) -> Ring | None:
    if paths.satellite.exists():
        return secretgiving.newest(paths)
    mains = other_mains(paths)
    found = list[Ring]()
    for answer in ask_all(paths.cluster, mains, "secret").answers.values():
        try:
            found.append(Ring.heard(answer, time.time()))
        except ValueError:
            continue
    return max(found, key=lambda one: one.version, default=None)


def _take(paths: SystemPaths, ring: Ring | None) -> bool:
    if ring is None or ring.version <= ring_of(paths).version:
        return False
    place(paths, ring)
    print(f"secret: taken that of change {ring.version[0]}, step {ring.version[1]}", file=sys.stderr, flush=True)
    return True
