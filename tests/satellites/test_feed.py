"""What a satellite is told: the same by steps as at once, no more than it needs, and all of it or nothing."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable

import pytest
from tests.satellites.conftest import Pair

from carillon.provisioning import devices, outbounds, presences, users, voicemails
from carillon.provisioning.changes import last
from carillon.satellites import stream
from carillon.satellites.wire import Broken
from carillon.stores.sql import feed


def test_a_new_satellite_gets_everybody_and_the_phones_of_its_branch(pair: Pair) -> None:
    pair.follows()
    rows = pair.rows()
    assert {row[1] for row in rows["party"]} == {"101", "102", "201", "202"}
    assert {row[1] for row in rows["account"]} == {"201", "202"}


def test_a_satellite_gets_the_trunks_that_its_branch_may_use(pair: Pair) -> None:
    pair.follows()
    assert {row[1] for row in pair.rows()["trunk"]} == {"provider", "local"}
    outbounds.remove(pair.truth, "me", "+32", "local", "liege")
    pair.follows()
    assert {row[1] for row in pair.rows()["trunk"]} == {"provider"}


def moves(pair: Pair, chance: random.Random) -> None:
    users.set(pair.truth, "me", chance.choice(("101", "102", "201")), site=chance.choice(("main", "liege")))


def renames(pair: Pair, chance: random.Random) -> None:
    users.set(pair.truth, "me", chance.choice(("101", "202")), name=chance.choice(("Ann", "Ben")))


def turns_away(pair: Pair, chance: random.Random) -> None:
    presences.set(pair.truth, "me", chance.choice(("101", "201")), chance.choice(("dnd", "away", "default")))


def changes_a_mailbox(pair: Pair, chance: random.Random) -> None:
    voicemails.set(pair.truth, "me", chance.choice(("101", "201")), most=chance.choice((7, 100)))


def gets_mail(pair: Pair, chance: random.Random) -> None:
    users.set(pair.truth, "me", chance.choice(("101", "202")), email=chance.choice(("", "me@mail.example")))


def hires(pair: Pair, chance: random.Random) -> None:
    pair.hires(str(chance.randint(300, 999_999)), chance.choice(("main", "liege")))


def loses_a_phone(pair: Pair, chance: random.Random) -> None:
    phones = devices.listing(pair.truth)
    if len(phones) > 2:
        devices.remove(pair.truth, "me", chance.choice(phones).name)


DOINGS = (moves, renames, turns_away, changes_a_mailbox, gets_mail, hires, loses_a_phone)


@pytest.mark.parametrize("seed", range(8))
def test_steps_lead_to_what_is_told_at_once(pair: Pair, seed: int) -> None:
    """Whatever people do, however many changes come between two questions."""
    chance = random.Random(seed)
    pair.follows()
    for _ in range(4):
        for _ in range(chance.randint(1, 12)):
            chance.choice(DOINGS)(pair, chance)
        pair.follows()
        assert pair.rows() == pair.anew()


def test_hundreds_of_changes_come_one_hundred_at_a_time(pair: Pair) -> None:
    """In one transaction of the main, as long as there are no more than a thousand."""
    pair.follows()
    for n in range(130):
        pair.hires(str(1000 + n), "liege")
    assert [json.loads(line)["to"][0] for line in pair.told() if '"from"' in line][-1] == last(pair.truth)
    assert sum('"from"' in line for line in pair.told()) == 3
    assert pair.follows() == 1
    assert pair.rows() == pair.anew()


def test_thousands_of_changes_come_one_thousand_at_a_time(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "FEW", 2)
    pair.follows()
    for n in range(15):
        pair.hires(str(1000 + n), "liege")
    assert pair.follows() == 2
    assert pair.rows() == pair.anew()


def test_of_several_steps_those_before_the_broken_one_count(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is whole in itself; the next answer goes on from there."""
    monkeypatch.setattr(feed, "FEW", 2)
    pair.follows()
    for n in range(4):
        pair.hires(str(1000 + n), "liege")
    told = pair.told()
    with pytest.raises(Broken):
        pair.takes(told[:-1])
    assert {row[1] for row in pair.rows()["party"]} >= {"1000", "1001", "1002"}
    pair.follows()
    assert pair.rows() == pair.anew()


