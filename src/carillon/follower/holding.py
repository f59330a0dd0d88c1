"""Work that happens once in a system: this node does it while it holds the lease, and never a moment longer.

No clock of a day and no clock of the database is believed. Who wants the lease watches its beat on a clock of his own
(monotonic seconds) and takes it when that stood still for `LEASE_S`; who holds it believes so for `OURS_S`, which is
less, counted from *before* he asked for the renewal.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from carillon.stores.sql.leases import NOBODY, Held, held, swap
from carillon.system import whole

NAME = "once"
RENEW_S = 1.0
OURS_S = 6.0
LEASE_S = 8.0
"""The difference is what a holder may be late in noticing: daemons look twice a second."""


class Holding:
    """What this node knows of the lease. `clock` is monotonic seconds; `wants` is False for a node that is drained."""

    def __init__(self, truth: Callable[[], Engine], node: str, file: Path, clock: Callable[[], float]) -> None:
        self._truth, self._node, self._file, self._clock = truth, node, file, clock
        self._seen: Held | None = None
        self._since = 0.0
        self._mine: Held | None = None
        self._stopped: float | None = None
        self._told = 0.0
        self.until = 0.0
        self.wants = True

    @property
    def holds(self) -> bool:
        """Whether this node may do now what happens once."""
        return self._clock() < self.until

    def look(self) -> None:
        """Renew, take, wait or give back. Raises `Refused` when the database is away: then what we hold runs out."""
        asked = self._clock()
        truth = self._truth()
        found = held(truth, NAME)
        if found != self._seen:
            self._seen, self._since = found, asked
        if not self.wants:
            self._gives(truth, found, asked)
        elif found == self._mine or found.holder == NOBODY or asked - self._since >= LEASE_S:
            self._takes(truth, found, asked)
        self._tell()

    def _takes(self, truth: Engine, found: Held, asked: float) -> None:
        """By whatever is nobody's, or was nobody's for long; an earlier life of ours counts as somebody else's."""
        self._mine = swap(truth, NAME, found, self._node)
        self._stopped = None
        if self._mine is None:
            self.until = 0.0
        else:
            self._seen, self._since, self.until = self._mine, asked, asked + OURS_S

    def _gives(self, truth: Engine, found: Held, asked: float) -> None:
        """Stop first; let others have it when every daemon of this node has heard of that."""
        self.until = 0.0
        if found != self._mine:
            return
        if self._stopped is None:
            self._stopped = asked
        elif asked - self._stopped >= LEASE_S - OURS_S:
            swap(truth, NAME, found, NOBODY)

    def _tell(self) -> None:
        if self.until == self._told:
            return
        whole.write(self._file, json.dumps({"until": self.until, "given": not self.wants}), mode=0o644)
        self._told = self.until
