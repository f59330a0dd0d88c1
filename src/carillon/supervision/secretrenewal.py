"""A new `secret.key` for the whole system: made on one main, taken by all others, in steps that no call notices.

First every node accepts the new one and the current one, then all is sealed by the new one, then, a day later or at
once, the former one is forgotten (docs/adr/0063).
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Final

from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning import nodes
from carillon.provisioning.system import load_nodes, open_truth, put_in_force
from carillon.siblings import states as siblingstates
from carillon.siblings.secretwords import lacking
from carillon.stores.secretfiles import BYTES, place, ring_of
from carillon.stores.secretring import FIRST, Ring, version_in
from carillon.supervision.prepare import require_root
from carillon.supervision.secrettaking import ahead
from carillon.supervision.supervisor import states
from carillon.supervision.waiting import comes_true
from carillon.system.paths import SystemPaths

PATIENCE_S: Final = 60.0
"""So long those that are up may take: a look of theirs, and a slow link."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """The new one, who seals by it, and who gets it when he is back."""

    ring: Ring
    sequence: int
    have: tuple[str, ...]
    later: tuple[str, ...]


def renew(paths: SystemPaths, who: str, *, at_once: bool = False) -> Renewed:
    """Give the system a new secret; `at_once` forgets the former ones as soon as all that are up seal by it.

    Raises `Refused`: then all goes on as before, or the new one is in use and a former one accepted still.
    """
    require_root()
    own, siblings = load_nodes(paths)
    _require_ready(paths, siblings)
    sequence = nodes.note_new_secret(open_truth(paths), who, own)
    put_in_force(paths)
    ring = ring_of(paths).offered(sequence, secrets.token_bytes(BYTES), time.time())
    _place(paths, ring)
    _await(paths, siblings, ring, "nothing is sealed by it yet, and all goes on as before")
    _require_last(paths, ring)
    ring = ring.sealing(time.time())
    _place(paths, ring)
    _await(paths, siblings, ring, "the former one is accepted still")
    if at_once:
        _require_last(paths, ring)
        ring = ring.alone()
        _place(paths, ring)
        _await(paths, siblings, ring, "it may accept the former one for a day")
    told = {one.name: version_in(one.secret) or FIRST for one in siblingstates.read(paths.sibling_states)}
    later = tuple(one.name for one in siblings if told.get(one.name, FIRST) < ring.version)
    have = tuple(sorted({own.name, *(one.name for one in siblings)} - {*later}))
    return Renewed(ring, sequence, have, later)


def _require_ready(paths: SystemPaths, siblings: tuple[Node, ...]) -> None:
    if not siblings:
        return
    if states(paths.supervisor_socket) is None:
        raise Refused("dir", "the system must be up, since the other nodes are told by it; `carillon up` starts it.")
    known = siblingstates.read(paths.sibling_states)
    if {one.name for one in siblings} - {one.name for one in known}:
        raise Refused("siblings", "has just begun to hear of the other nodes; try again in some seconds.")
    if older := [one.name for one in known if one.up and version_in(one.secret) is None]:
        raise Refused(
            "version", f"{', '.join(older)}: is of an older version, which takes none; install this one first."
        )
    if newer := ahead(paths):
        raise Refused("secret", f"this node has not taken that of {', '.join(newer)} yet; try again in some seconds.")


def _await(paths: SystemPaths, siblings: tuple[Node, ...], ring: Ring, meanwhile: str) -> None:
    """Until all that are up have it. Raises `Refused`."""
    if siblings and not comes_true(lambda: not _lacking(paths, siblings, ring), PATIENCE_S):
        raise Refused(
            "secret",
            f"{', '.join(_lacking(paths, siblings, ring))}: is up, and has not taken the new one: {meanwhile}."
            " See `carillon log follower` there, then renew again.",
        )


def _lacking(paths: SystemPaths, siblings: tuple[Node, ...], ring: Ring) -> list[str]:
    names = {one.name for one in siblings}
    told = [one for one in siblingstates.read(paths.sibling_states) if one.name in names]
    return lacking(told, ring.version, time.time())


def _place(paths: SystemPaths, ring: Ring) -> None:
    try:
        place(paths, ring)
    except OSError as error:
        raise Refused("dir", f"{paths.directory} can't be written ({error}); mend that and renew again.") from error


def _require_last(paths: SystemPaths, ring: Ring) -> None:
    if ring_of(paths).version != ring.version:
        raise Refused("secret", "somebody else renews it, too, and goes on with that.")
