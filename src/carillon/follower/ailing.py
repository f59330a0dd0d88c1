"""Which components of this node are not well: written by the follower, told to siblings who ask for `node list`."""

from __future__ import annotations

import json

from carillon.supervision.status import OPTIONAL
from carillon.supervision.supervisor import states
from carillon.system import whole
from carillon.system.paths import SystemPaths
from carillon.watchdog.notes import NOTES, read_notes


def ailing(paths: SystemPaths) -> list[str]:
    """Those that don't run, and those that hang; `status` there says more."""
    known = states(paths.supervisor_socket) or {}
    stopped = {name for name, one in known.items() if one.pid is None and _is_wanted(paths, name)}
    hung = {name for name, note in read_notes(paths.run_watchdog / NOTES).items() if not note.back}
    return sorted(stopped | hung)


def _is_wanted(paths: SystemPaths, name: str) -> bool:
    return name not in OPTIONAL or OPTIONAL[name](paths)


def write(paths: SystemPaths) -> None:
    """Tell, by rename; raises OSError."""
    whole.write(paths.ailing, json.dumps(ailing(paths)), mode=0o644)
