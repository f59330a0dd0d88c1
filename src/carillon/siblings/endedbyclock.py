"""What a clock that was set has ended of this node's registrations, where the daemon `siblings` has them all in mind.

Alone, nobody has: see `setclock`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from carillon.model.refused import Refused
from carillon.siblings.copies import Copies
from carillon.siblings.setclock import SetClock
from carillon.stores.registrationjournal import Binding
from carillon.supervision.rpc import RpcFailed

RESTORE_S: Final = 8.0
"""How long registrations are looked after that a clock may have ended: Kamailio looks once a second which have."""

Phones = Mapping[str, tuple[Binding, ...]]


class EndedByClock:
    """`phones` are those that are to be stored again, by address of record, with their end by the clock of now."""

    def __init__(self, clock: SetClock) -> None:
        self._clock, self._until = clock, -math.inf
        self.phones: Phones = {}

    def look(self, known: Phones) -> float:
        """By how many seconds the clock was set since the last look, mostly 0; then, what of `known` this has ended."""
        if set_by := self._clock.set_by():
            self._until = time.monotonic() + RESTORE_S
            self.phones = ended_by(set_by, known, time.time())
        return set_by

    async def restore(self, copies: Copies) -> None:
        """Until Kamailio has really let go what ended by its clock: before, it takes nothing in its place."""
        if time.monotonic() >= self._until:
            self.phones = {}
        for aor, phones in self.phones.items():
            with suppress(RpcFailed, Refused):
                await copies.restore(aor, tuple(one for one in phones if one.expires > time.time()))


def ended_by(set_by: float, known: Phones, now: float) -> dict[str, tuple[Binding, ...]]:
    """Registrations that have ended by a clock that was set, with what they had left. Pure."""
    ended = {aor: tuple(one for one in phones if one.expires <= now + 1) for aor, phones in known.items()}
    by_s = round(set_by)
    return {aor: tuple(replace(one, expires=one.expires + by_s) for one in some) for aor, some in ended.items() if some}
