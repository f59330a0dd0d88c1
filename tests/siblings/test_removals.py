"""Which contact is let go at its home, when a phone has taken it away at another node."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.siblings.test_told import BOB, NOW

from carillon.siblings.removals import Removals
from carillon.stores.removals import Removal, words

WHO = "102@example.org"


def taken_away(by_call_id: str = "c1", by_cseq: int = 8) -> Removal:
    """What a worker says, as the home hears it."""
    _, *row = json.loads(words(replace(BOB, received="sip:home"), WHO, by_call_id, by_cseq, NOW))
    return Removal.read(Removal.read(row).row(300))


def test_what_was_taken_away_is_meant() -> None:
    assert taken_away().is_meant(BOB)
    assert taken_away("another", 1).is_meant(BOB), "a phone that has begun anew (RFC 3261 §10.2)"
    assert taken_away().left_s == 300


def test_its_refresh_that_the_other_node_has_not_heard_of_is_meant_too() -> None:
    assert taken_away(by_cseq=9).is_meant(replace(BOB, cseq=8))


@pytest.mark.parametrize(
    "came_later", [replace(BOB, cseq=9), replace(BOB, call_id="c2"), replace(BOB, contact="sip:102@192.0.2.9")]
)
def test_who_came_back_meanwhile_stays(came_later: object) -> None:
    assert not taken_away().is_meant(came_later)  # type: ignore[arg-type]


def test_a_sibling_may_say_so_while_it_is_done_again(tmp_path: Path) -> None:
    """The daemon ended when two phones took themselves away elsewhere in the wrong moment."""
    changed: list[str] = []
    nobody = tmp_path / "no-kamailio"
    removals = Removals(nobody, tmp_path / "journal", {}, lambda *_: None, lambda *_: None, changed.append)

    async def both() -> None:
        await removals.heard(taken_away().row(300))
        await asyncio.gather(removals.again(), removals.heard(taken_away("another").row(300)))

    asyncio.run(both())
    assert changed == []  # there is no Kamailio


@pytest.mark.parametrize("told", [[], [WHO, "sip:c", "c1", "seven", "c1", 8, 300]])
def test_nonsense_is_refused(told: list[str | int]) -> None:
    with pytest.raises(ValueError, match=r"unpack|literal"):
        Removal.read(told)
