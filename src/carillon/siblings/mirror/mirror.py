"""The part of the daemon `siblings` that keeps copies: what is new here is told, what is new there fetched."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

from carillon.siblings.asking import Silent, Unkept
from carillon.siblings.mirror.agreed import Agreed
from carillon.siblings.mirror.answers import Answers
from carillon.siblings.mirror.inventory import Inventory, Moment
from carillon.siblings.mirror.leaving import drop_others
from carillon.siblings.mirror.pulling import NEVER, Pulling, Underway
from carillon.siblings.mirror.saying import Saying
from carillon.siblings.mirror.serving import Serving
from carillon.siblings.settings import Peer, Settings

PROBLEM: Final = "problem"
"""A file beside the settings: why copies can't be kept."""
LOOK_S: Final = 0.5
AGAIN_S, LONGEST_S = 2.0, 60.0
COMPARE_S, COMPARE_SLOWLY_S = 600.0, 3600.0
"""How often all is compared with a sibling, whatever that has told: over the link of a branch less often."""
LEAVING_S: Final = 60.0


Result = TypeVar("Result")


class Mirror:
    """`tell` has siblings (by name) hear that something is new here; `problem` is the file for `status`.

    Mains copy all from all; a satellite what is its own from mains. Without Asterisk nothing is heard on calls here.
    """

    def __init__(self, settings: Settings, problem: Path, tell: Callable[[Collection[str]], None]) -> None:
        self._settings, self._saying, self._tell = settings, Saying(problem), tell
        self._is_on = settings.door is not None
        self.inventory = Inventory(settings.voicemail, settings.prompts, settings.node)
        self._answers = Answers(self.inventory, settings.directory)
        self.serving = Serving(self._answers, settings.branch)
        underway = Underway()
        asked = [peer for peer in settings.peers if not (settings.branch and peer.branch)]
        self._agreed = agreed = Agreed(settings.voicemail, [peer.name for peer in asked])
        self._pullings = {peer.name: Pulling(settings, peer, self.inventory, underway, agreed) for peer in asked}
        self._told: dict[str, Moment] = {}
        self._woken = {name: asyncio.Event() for name in self._pullings}
        self._wanting = {name: asyncio.Event() for name in self._pullings}
        self._one_by_one = Lock()
        self._looked, self._leaving_at = asyncio.Event(), 0.0
        self._last = NEVER

    @property
    def moment(self) -> Moment | None:
        """How far this node is; None while nothing can be told."""
        return self.inventory.moment if self._looked.is_set() else None

    def heard(self, peer: Peer, moment: list[Any]) -> None:
        """A sibling says how far it is."""
        if self._is_on and peer.name in self._woken:
            run, number = moment
            self._told[peer.name] = str(run), int(number)
            self._woken[peer.name].set()

    async def run(self) -> None:
        """For ever."""
        self._saying.begin()
        if not (self._is_on and self._settings.peers):
            return
        # the daemon's own threads must not wait for slow links
        with ThreadPoolExecutor(1 + 2 * len(self._pullings)) as self._threads:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._look())
                for pulling in self._pullings.values():
                    tasks.create_task(self._follow(pulling))
                    tasks.create_task(self._fetch(pulling))

    async def _apart(self, work: Callable[..., Result], *arguments: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    async def _look(self) -> None:
        while True:
            try:
                concerned = await self._apart(self._looks)
            except (OSError, sqlite3.Error) as error:  # it is told with the next look
                print(f"siblings: {error}", file=sys.stderr, flush=True)
            else:
                if not self._looked.is_set():
                    self._looked.set()
                    concerned = [peer.name for peer in self._settings.peers]
                self._tell(concerned)
            await asyncio.sleep(LOOK_S)

    def _looks(self) -> list[str]:
        """Whom what is new concerns: of a link of a branch nothing is asked without need."""
        try:
            self.inventory.look()
            self.inventory.prune(self._agreed.until())
            problem = ""
        except OSError as error:  # the others are known all the same
            problem = f"what is new of voice messages and announcements here isn't known: {error}"
        self._saying.problem("", problem)
        if self._settings.branch and time.monotonic() >= self._leaving_at:
            self._leaving_at = time.monotonic() + LEAVING_S
            drop_others(self.inventory, self._settings.directory, self._settings.branch)
        moment = self.inventory.moment
        if moment == self._last:
            return []
        places = self.inventory.since(self._last)
        concerned = [peer.name for peer in self._settings.peers if self._answers.concerns(peer, places)]
        self._last = moment
        return concerned

    async def _follow(self, pulling: Pulling) -> None:
        """Hear what one sibling tells of; later again what could not be heard."""
        name, woken, failed = pulling.peer.name, self._woken[pulling.peer.name], 0
        slow = self._settings.branch is not None or pulling.peer.branch is not None
        compare_s = COMPARE_SLOWLY_S if slow else COMPARE_S
        await self._looked.wait()
        compare_at = time.monotonic() + compare_s
        while True:
            patience_s = _patience_s(failed) if failed else compare_at - time.monotonic()
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), max(patience_s, LOOK_S))
            if failed and woken.is_set():
                await asyncio.sleep(AGAIN_S)  # news must not make it haste
            woken.clear()
            if time.monotonic() >= compare_at:
                pulling.done, compare_at = NEVER, time.monotonic() + compare_s
            if name not in self._told or pulling.done == self._told[name]:
                failed = 0
                continue
            failed = 0 if await self._apart(self._tried, name, pulling.hear) else failed + 1
            if pulling.wanted:
                self._wanting[name].set()

    async def _fetch(self, pulling: Pulling) -> None:
        """Fetch the sounds that one sibling has, while what becomes of others is heard of."""
        name, failed = pulling.peer.name, 0
        while True:
            if not pulling.wanted:
                self._wanting[name].clear()
                await self._wanting[name].wait()
            failed = 0 if await self._apart(self._tried, name, self._fetched, pulling) else failed + 1
            if failed:
                await asyncio.sleep(_patience_s(failed))

    def _fetched(self, pulling: Pulling) -> bool:
        """At a branch one at a time, from whichever main."""
        if self._settings.branch:
            with self._one_by_one:
                return pulling.fetch()
        return pulling.fetch()

    def _tried(self, name: str, work: Callable[..., bool | None], *arguments: Any) -> bool:
        """Whether it was done; why not is said."""
        try:
            is_done = work(*arguments) is not False
        except (Unkept, OSError, sqlite3.Error) as error:
            self._saying.problem(
                name, f"copies of voice messages and announcements of {name} can't be kept here: {error}"
            )
            return False
        except Silent as silent:
            self._saying.delay(name, f"what is to be copied from it waits: {silent}")
            return False
        self._saying.delay(name, "")
        if not self._pullings[name].wanted:
            self._saying.problem(name, "")
        return is_done


def _patience_s(failed: int) -> float:
    """So long it is waited after so many failures, one after the other."""
    return float(min(AGAIN_S * 2 ** min(failed - 1, 10), LONGEST_S))
