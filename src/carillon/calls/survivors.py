"""Calls without Asterisk that go on when Kamailio has died, which forgets them: remembered until their BYE has passed.

The workers note each BYE in Redis, which outlives Kamailio. So none comes back whose BYE passed in the last moment
before, or in the first one after. What is remembered stands in a file as well: for lists, and the next calls daemon.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final

from carillon.calls.channels import State
from carillon.calls.spirals import Spiral

LONGEST_S: Final = 43200
"""As for those that Kamailio knows: of a call that has lasted so long nobody heard the end."""

FRESH_S: Final = 30.0
"""What nobody has kept true for so long is no news: calls may have ended meanwhile."""

FILE: Final = "survivors.json"
"""Beside Kamailio's RPC socket."""

Ended = Callable[[Collection[str]], Collection[str]]
"""Of these Call-IDs, those whose BYE has passed."""


class Survivors:
    """`_up` are the calls that were up at the last look, `_kept` those that the engine knows no more."""

    def __init__(self, rpc: Path, ended: Ended, clock: Callable[[], float] = time.time) -> None:
        self._file, self._ended, self._clock = rpc.with_name(FILE), ended, clock
        self._kept = {one.id_text: one for one in read(rpc, clock())}
        self._up: dict[str, Spiral] = {}
        self._engine = ""

    def among(self, listed: list[Spiral], engine: str) -> list[Spiral]:
        """All calls, where the engine lists these; `engine` says since when that one runs."""
        there = {one.id_text: one for one in listed}
        if engine != self._engine:
            self._kept |= {name: one for name, one in self._up.items() if name not in there}
        self._engine = engine
        self._up = {name: one for name, one in there.items() if one.state is State.UP}
        if self._kept or self._file.exists():
            self._sift()
        return sorted([*listed, *self._kept.values()], key=lambda one: (one.began, one.entry, one.id))

    def _sift(self) -> None:
        over = self._ended([one.call_id for one in self._kept.values()]) if self._kept else ()
        oldest = self._clock() - LONGEST_S
        self._kept = {name: one for name, one in self._kept.items() if one.call_id not in over and one.began > oldest}
        with suppress(OSError):
            _write(self._file, self._kept.values())


def read(rpc: Path, now: float) -> list[Spiral]:
    """What the calls daemon remembers; `rpc` is Kamailio's socket."""
    file = rpc.with_name(FILE)
    try:
        if file.stat().st_mtime < now - FRESH_S:
            return []
        return [Spiral(**{**one, "state": State(one["state"])}) for one in json.loads(file.read_text())]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def _write(file: Path, kept: Iterable[Spiral]) -> None:
    """Each time, so that it is fresh; no file for nothing. Raises OSError."""
    rows = [asdict(one) for one in kept]
    if not rows:
        file.unlink(missing_ok=True)
        return
    new = file.with_suffix(".new")
    new.write_text(json.dumps(rows))
    os.replace(new, file)
