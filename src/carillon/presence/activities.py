"""RFC 4480's activities and our four states: a table each way."""

from __future__ import annotations

from typing import Final

from carillon.model.presence import PresenceState

_OF_STATE: Final = {
    PresenceState.AWAY: (
        *("appointment", "away", "breakfast", "dinner", "lunch", "meal", "meeting", "performance"),
        *("permanent-absence", "playing", "shopping", "sleeping", "spectator", "steering", "tv", "worship"),
    ),
    PresenceState.BUSY: ("busy", "in-transit", "on-the-phone", "presentation"),
    PresenceState.VACATION: ("holiday", "travel", "vacation"),
}
STATES: Final = {activity: state for state, activities in _OF_STATE.items() for activity in activities}
"""The state that each activity means; any other one, such as `working` or `unknown`, says nothing."""

ON_THE_PHONE: Final = "on-the-phone"


def state_of(activities: tuple[str, ...]) -> PresenceState:
    """The state that the first activity with a meaning gives; the default one when there is none."""
    return next((STATES[each] for each in activities if each in STATES), PresenceState.DEFAULT)


def activities_of(state: PresenceState, *, in_call: bool) -> tuple[str, ...]:
    """What watchers are told of a state."""
    named = () if state is PresenceState.DEFAULT else (str(state),)
    return (*named, ON_THE_PHONE) if in_call else named
