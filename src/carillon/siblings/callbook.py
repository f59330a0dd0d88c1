"""Everybody's calls at all nodes, and who is told: siblings of ours; our workers and the daemon `states` of theirs."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from carillon.presence.picture import Line
from carillon.routing.elsewhere import TABLE
from carillon.siblings.calls import Person, known, noted
from carillon.states.naming import naming
from carillon.states.news import Mouth, News, all_calls_again, calls_in_parts
from carillon.stores.directory import DirectoryReader
from carillon.supervision.rpc import Asker, NotThere, RpcFailed

AGAIN_S: Final = 10.0
"""The daemon `states` is told everything so often: what was lost, or told to one that died, is made good."""
LOOKS_A_ROUND: Final = 20
"""How many persons' ringing phones are looked at again in a round: another phone may have begun to ring."""
NOBODY: Final = Person()
PATIENCE_S: Final = 0.2
"""Kamailio answers within a fraction of a millisecond, and siblings wait for our beat meanwhile."""


class CallBook:
    """`own` are the calls of this node, by address of record; `tell` has the siblings hear of somebody's."""

    def __init__(self, rpc: Path, directory: Path, states: Path, tell: Callable[[str], None]) -> None:
        self._kamailio, self._mouth, self._tell = Asker(rpc, "siblings", PATIENCE_S), Mouth(states), tell
        self._naming = naming(DirectoryReader(directory), self._kamailio)
        self.own: dict[str, Person] = {}
        self._lines: dict[str, tuple[Line, ...]] = {}
        self._heard: dict[str, dict[str, Person]] = {}
        self._up: frozenset[str] = frozenset()
        self._looked_at: dict[str, float] = {}
        self._news: dict[str, None] = {}
        self._unwritten: dict[str, None] = {}
        self._written: dict[str, str] = {}
        self._unsent: list[bytes] = []
        self._woken = asyncio.Event()
        self._again_at = 0.0

    async def run(self) -> None:
        """Look up what is new here, write what the workers are to know, then tell `states`; for ever, one by one.

        Who sees a call on a lamp may take it at once: the workers know of it before.
        """
        self._forget_all()
        while True:
            await self._woken.wait()
            self._woken.clear()
            for aor in self._taken(self._news):
                self._look_up(aor)
            unsent, self._unsent = self._unsent, []
            for aor in self._taken(self._unwritten):
                self._write(aor)
            if not self._mouth.tells(unsent):
                self._again_at = 0.0

    def close(self) -> None:
        """Ask nobody any more, when `run` has ended."""
        self._kamailio.close()

    # --- our own

    def here(self, news: News) -> None:
        """What the calls daemon says of calls of this node."""
        told = dict(news.calls or {}) | dict.fromkeys(news.ended(self._lines), ())
        for aor, lines in told.items():
            if self._lines.get(aor, ()) != lines:
                self._lines[aor] = lines
                self._news[aor] = None
        self._woken.set()

    def _look_up(self, aor: str) -> None:
        lines = self._lines.get(aor, ())
        if not lines:
            self._lines.pop(aor, None)
        person = known(lines, self._naming) if lines else NOBODY
        before = self.own.pop(aor, NOBODY)
        if lines:
            self.own[aor] = person
        if person != before:
            self._unwritten[aor] = None
            self._tell(aor)

    # --- what siblings say

    def heard(self, node: str, aor: str, person: Person) -> None:
        """A sibling has told of somebody's calls there."""
        self._put(node, {aor: person})

    def heard_all(self, node: str, people: dict[str, Person]) -> None:
        """A sibling has told of everybody who has calls there."""
        gone = self._heard.get(node, {}).keys() - people.keys()
        self._put(node, {**dict.fromkeys(gone, NOBODY), **people})

    @property
    def talking(self) -> set[str]:
        """Who has a call, at any node."""
        return {*self.own, *(aor for theirs in self._heard.values() for aor in theirs)}

    def _put(self, node: str, people: dict[str, Person]) -> None:
        theirs = self._heard.setdefault(node, {})
        for aor, person in people.items():
            theirs[aor] = person
            if not person.lines:
                del theirs[aor]
        self._changed(people)
        self._send(calls_in_parts({aor: person.lines for aor, person in people.items()}, node=node))

    def round(self, up: frozenset[str], silent: Iterable[str]) -> None:
        """A second has gone by. Of siblings that are `silent` nothing is known any more."""
        for node in silent:
            if self._heard.get(node):
                self.heard_all(node, {})
        if up != self._up:
            changed, self._up = up ^ self._up, up
            self._changed(aor for node in changed for aor in self._heard.get(node, ()))
        rung = sorted((aor for aor, one in self.own.items() if one.is_rung), key=lambda a: self._looked_at.get(a, 0.0))
        self._looked_at = {aor: self._looked_at.get(aor, 0.0) for aor in rung}
        for aor in rung[:LOOKS_A_ROUND]:
            self._looked_at[aor] = time.monotonic()
            self._news[aor] = None
        self._woken.set()
        if time.monotonic() >= self._again_at:
            self._again_at = time.monotonic() + AGAIN_S
            for node, theirs in self._heard.items():
                self._send(all_calls_again({aor: one.lines for aor, one in theirs.items()}, node=node))

    # --- who is told

    def write_anew(self) -> None:
        """Kamailio was started anew, and knows nothing."""
        self._written.clear()
        self._changed(self.talking)

    def _changed(self, people: Iterable[str]) -> None:
        self._unwritten.update(dict.fromkeys(people))
        self._woken.set()

    def _write(self, aor: str) -> None:
        away = {node: self._heard[node][aor] for node in self._up if aor in self._heard.get(node, {})}
        note = str(noted(aor in self.own, away) or "")
        if note == self._written.get(aor, ""):
            return
        try:
            if note:
                self._kamailio("htable.sets", TABLE, aor, note)
                self._written[aor] = note
            else:
                with suppress(NotThere):
                    self._kamailio("htable.delete", TABLE, aor)
                self._written.pop(aor, None)
        except RpcFailed as failed:
            self._written.pop(aor, None)
            print(f"siblings: calls of {aor}: {failed}", file=sys.stderr, flush=True)

    def _forget_all(self) -> None:
        """What a daemon before this one has written may not be so any more."""
        try:
            self._kamailio("htable.flush", TABLE)
        except RpcFailed:
            return  # there is no Kamailio: the next one knows nothing

    def _taken(self, waiting: dict[str, None]) -> list[str]:
        taken = list(waiting)
        waiting.clear()
        return taken

    def _send(self, datagrams: Iterable[bytes]) -> None:
        self._unsent += datagrams
        self._woken.set()
