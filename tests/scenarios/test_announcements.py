"""Calls that come to an announcement; what is heard is in `tests/live/test_announcements.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.worlds.office import Office


@pytest.mark.simulated_only
@pytest.mark.parametrize("cause", ["always", "busy", "declined", "offline"])
def test_a_persons_calls_go_to_an_announcement(office: Office, cause: str) -> None:
    office.forwards(office.bob, cause, "announcement:closed")
    if cause == "offline":
        office.bob.unplugs()
    call = office.alice.calls(office.bob)
    if cause in ("busy", "declined"):
        office.bob.refuses(call, 486 if cause == "busy" else 603)
    call.is_served_by("announcement:closed")


@pytest.mark.simulated_only
def test_a_number_of_an_announcement_from_outside(office: Office) -> None:
    provider = office.provider()
    office.answers_at("+3225550300", "announcement:closed")
    provider.calls_in("+3225550300", as_number="+32475123456").is_served_by("announcement:closed")
