"""How places of counted calls are told: in parts that fit, and nothing else is believed."""

from __future__ import annotations

import pytest

from carillon.siblings.places import read
from carillon.states.news import A_DATAGRAM, all_places_again, understood


def test_what_is_told_of_places_is_told_in_parts() -> None:
    held = {f"leg{number:03}": frozenset({"user 101@x", "domain x"}) for number in range(A_DATAGRAM + 1)}
    parts = [each for each in map(understood, all_places_again(held)) if each]
    assert len(parts) == 2
    assert {leg: names for part in parts for leg, names in (part.places or {}).items()} == held
    assert [part.ended(["leg000", "leg000a", "leg200"]) for part in parts] == [{"leg000a"}, {"leg200"}]


@pytest.mark.parametrize("row", [[], ["leg"], [7, ["user 101@x"]], ["leg", [7]], ["leg", 7]])
def test_a_row_that_is_no_place_is_refused(row: list[object]) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        read(row)
