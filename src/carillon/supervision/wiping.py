"""What a node that has left removes from its machine: the secrets of the system, its database, what it knew last."""

from __future__ import annotations

import shutil
from pathlib import Path

from carillon.model.refused import Refused
from carillon.provisioning import nodes
from carillon.provisioning.system import follow_truth
from carillon.stores.sql.engine import DatabaseAway
from carillon.supervision.prepare import require_root
from carillon.supervision.supervisor import states
from carillon.system.paths import SystemPaths


def require_left(paths: SystemPaths) -> bool:
    """Raise `Refused` unless this machine was a node of several and is stopped; whether it surely has left.

    False when no database answers that could say it.
    """
    require_root()
    if not (paths.database.exists() and paths.node.exists()):
        raise Refused("dir", f"there is no node of several in {paths.directory}.")
    if states(paths.supervisor_socket) is not None:
        raise Refused("dir", "the system is up here; `carillon down` first.")
    own = paths.node.read_text().strip()
    try:
        there = {one.name for one in nodes.all_nodes(follow_truth(paths))}
    except DatabaseAway:
        return False
    if own in there:
        raise Refused("node", f"{own} has not left; first run `carillon node leave {own}` on another node.")
    return True


def lasting(paths: SystemPaths) -> tuple[Path, ...]:
    """What only this machine has: voice messages and recordings, where there are any."""
    return tuple(place for place in (paths.voicemail, paths.recordings) if any(place.rglob("*.wav")))


def wipe(paths: SystemPaths, *, everything: bool) -> tuple[Path, ...]:
    """Remove it all, but what is `lasting` only with `everything`; what was removed. Raises `OSError`."""
    kept = () if everything else lasting(paths)
    home = paths.own_database.parent
    inside = tuple(place for place in sorted(home.iterdir()) if place not in kept) if home.is_dir() else ()
    gone = tuple(place for place in (paths.run, paths.state, *inside, paths.directory) if place.exists())
    for place in gone:
        shutil.rmtree(place)
    if home.is_dir() and not kept:
        home.rmdir()
    return gone
