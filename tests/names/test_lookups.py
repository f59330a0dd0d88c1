"""Which numbers are looked up, what is remembered, and what the workers are told. Time is a number here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from carillon.names.answers import Unusable
from carillon.names.cache import Cache, Heard, Key
from carillon.names.lookups import MOST_AT_ONCE, REST_S, TIRED, Lookups
from carillon.stores.namesources import NameSource

D, JAN = "example.org", "+32475123456"
CRM = NameSource(D, "crm", "http://crm/{number}", "name", 600, 1)
OLD = NameSource(D, "old", "http://old/{number}", "name", 60, 2)


@dataclass
class World:
    """Sources that answer by a table, and workers that are told. With a gate, answers wait for it."""

    names: dict[tuple[str, str], str | None] = field(default_factory=dict)
    books: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    told: dict[Key, str] = field(default_factory=dict)
    now: float = 0.0
    gate: asyncio.Event | None = None

    def lookups(self, *sources: NameSource) -> Lookups:
        made = Lookups(self.ask, self.tell, lambda domain, number: number in self.books, lambda: self.now, lambda: 0.0)
        made.use(sources)
        return made

    async def ask(self, source: NameSource, number: str) -> str:
        self.asked.append((source.name, number))
        if self.gate is not None:
            await self.gate.wait()
        name = self.names.get((source.name, number), "")
        if name is None:
            raise Unusable("no answer within 3 s")
        return name

    async def tell(self, key: Key, heard: Heard) -> None:
        self.told[key] = f"{heard.name} by {heard.source}"


def look_up(lookups: Lookups, number: str = JAN, domain: str = D) -> None:
    asyncio.run(lookups.look_up(domain, number))


async def everybody_waits() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_name_is_told_and_remembered_for_its_time() -> None:
    world = World({("crm", JAN): "Jan"})
    lookups = world.lookups(CRM)
    look_up(lookups)
    assert world.told == {(D, JAN): "Jan by crm"}
    world.told.clear()  # as a restart of Kamailio does
    world.now = 599
    look_up(lookups)
    assert world.told == {(D, JAN): "Jan by crm"}
    assert len(world.asked) == 1
    world.now = 600
    look_up(lookups)
    assert len(world.asked) == 2


def test_that_nobody_knows_a_number_is_remembered_too() -> None:
    world = World()
    lookups = world.lookups(CRM)
    look_up(lookups)
    look_up(lookups)
    assert world.asked == [("crm", JAN)]
    assert world.told == {(D, JAN): " by "}


def test_all_are_asked_and_the_first_by_position_is_believed() -> None:
    world = World({("crm", JAN): "Jan", ("old", JAN): "Johnny"})
    look_up(world.lookups(OLD, CRM))
    assert world.told == {(D, JAN): "Jan by crm"}
    world.names["crm", JAN] = None
    look_up(world.lookups(OLD, CRM))
    assert world.told == {(D, JAN): "Johnny by old"}


def test_what_a_book_knows_is_asked_nowhere_nor_for_another_domain() -> None:
    world = World(books={JAN})
    lookups = world.lookups(CRM)
    look_up(lookups)
    look_up(lookups, "+3225551234", "b.org")
    assert world.asked == []


def test_a_failure_is_not_remembered_and_is_said() -> None:
    world = World({("crm", JAN): None})
    lookups = world.lookups(CRM)
    look_up(lookups)
    assert (lookups.states[CRM.key].problem, world.told) == ("no answer within 3 s", {})
    world.names["crm", JAN] = "Jan"
    look_up(lookups)
    assert world.told == {(D, JAN): "Jan by crm"}
    state = lookups.states[CRM.key]
    assert (state.asked, state.found, state.failed, state.problem) == (2, 1, 1, "")


def test_a_source_that_keeps_failing_is_left_in_peace_for_a_while() -> None:
    world = World({("crm", JAN): None})
    lookups = world.lookups(CRM)
    for _ in range(TIRED + 3):
        look_up(lookups)
    assert len(world.asked) == TIRED
    world.now = REST_S
    look_up(lookups)
    assert len(world.asked) == TIRED + 1


def test_a_number_is_asked_once_at_a_time_and_a_flood_is_bounded() -> None:
    world = World()
    lookups = world.lookups(CRM)

    async def flood() -> None:
        world.gate = asyncio.Event()
        again = [lookups.look_up(D, JAN) for _ in range(10)]
        many = [lookups.look_up(D, f"+324750{n:05}") for n in range(200)]
        running = asyncio.gather(*again, *many)
        await everybody_waits()
        assert len(world.asked) == MOST_AT_ONCE
        world.gate.set()
        await running

    asyncio.run(flood())
    assert world.asked.count(("crm", JAN)) == 1
    assert len(world.asked) == MOST_AT_ONCE
    assert not lookups.running


def test_other_sources_make_what_former_ones_say_void() -> None:
    world = World({("crm", JAN): "Jan"})
    lookups = world.lookups(CRM)

    async def change_meanwhile() -> None:
        world.gate = asyncio.Event()
        late = asyncio.ensure_future(lookups.look_up(D, JAN))
        await everybody_waits()
        lookups.use((OLD,))
        world.gate.set()
        await late

    asyncio.run(change_meanwhile())
    assert world.told == {}


def test_the_cache_is_bounded() -> None:
    cache = Cache(most=2)
    for number in ("1", "2", "3"):
        cache.keep((D, number), "Jan", "crm", 60, 0.0)
    assert [cache.get((D, number), 0.0) is None for number in ("1", "2", "3")] == [True, False, False]


def test_what_was_heard_before_is_told_without_asking() -> None:
    """By the daemon before this one; and what is heard now is kept for the next."""
    world = World(names={("crm", JAN): "Jan", ("crm", "+32475000000"): "Piet"})
    kept: dict[Key, Heard] = {}
    lookups = world.lookups(CRM)
    lookups.keep = kept.__setitem__
    lookups.use((CRM,), [((D, JAN), Heard("Jan", "crm", 50.0))])
    look_up(lookups)
    assert (world.told, world.asked) == ({(D, JAN): "Jan by crm"}, [])
    look_up(lookups, "+32475000000")
    assert kept == {(D, "+32475000000"): Heard("Piet", "crm", 600.0)}
    world.now = 50.0
    look_up(lookups)
    assert world.asked[-1] == ("crm", JAN)
