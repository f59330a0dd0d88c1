"""Rows on their way: what a worker sends is what is read, whatever phones write into it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collector.talk import BEGAN, LEG, SEAL, line, refused_call

from carillon.collector.intake import shelved, unshelved
from carillon.collector.masking import masked
from carillon.collector.store import CALLS, OTHERS
from carillon.routing.decision import TraceRow
from carillon.stores.tracewire import FIELD, LONGEST, Row, legs_of, pack, short_id, unpack


def test_a_row_comes_back_as_it_was() -> None:
    for row in refused_call():
        assert unpack(line(row)) == row
        assert unshelved(shelved(line(row))[1]) == row


@given(st.lists(st.text(), min_size=10, max_size=10), st.lists(st.text(), min_size=3, max_size=3))
def test_nothing_that_a_phone_writes_gets_into_another_field(words: list[str], said: list[str]) -> None:
    row = unpack(pack((repr(BEGAN), *words), [TraceRow(*said)]))
    kept = [row.route, row.call_id, row.leg, row.address, row.source, row.message, row.sender, row.called]
    kept += [row.outcome, row.detail]
    for mine, theirs in zip(kept, words, strict=True):
        assert len(mine) == len(theirs)
        assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in mine)
    assert len(row.rules) == 1


def test_a_row_that_is_too_long_loses_its_last_rules_only() -> None:
    long = pack((repr(BEGAN), *["x"] * 10), [TraceRow("rule", "passed", "y" * 900)] * 20)
    assert len(long) == LONGEST
    assert 5 < len(unpack(long).rules) < 20


@pytest.mark.parametrize("nonsense", ["", "hello", FIELD * 3, FIELD * 20, f"now{FIELD * 12}"])
def test_nonsense_is_no_row(nonsense: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- from several places, and only counted
        shelved(nonsense)


@given(st.integers(0, 2**96 - 1))
def test_a_short_id_leads_back_to_its_leg(number: int) -> None:
    leg = f"{number:024x}"
    between = legs_of(short_id(leg).upper())
    assert between is not None
    assert between[0] <= leg <= between[1]


def test_what_people_mistype_is_understood() -> None:
    assert legs_of("0l1oi0") == legs_of("011010")
    assert legs_of("a84b4c76e66710@pc33.atlanta.com") is None


def test_strangers_and_registrations_are_kept_apart_from_calls() -> None:
    challenged, relayed, *_ = refused_call()
    assert shelved(line(challenged))[0] == OTHERS
    assert shelved(line(relayed))[0] == CALLS
    assert shelved(line(Row(BEGAN, "register", "c", outcome="Save")))[0] == OTHERS


def test_nobody_can_make_up_a_leg_from_a_trace() -> None:
    row = Row(BEGAN, "inbound", "c", f"{LEG}-{SEAL}", rules=(TraceRow("leg_marked", "marked", f"leg {LEG}-{SEAL}"),))
    kept = shelved(line(row))[1]
    assert kept.leg == LEG
    assert SEAL not in kept.rest
    assert unshelved(kept).rules[0].fact == f"leg {LEG}"


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        ("HA1 is 0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
        ('Digest nonce="5f3a.tag", response="00ff"', "5f3a.tag"),
        ('Digest nonce="5f3a.tag", response="00ff"', "00ff"),
        ("Authorization: Digest username=alice", "alice"),
        ("Proxy-Authorization: Basic YWxhZGRpbg==", "YWxhZGRpbg"),
        ("the password=hunter2 is wrong", "hunter2"),
        ("cnonce: abc", "abc"),
    ],
)
def test_no_secret_is_kept(said: str, secret: str) -> None:
    assert secret not in masked(said)
    assert "***" in masked(said)


def test_plain_words_are_left_alone() -> None:
    said = "the nonce is used up; response came from 10.0.0.11"
    assert masked(said) == said
