"""A listener in the calls daemon: when both are free, who waits for somebody is called back.

It only says when: the claim, which makes that once, is a change of the truth by the services' script, which runs before
anybody's phone rings. First come, first served; one at a time for each person. Of several nodes the one does it that
holds the lease for such work; who has a call at any of them is busy.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from carillon.calls.ami import NoAnswer
from carillon.calls.asterisk import Asterisk
from carillon.calls.away import has_calls_away
from carillon.calls.book import Book
from carillon.calls.events import CallEvent, PersonFree
from carillon.calls.settings import Settings
from carillon.model.callback import LONGEST_CLAIM_S
from carillon.routing.presence import state_of
from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import StoreDown
from carillon.stores.waiting import Waiting, waiting
from carillon.supervision.rpc import NobodyAnswers
from carillon.system.once import may

BEGIN_S: Final = 5.0
"""So long a call-back may take until its claim is seen in the directory."""
RING_MS: Final = 40_000

Wish = Callable[[Waiting, float], bool]


QUIET_S: Final = 15.0
"""Who said that he is busy, and had no call that ends, is left in peace for so long."""


def due(rows: Iterable[Waiting], clock: float, busy: Callable[[str], bool], left_alone: Wish) -> list[Waiting]:
    """Whom to call back now: both free, the first in each queue, nobody in two at once. Pure."""
    found: list[Waiting] = []
    engaged: set[str] = set()
    for row in rows:
        if row.expires_at <= clock:
            continue
        both = {row.caller, row.called}
        if clock < row.claimed_until <= clock + LONGEST_CLAIM_S:
            engaged |= both
        elif not engaged & both and not any(map(busy, both)) and not left_alone(row, clock):
            found.append(row)
            engaged |= both
    return found


class Callbacks:
    """Who was called back a moment ago, `_begun`, is not called again until the directory says how that went.

    `away` says whether somebody has a call at a sibling, and may raise NobodyAnswers; `lease` is as in `system.once`.
    """

    def __init__(
        self, book: Book, asterisk: Asterisk, directory: Path, away: Callable[[str], bool], lease: Path | None
    ) -> None:
        self._book, self._asterisk, self._path, self._away, self._lease = book, asterisk, directory, away, lease
        self._directory = DirectoryReader(directory)
        self._begun: dict[int, float] = {}
        self._freed: dict[str, float] = {}
        self._said = ""

    @classmethod
    def made(cls, settings: Settings, book: Book, asterisk: Asterisk) -> Callbacks:
        """For the daemon."""
        several = settings.siblings is not None
        return cls(
            *(book, asterisk, settings.directory),
            lambda aor: several and has_calls_away(settings.rpc, aor),
            settings.lease,
        )

    def heard(self, event: CallEvent) -> None:
        """Nothing at once: phones that have just hung up take a moment to be ready; the next tick looks."""
        if isinstance(event, PersonFree):
            self._freed[event.aor] = time.time()

    def tick(self, clock: float) -> None:
        """Look who waits, and call back."""
        if self._asterisk.manager is None or not may(self._lease, time.monotonic()):
            return
        try:
            rows = waiting(self._path)
        except sqlite3.Error as error:
            self._complain(f"the directory can't be read: {error}")
            return
        self._begun = {id: until for id, until in self._begun.items() if clock < until <= clock + BEGIN_S}
        self._freed = {aor: at for aor, at in self._freed.items() if at > clock - QUIET_S}
        begun = [row for row in rows if row.id in self._begun]
        engaged = {aor for row in begun for aor in (row.caller, row.called)}
        left = [row for row in rows if row.id not in self._begun]
        try:
            busy = {aor for row in left for aor in (row.caller, row.called) if self._is_busy(aor)}
        except NobodyAnswers as nobody:
            self._complain(str(nobody))
            return
        self._freed |= dict.fromkeys(busy, clock)  # not before now: of calls at siblings nobody tells when they end
        for row in due(left, clock, (engaged | busy).__contains__, self._left_alone):
            self._begin(row, clock)

    def _is_busy(self, aor: str) -> bool:
        return bool(self._book.calls_of(aor)) or self._away(aor)

    def _begin(self, row: Waiting, clock: float) -> None:
        try:
            self._asterisk.ask(
                "Originate",
                Channel=f"Local/{row.id}@callback",
                Context="callback-answered",
                Exten=str(row.id),
                Priority="1",
                Timeout=str(RING_MS),
                Async="true",
            )
            self._begun[row.id] = clock + BEGIN_S
        except NoAnswer as failed:
            self._complain(f"call-back {row.id} was not begun: {failed}")

    def _left_alone(self, row: Waiting, clock: float) -> bool:
        """Whether the one who was busy is not to be disturbed yet. Who is unknown is called: 404."""
        if abs(clock - row.asked_at) < QUIET_S and self._freed.get(row.called, 0) < row.asked_at:
            return True
        extension, _, domain = row.called.partition("@")
        try:
            party = self._directory.party(domain, extension)
        except StoreDown:
            return True
        return party is not None and state_of(party, clock).dnd

    def _complain(self, words: str) -> None:
        if words != self._said:
            self._said = words
            print(f"callbacks: {words}", file=sys.stderr, flush=True)
