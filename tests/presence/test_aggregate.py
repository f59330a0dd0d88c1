"""One state from all that is said: the order of sources, and what no order of events may change."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from carillon.model.presence import PresenceState
from carillon.presence.aggregate import NOTHING, RANK, Said, Source, merged

NOW = 1_800_000_000.0
BUSY, AWAY, VACATION, DEFAULT = PresenceState.BUSY, PresenceState.AWAY, PresenceState.VACATION, PresenceState.DEFAULT

words = st.builds(
    Said,
    st.sampled_from(list(Source)),
    st.sampled_from(list(PresenceState)),
    st.floats(NOW - 1000, NOW),
    until=st.none() | st.floats(NOW - 100, NOW + 100),
    who=st.text("abc", max_size=3),
)


def test_nobody_says_anything() -> None:
    assert (merged((), NOW).state, merged((), NOW).source) == (DEFAULT, NOTHING)


def test_what_is_said_by_hand_counts_before_a_call() -> None:
    said = (Said(Source.CALLS, BUSY, NOW), Said(Source.MANUAL, DEFAULT, NOW - 500))
    assert merged(said, NOW).state is DEFAULT


def test_a_call_counts_before_what_a_phone_says() -> None:
    said = (Said(Source.PHONE, AWAY, NOW), Said(Source.CALLS, BUSY, NOW - 500))
    assert merged(said, NOW).state is BUSY


def test_of_two_phones_the_last_one_counts() -> None:
    said = (Said(Source.PHONE, AWAY, NOW - 2, who="a"), Said(Source.PHONE, VACATION, NOW - 1, who="b"))
    assert merged(said, NOW).state is VACATION


def test_what_has_ended_counts_no_more() -> None:
    said = (Said(Source.MANUAL, VACATION, NOW - 2, until=NOW), Said(Source.PHONE, AWAY, NOW - 1))
    assert merged(said, NOW).state is AWAY


@given(st.lists(words, max_size=8), st.randoms(use_true_random=False))
def test_the_order_in_which_words_come_in_does_not_matter(said: list[Said], chance: random.Random) -> None:
    shuffled = said.copy()
    chance.shuffle(shuffled)
    assert merged(said, NOW).said == merged(shuffled, NOW).said


@given(st.lists(words, max_size=8))
def test_a_word_said_twice_changes_nothing(said: list[Said]) -> None:
    once, twice = merged(said, NOW), merged([*said, *said], NOW)
    assert (once.state, once.source, once.note) == (twice.state, twice.source, twice.note)


@given(st.lists(words, max_size=8))
def test_nothing_that_counts_less_comes_first(said: list[Said]) -> None:
    result = merged(said, NOW)
    alive = [each for each in said if each.counts_at(NOW)]
    assert len(result.said) == len(alive)
    if alive:
        assert RANK[Source(result.source)] == min(RANK[each.source] for each in alive)
