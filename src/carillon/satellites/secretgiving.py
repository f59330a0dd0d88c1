"""How a satellite gets the system's secrets when they were renewed: it asks a main. Both ends of that."""

from __future__ import annotations

import json
import time
from http.client import HTTPException
from typing import Any, Final

from carillon.provisioning.system import other_mains
from carillon.satellites.asking import answered, opened
from carillon.stores.secretfiles import ring_of
from carillon.stores.secretring import Ring
from carillon.stores.sql.feed import Position
from carillon.system.paths import SystemPaths

PATH: Final = "/secret"


def given(paths: SystemPaths, followed: Position | None) -> dict[str, Any]:
    """On a main: what a satellite of this system gets.

    Nothing while this main may not know yet who had been removed before: it has `followed` less than the renewal.
    """
    ring = ring_of(paths)
    if ring.version[0] > (followed.sequence if followed else 0):
        return {"refused": ["secret", "this main has not followed so far yet."]}
    return ring.told(time.time())


def newest(paths: SystemPaths) -> Ring | None:
    """On a satellite: the newest that a main gives it; None when none gives any, which is tried again soon."""
    found: Ring | None = None
    for main in other_mains(paths):
        try:
            status, said = answered(opened(main, paths.cluster), PATH, json.dumps({}))
            ring = Ring.heard(said, time.time()) if status == 200 and "refused" not in said else None
        except (OSError, HTTPException, ValueError):
            continue
        if ring and (found is None or ring.version > found.version):
            found = ring
    return found
