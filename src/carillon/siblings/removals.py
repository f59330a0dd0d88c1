"""A phone that goes by the DNS takes its contact away at any node: the one that is its home is told, and lets it go."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from carillon.siblings.told import own
from carillon.stores.registrationjournal import RegistrationJournal
from carillon.stores.removals import Removal, Row
from carillon.supervision.bound import bound
from carillon.supervision.rpc import NotThere, RpcFailed, call

AGAIN_S: Final = 30.0


class Removals:
    """What was taken away here, by its home's name (`homes`: by URI), until it would have ended: homes may be down.

    `tell` has one sibling hear of it; `forget` has this node expect that contact of it no more; `changed` is for what
    siblings have had removed here.
    """

    def __init__(
        self,
        rpc: Path,
        journal: Path,
        homes: Mapping[str, str],
        tell: Callable[[str, Row], None],
        forget: Callable[[str, Removal], None],
        changed: Callable[[str], None],
    ) -> None:
        self._rpc, self._journal, self._homes = rpc, RegistrationJournal(journal), homes
        self._tell, self._forget, self._changed = tell, forget, changed
        self._heard: dict[Removal, float] = {}
        self._here: dict[str, dict[tuple[str, str], tuple[Removal, float]]] = {name: {} for name in homes.values()}

    def here(self, told: str) -> None:
        """A worker has removed a contact that has its home elsewhere (`words`); nonsense is left out."""
        with suppress(TypeError, ValueError):
            home, *row = json.loads(told)
            if (name := self._homes.get(home)) is not None:
                removal = Removal.read(row)
                self._here[name][removal.aor, removal.contact] = removal, time.monotonic() + removal.left_s
                self._forget(name, removal)
                self._tell(name, removal.row(removal.left_s))

    def rows(self, name: str) -> list[Row]:
        """All that this sibling is to know, when it is there again."""
        now = time.monotonic()
        self._here[name] = {key: (one, until) for key, (one, until) in self._here[name].items() if until > now}
        return [one.row(int(until - now)) for one, until in self._here[name].values()]

    async def heard(self, row: Row) -> None:
        """A sibling says so of a contact that has its home here."""
        removal = Removal.read(row)
        self._heard[removal] = time.monotonic() + AGAIN_S
        await self._take(removal)

    async def again(self) -> None:
        """A Kamailio that was just started had not read yet what it was to remove."""
        self._heard = {removal: until for removal, until in self._heard.items() if until > time.monotonic()}
        for removal in list(self._heard):  # siblings go on to say so meanwhile
            await self._take(removal)

    async def _take(self, removal: Removal) -> None:
        with suppress(RpcFailed, OSError):
            if await asyncio.to_thread(self._remove, removal):
                self._changed(removal.aor)

    def _remove(self, removal: Removal) -> bool:
        here = own(bound(self._rpc, removal.aor), frozenset(self._homes))
        there = any(removal.is_meant(one) for one in here)
        if there:
            with suppress(NotThere):
                call(self._rpc, "ul.rm_contact", "location", removal.aor, removal.contact)
            moment = self._journal.moment()
            self._journal.write(moment, removal.aor, bound(self._rpc, removal.aor))
        return there
