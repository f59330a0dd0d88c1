"""Everybody's calls at all nodes, and who is told: siblings of ours; our workers and the daemon `states` of theirs."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from carillon.presence.grouplamps import GROUP
from carillon.presence.picture import Line
from carillon.routing.elsewhere import TABLE
from carillon.siblings.calls import Person, known, noted
from carillon.states.naming import naming
from carillon.states.news import Mouth, News, all_calls_again, calls_in_parts
from carillon.stores.directory import DirectoryReader
from carillon.stores.talking import Talking
from carillon.supervision.rpc import Asker, NotThere, Question, RpcFailed

AGAIN_S: Final = 10.0
"""The daemon `states` is told everything so often: what was lost, or told to one that died, is made good."""
LOOKS_A_ROUND: Final = 20
"""How many persons' ringing phones are looked at again in a round: another phone may have begun to ring."""
NOBODY: Final = Person()
PATIENCE_S: Final = 0.2
"""Kamailio answers within a fraction of a millisecond, and siblings wait for our beat meanwhile."""
UNSURE: Final = "?"
"""In the place of a note of which Kamailio has not said that it has it."""


class CallBook:
    """`own` are the calls of this node, by address of record; `tell` has the siblings hear of somebody's.

    Workers find in the folder `place` who has calls here.

    What comes at once is done at once: each question to Kamailio and each datagram costs more than what is in it.
    """

    def __init__(self, rpc: Path, directory: Path, states: Path, place: Path, tell: Callable[[str], None]) -> None:
        self._kamailio, self._mouth, self._tell = Asker(rpc, "siblings", PATIENCE_S), Mouth(states), tell
        self._talking = Talking(place)
        self._naming = naming(DirectoryReader(directory), self._kamailio)
        self.own: dict[str, Person] = {}
        self._lines: dict[str, tuple[Line, ...]] = {}
        self._heard: dict[str, dict[str, Person]] = {}
        self._up: frozenset[str] = frozenset()
        self._looked_at: dict[str, float] = {}
        self._news: dict[str, None] = {}
        self._unwritten: dict[str, None] = {}
        self._written: dict[str, str] = {}
        self._untold: dict[str, dict[str, None]] = {}
        self._unsent: list[bytes] = []
        self._woken = asyncio.Event()
        self._again_at = 0.0
        self._said = ""

    async def run(self) -> None:
        """Look up what is new here, write what the workers are to know, then tell `states`; for ever.

        Who sees a call on a lamp may take it at once: the workers know of it before.
        """
        self._forget_all()
        while True:
            await self._woken.wait()
            self._woken.clear()
            self.work()

    def work(self) -> None:
        """All that is new."""
        self._look_up(self._taken(self._news))
        self._write(self._taken(self._unwritten))
        if not self._mouth.tells([*self._changes(), *self._taken_unsent()]):
            self._again_at = 0.0

    def close(self) -> None:
        """Ask nobody any more, when `run` has ended."""
        self._kamailio.close()
        self._mouth.close()
        self._talking.close()

    # --- our own

    def here(self, news: News) -> None:
        """What the calls daemon says of calls of this node."""
        told = dict(news.calls or {}) | dict.fromkeys(news.ended(self._lines), ())
        for aor, lines in told.items():
            if self._lines.get(aor, ()) != lines:
                self._lines[aor] = lines
                self._news[aor] = None
        self._woken.set()

    def _look_up(self, people: Iterable[str]) -> None:
        lines = {aor: self._lines.get(aor, ()) for aor in people}
        notes = self._naming.notes_of(lines.values())
        for aor, some in lines.items():
            self._are(aor, known(some, self._naming, notes))

    def _are(self, aor: str, person: Person) -> None:
        """Somebody's calls here are these."""
        before = self.own.pop(aor, NOBODY)
        if person.lines:
            self.own[aor] = person
        else:
            self._lines.pop(aor, None)
        if bool(person.lines) != bool(before.lines):
            self._mark(aor, bool(person.lines))
        if person != before:
            self._tell(aor)

    def _mark(self, aor: str, talks: bool) -> None:
        """The workers know of it before siblings do."""
        if not aor.startswith(GROUP):
            try:
                (self._talking.begins if talks else self._talking.ends)(aor)
            except OSError as error:
                self._complain(f"calls of {aor}: {error.strerror}")

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
        self._untold.setdefault(node, {}).update(dict.fromkeys(people))
        self._changed(people)

    def round(self, up: frozenset[str], silent: Iterable[str]) -> None:
        """A second has gone by. Of siblings that are `silent` nothing is known any more."""
        for node in silent:
            if self._heard.get(node):
                self.heard_all(node, {})
        if up != self._up:
            changed, self._up = up ^ self._up, up
            self._changed(aor for node in changed for aor in self._heard.get(node, ()))
        self._changed(aor for aor, note in self._written.items() if note == UNSURE)
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

    def _write(self, people: Iterable[str]) -> None:
        made = {aor: self._note(aor) for aor in people}
        news = {aor: note for aor, note in made.items() if note != self._written.get(aor, "")}
        results = self._kamailio.each([_written(aor, note) for aor, note in news.items()])
        for (aor, note), result in zip(news.items(), results, strict=True):
            self._written[aor] = note
            if isinstance(result, RpcFailed) and (note or not isinstance(result, NotThere)):
                self._written[aor] = UNSURE  # the next round tries again
                self._complain(f"calls of {aor}: {result}")
            elif not note:
                del self._written[aor]

    def _note(self, aor: str) -> str:
        away = {node: self._heard[node][aor] for node in self._up if aor in self._heard.get(node, {})}
        return str(noted(away) or "")

    def _complain(self, words: str) -> None:
        if words != self._said:
            print(f"siblings: {words}", file=sys.stderr, flush=True)
        self._said = words

    def _forget_all(self) -> None:
        """What a daemon before this one has written may not be so any more."""
        with suppress(RpcFailed):  # there is no Kamailio: the next one knows nothing
            self._kamailio("htable.flush", TABLE)

    def _changes(self) -> list[bytes]:
        """What `states` is to know of siblings' calls that are others now."""
        untold, self._untold = self._untold, {}
        there = {node: {aor: self._heard[node].get(aor, NOBODY).lines for aor in aors} for node, aors in untold.items()}
        return [each for node, people in there.items() for each in calls_in_parts(people, node=node)]

    def _taken_unsent(self) -> list[bytes]:
        unsent, self._unsent = self._unsent, []
        return unsent

    def _taken(self, waiting: dict[str, None]) -> list[str]:
        taken = list(waiting)
        waiting.clear()
        return taken

    def _send(self, datagrams: Iterable[bytes]) -> None:
        self._unsent += datagrams
        self._woken.set()


def _written(aor: str, note: str) -> Question:
    return ("htable.sets", TABLE, aor, note) if note else ("htable.delete", TABLE, aor)
