"""What phones publish of their people at all nodes: ours is told to siblings, theirs to the daemon `states` here.

Times go as ages and as what is left, so that clocks need not agree.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from carillon.model.presence import PresenceState
from carillon.presence.compositor import Publication
from carillon.states.news import Mouth, published_in_parts
from carillon.stores.ports import StoreDown
from carillon.stores.published import Published

AGAIN_S: Final = 10.0
"""The daemon `states` is told everything so often: what was lost, or told to one that died, is made good."""
MOST: Final = 10
"""Of one person, at one node."""

Row = dict[str, Any]
Publications = tuple[Publication, ...]


def row(aor: str, publications: Publications, now: float) -> Row:
    """How a person's publications are told; without any he has none there."""
    said = [[one.tag, str(one.state), one.note, now - one.since, one.until - now] for one in publications]
    return {"person": aor, "said": said}


def read(told: Row, now: float) -> tuple[str, Publications]:
    """Of whom a row of a sibling is, and what it says; raises KeyError, TypeError or ValueError on anything else."""
    found = tuple(
        Publication(str(tag), PresenceState(state), None if note is None else str(note), now - age, now + left)
        for tag, state, note, age, left in told["said"][:MOST]
    )
    return str(told["person"]), found


class PublicationBook:
    """`own` is what phones publish at this node, by person; `tell` has the siblings hear of somebody's."""

    def __init__(self, store: Path, states: Path, tell: Callable[[str], None]) -> None:
        self._store, self._mouth, self._tell = Published(store), Mouth(states), tell
        self.own: dict[str, Publications] = {}
        self._heard: dict[str, dict[str, Publications]] = {}
        self._again_at, self._problem = 0.0, ""
        self._version, self._ends = -1, 0.0

    def round(self) -> None:
        """A second has gone by: look what is published here, and tell again what siblings have said."""
        self._look()
        now = time.time()
        for node, theirs in self._heard.items():
            ended = {aor: tuple(one for one in said if one.until > now) for aor, said in theirs.items()}
            self._put(node, {aor: said for aor, said in ended.items() if said != theirs[aor]})
        if time.monotonic() >= self._again_at:
            self._again_at = time.monotonic() + AGAIN_S
            for node, theirs in self._heard.items():
                self._send(node, theirs)

    def _look(self) -> None:
        try:
            version = self._store.version()
            if version == self._version and time.time() < self._ends:  # all are not read each second
                return
            there = self._store.all(time.time())
            self._problem = ""
        except StoreDown as down:
            if str(down) != self._problem:  # once, not each second
                print(f"siblings: {down}", file=sys.stderr, flush=True)
            self._problem, self._version = str(down), -1
            return
        self._version = version
        self._ends = min((one.until for said in there.values() for one in said), default=math.inf)
        before = dict(self.own)
        self.own.clear()
        self.own.update(there)
        for aor in before.keys() | there.keys():
            if before.get(aor) != there.get(aor):
                self._tell(aor)

    def heard(self, node: str, aor: str, said: Publications) -> None:
        """A sibling has told what is published of somebody there."""
        self._put(node, {aor: said})

    def heard_all(self, node: str, people: Mapping[str, Publications]) -> None:
        """A sibling has told all that is published there."""
        gone = self._heard.get(node, {}).keys() - people.keys()
        self._put(node, {**dict.fromkeys(gone, ()), **people})

    def _put(self, node: str, people: Mapping[str, Publications]) -> None:
        if not people:
            return
        theirs = {**self._heard.get(node, {}), **people}
        self._heard[node] = {aor: said for aor, said in theirs.items() if said}
        self._send(node, people)

    def _send(self, node: str, people: Mapping[str, Publications]) -> None:
        if not self._mouth.tells(published_in_parts(people, node)):
            self._again_at = 0.0
