"""What is said of a person now: the first source that still counts."""

from __future__ import annotations

from carillon.stores.ports import Party, StateRow

NOTHING = StateRow("", "default")


def state_of(party: Party, now: float) -> StateRow:
    """The state that counts at `now` (Unix seconds); the default one when nobody says anything."""
    return next((row for row in party.presence if row.until is None or row.until > now), NOTHING)