def test_steps_in_another_order_are_not_taken(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "FEW", 2)
    pair.follows()
    for n in range(4):
        pair.hires(str(1000 + n), "liege")
    before, told = pair.rows(), pair.told()
    second = next(n for n, line in enumerate(told) if '"from"' in line and n)
    with pytest.raises(Broken, match="we are elsewhere"):
        pair.takes([*told[second:], *told[:second]])
    assert pair.rows() == before


def test_who_was_away_for_too_long_gets_everything(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.follows()
    monkeypatch.setattr(feed, "LONG", 5)
    for n in range(10):
        pair.hires(str(1000 + n), "liege")
    assert json.loads(pair.told()[0])["touched"] is None
    assert pair.follows() == 1
    assert pair.rows() == pair.anew()


@pytest.fixture
def news(pair: Pair) -> list[str]:
    """Somebody was hired, and the satellite hasn't heard of it."""
    pair.follows()
    pair.hires("203", "liege", "Erin")
    return pair.told()


@pytest.mark.parametrize("spoiled", [
    lambda lines: lines[:-1],
    lambda lines: [],
    lambda lines: [lines[0][:-3], *lines[1:]],
    lambda lines: [*lines[:-2], lines[-1]],
    lambda lines: [*lines[:-1], lines[-2], lines[-1]],
    lambda lines: [lines[0], '["account", [[1, 2]]]', '{"end": 1}'],
    lambda lines: [lines[0], '["sqlite_schema", [[1, 2]]]', '{"end": 1}'],
    lambda lines: [lines[0], "null", *lines[1:]],
    lambda lines: [lines[0], '["party", 5]', *lines[1:]],
])  # fmt: skip
def test_an_answer_that_is_not_whole_changes_nothing(
    pair: Pair, news: list[str], spoiled: Callable[[list[str]], list[str]]
) -> None:
    before = pair.rows()
    with pytest.raises((Broken, sqlite3.Error)):
        pair.takes(spoiled(news))
    assert pair.rows() == before
    pair.follows()
    assert pair.rows() == pair.anew()


def test_an_answer_that_comes_twice_or_too_late_changes_nothing(pair: Pair, news: list[str]) -> None:
    pair.takes(news)
    users.set(pair.truth, "me", "203", name="Eve")
    pair.follows()
    before = pair.rows()
    with pytest.raises(Broken, match="we are elsewhere"):
        pair.takes(news)
    assert pair.rows() == before


class Wire:
    """Bytes on their way."""

    def __init__(self) -> None:
        self.content = b""

    def write(self, content: bytes, /) -> None:
        self.content += content

    def read1(self, most: int, /) -> bytes:
        size, _, rest = self.content.partition(b"\r\n")
        length = int(size or b"0", 16)
        self.content = rest[length + 2 :]
        return rest[:length]


def sent(lines: list[str]) -> int:
    """The bytes that an answer costs."""
    writer = stream.Writer(Wire())
    for line in lines:
        writer.line(line)
    writer.end()
    return writer.sent


def test_lines_and_beats_arrive_as_they_were_sent() -> None:
    wire = Wire()
    writer = stream.Writer(wire)
    writer.beat()
    writer.line('{"name": "Élodie"}')
    writer.beat()
    writer.line("x" * 100_000)
    writer.end()
    lines = [line.decode() for line in stream.read(wire)]
    assert lines == ["", '{"name": "Élodie"}', "", "x" * 100_000]


def test_a_change_costs_some_hundred_bytes(pair: Pair) -> None:
    """Of a link of 1 Mbit/s: 4 ms."""
    pair.follows()
    users.set(pair.truth, "me", "201", name="Caroline")
    assert sent(pair.told()) < 500


def test_a_first_copy_costs_some_hundred_bytes_a_person(pair: Pair) -> None:
    """10,000 people, all of the branch: less than 2 MB, 16 s on 1 Mbit/s."""
    for n in range(300):
        pair.hires(str(1000 + n), "liege", f"Person {n}")
    assert sent(pair.told()) < 300 * 200
