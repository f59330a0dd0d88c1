"""What people say of themselves decides where their calls go."""

from __future__ import annotations

import pytest
from tests.worlds.office import Office


def test_who_is_not_to_be_disturbed_is_busy(office: Office) -> None:
    office.is_in_state(office.bob, "dnd")
    call = office.alice.calls(office.bob)
    call.failed(486)
    call.was_told("Warning", "Bob Dupont does not want to be disturbed")
    call.does_not_ring(office.bob)


def test_calls_of_who_is_not_to_be_disturbed_go_on(office: Office) -> None:
    office.is_in_state(office.bob, "dnd")
    office.forwards(office.bob, "busy", office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.carol)
    call.does_not_ring(office.bob)


def test_a_colleague_in_turn_is_not_to_be_disturbed(office: Office) -> None:
    dave = office.hires("Dave Maes", "104")
    office.is_in_state(office.carol, "dnd")
    office.forwards(office.bob, "always", office.carol, dave)
    office.alice.calls(office.bob).rings(dave)


@pytest.mark.parametrize("state", ["away", "vacation"])
def test_rows_for_a_state(office: Office, state: str) -> None:
    office.forwards(office.bob, "always", office.carol, presence=state)
    office.alice.calls(office.bob).rings(office.bob)
    office.is_in_state(office.bob, state)
    office.alice.calls(office.bob).rings(office.carol)


def test_a_state_is_taken_back(office: Office) -> None:
    office.is_in_state(office.bob, "dnd")
    office.alice.calls(office.bob).failed(486)
    office.is_in_state(office.bob, "default")
    office.alice.calls(office.bob).rings(office.bob)
