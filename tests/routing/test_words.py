"""What the caller is told of a person: state, until when, and the note."""

from __future__ import annotations

import pytest

from carillon.routing.words import said_of
from carillon.stores.ports import Party, SiteProfile, StateRow

NOON = 1_795_608_000.0  # 2026-11-25 12:00 UTC, 13:00 in Brussels


@pytest.mark.parametrize(
    ("row", "inside", "words"),
    [
        (StateRow("manual", "away", until=NOON + 3.5 * 3600, note="dentist"), True, "is away until 16:30 (dentist)"),
        (StateRow("manual", "away", until=NOON + 3.5 * 3600, note="dentist"), False, "is away"),
        (StateRow("manual", "vacation", until=NOON + 5 * 86400), True, "is on vacation until 2026-11-30 13:00"),
        (StateRow("manual", "busy", dnd=True), True, "does not want to be disturbed"),
        (StateRow("calls", "busy"), True, "is busy"),
        (StateRow("manual", "busy", until=NOON - 1), True, None),
        (StateRow("manual", "default"), True, None),
    ],
)
def test_the_words_for_a_state(row: StateRow, inside: bool, words: str | None) -> None:
    bob = Party("102", "e.test", "Bob", SiteProfile(country="BE"), presence=(row,))
    assert said_of(bob, NOON, inside=inside) == (f"Bob {words}" if words else "")
