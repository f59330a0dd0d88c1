"""Voice messages, greetings and announcements of two nodes come to the same, whichever hears of what first."""

from __future__ import annotations

import itertools
import json

import pytest

from carillon.siblings.mirror.contents import Contents, Held, Work, believed, holds_removed, made_at, read, told, work
from carillon.stores.gone import EVERYTHING, KEPT_NS, Gone
from carillon.stores.latest import Latest

NOW = 1_796_000_000 * 10**9
DAY = 86400 * 10**9
ID, LATER = "20261128130512-a1b2c3", "20261128140000-d4e5f6"
NEW, HEARD = Contents({ID: Held(False, "one")}), Contents({ID: Held(True, "one")})
HEARD_LATER = Contents({LATER: Held(True, "one")})
REMOVED = Contents(gone={ID: Gone(NOW - DAY, "one")})


def after(here: Contents, there: Contents, now: int = NOW) -> Contents:
    """What is here when all is done."""
    todo = work(here, there, now)
    gone = {**here.gone, **todo.gone, **({EVERYTHING: Gone(todo.forgotten)} if todo.forgotten else {})}
    messages = {**here.messages, **{id: there.messages[id] for id in todo.messages}}
    messages |= {id: Held(True, messages[id].node) for id in todo.heard}
    alive = {id: one for id, one in messages.items() if id not in gone and not (todo.forgotten and id < LATER)}
    sounds = {**here.sounds, **{name: Latest(at, True) for name, at in todo.sounds.items()}}
    return Contents(alive, {**sounds, **{name: Latest(at) for name, at in todo.silenced.items()}}, gone)


@pytest.mark.parametrize("order", [*itertools.permutations([NEW, HEARD, REMOVED])])
def test_a_message_only_goes_on_in_whatever_order_nodes_are_heard(order: tuple[Contents, ...]) -> None:
    here = Contents()
    for there in order:
        here = after(here, there)
    assert here.digest == REMOVED.digest


def test_heard_at_one_is_heard_at_both() -> None:
    assert work(NEW, HEARD, NOW).heard == (ID,)
    assert work(HEARD, NEW, NOW) == Work()
    assert after(NEW, HEARD).digest == HEARD.digest


def test_who_was_away_for_a_week_brings_nothing_back() -> None:
    removed = Contents(gone={ID: Gone(NOW - 7 * DAY, "one")})
    assert work(removed, NEW, NOW) == Work()
    assert work(NEW, removed, NOW).gone == removed.gone


def test_what_was_removed_too_long_ago_is_no_news_and_lives_no_longer_by_being_told() -> None:
    old = Contents(gone={ID: Gone(NOW - KEPT_NS - 1, "one")})
    assert work(Contents(), old, NOW) == Work()
    assert work(HEARD_LATER, old, NOW) == Work()


def test_who_was_away_for_a_year_removes_what_was_removed_meanwhile_and_nothing_else() -> None:
    old = Contents(gone={ID: Gone(NOW - 300 * DAY, "one")})
    both = Contents({ID: Held(False, "one"), LATER: Held(False, "two")})
    assert after(both, old).messages == {LATER: both.messages[LATER]}
    assert work(old, both, NOW).messages == (LATER,)
    forgotten = Contents(gone={EVERYTHING: Gone(1_795_873_000 * 10**9)})  # between both messages
    long_after = NOW + 300 * DAY
    assert after(both, forgotten, long_after).messages == {LATER: both.messages[LATER]}
    greeting, away = Contents(sounds={"hello": Latest(5, True)}), Contents(sounds={"hello": Latest(9)})
    assert work(greeting, away, long_after).silenced == {"hello": 9}
    assert work(Contents(), away, long_after) == Work()


@pytest.mark.parametrize(("there", "held"), [
    (NEW, True),
    (Contents({LATER: Held(False, "two")}), False),
    (Contents(), False),
])  # fmt: skip
def test_whether_a_sibling_has_what_was_removed_here(there: Contents, held: bool) -> None:
    assert holds_removed(there, REMOVED, NOW) is held
    assert not holds_removed(there, REMOVED, NOW - 2 * DAY)  # it may not have heard yet


def test_whether_a_sibling_has_a_sound_that_was_taken_away_here() -> None:
    away = Contents(sounds={"hello": Latest(9)})
    assert holds_removed(Contents(sounds={"hello": Latest(5, True)}), away, NOW)
    assert not holds_removed(Contents(sounds={"hello": Latest(10, True)}), away, NOW)
    assert not holds_removed(Contents(sounds={"bye": Latest(5, True)}), away, NOW)


def test_of_a_greeting_the_latest_counts_also_when_it_was_taken_away() -> None:
    first, second = Contents(sounds={"hello": Latest(5, True)}), Contents(sounds={"hello": Latest(9, True)})
    away = Contents(sounds={"hello": Latest(NOW - 5)})
    assert work(first, second, NOW).sounds == {"hello": 9}
    assert work(second, first, NOW) == work(away, second, NOW) == Work()
    assert work(second, away, NOW).silenced == {"hello": NOW - 5}
    assert after(after(first, away), second).digest == after(after(second, first), away).digest


def test_a_user_who_was_removed_leaves_nothing_and_the_next_of_that_number_keeps_his() -> None:
    until = Gone(1_795_873_000 * 10**9)  # between both messages
    forgotten = Contents(gone={EVERYTHING: until})
    both = Contents({ID: Held(False, "one"), LATER: Held(False, "one")}, {"hello": Latest(until.at - 1, True)})
    assert work(both, forgotten, NOW).forgotten == until.at
    back = work(forgotten, both, NOW)
    assert (back.messages, dict(back.sounds)) == ((LATER,), {})


def test_a_satellite_is_believed_of_other_sites_only_about_what_was_left_there() -> None:
    here = Contents({ID: Held(False, "one"), LATER: Held(False, "liege")})
    there = Contents(
        {"20261129000000-000000": Held(False, "liege")},
        {"greeting-busy": Latest(NOW, True)},
        {ID: Gone(NOW, "liege"), LATER: Gone(NOW, "liege"), EVERYTHING: Gone(NOW)},
    )
    todo = work(here, believed(there, here, "liege"), NOW)
    assert todo == Work(messages=("20261129000000-000000",), gone={LATER: Gone(NOW, "liege")})


def test_a_satellite_hears_of_other_sites_what_becomes_of_what_was_left_there() -> None:
    everything = Contents(
        {ID: Held(True, "one"), LATER: Held(True, "liege")},
        {"greeting-busy": Latest(NOW, True)},
        {EVERYTHING: Gone(1), "20261129000000-000000": Gone(NOW, "one")},
    )
    assert made_at(everything, "liege") == Contents({LATER: Held(True, "liege")}, {}, {EVERYTHING: Gone(1)})


def test_what_is_told_is_read_as_it_was_and_names_that_lead_elsewhere_are_refused() -> None:
    some = Contents({ID: Held(True, "one")}, {"hello": Latest(5, True)}, {LATER: Gone(7, "two"), EVERYTHING: Gone(3)})
    assert read(json.loads(json.dumps(told(some)))) == some
    for name in ("../../etc/passwd", ".gone", "", "*", "a/b"):
        with pytest.raises(ValueError, match="is no name"):
            read(json.loads(json.dumps(told(Contents({name: Held(True, "one")})))))
