"""What a set clock has ended of registrations that the daemon has in mind."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.siblings.test_told import BOB

from carillon.siblings.endedbyclock import EndedByClock, Phones, ended_by
from carillon.siblings.setclock import SetClock

WHO, NOW, AHEAD_S = "102@example.org", 1_700_000_000, 600
LEFT = replace(BOB, expires=NOW - AHEAD_S + 200)
"""It had 200 s left before the clock was put forward by ten minutes."""
LASTS = replace(BOB, contact="sip:102@192.0.2.9", expires=NOW + 3000)


def test_what_ended_by_the_new_clock_has_again_what_it_had_left() -> None:
    assert ended_by(AHEAD_S, {WHO: (LEFT, LASTS)}, NOW) == {WHO: (replace(LEFT, expires=NOW + 200),)}


def test_whoever_lost_nothing_is_not_named() -> None:
    assert ended_by(AHEAD_S, {WHO: (LASTS,)}, NOW) == {}


class Shelf:
    """Takes what is stored again."""

    def __init__(self) -> None:
        self.stored: list[tuple[str, tuple[object, ...]]] = []

    async def restore(self, aor: str, phones: tuple[object, ...]) -> bool:
        """As Kamailio does."""
        self.stored.append((aor, phones))
        return True


def test_a_clock_that_is_not_set_ends_nothing_and_one_that_is_has_it_stored_again() -> None:
    wall, shelf = [float(NOW)], Shelf()
    clock = EndedByClock(SetClock(lambda: wall[0], lambda: 0.0))
    known: Phones = {WHO: (replace(LEFT, expires=1),)}
    assert clock.look(known) == 0
    asyncio.run(clock.restore(shelf))  # type: ignore[arg-type]
    assert shelf.stored == []
    wall[0] += 4e9  # so that what is stored again lasts by the real clock, too
    assert clock.look(known) == 4e9
    asyncio.run(clock.restore(shelf))  # type: ignore[arg-type]
    assert [(aor, [one.expires for one in phones]) for aor, phones in shelf.stored] == [(WHO, [4_000_000_001])]  # type: ignore[attr-defined]
