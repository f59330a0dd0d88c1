"""Somebody found a colleague busy, and wants to be called back."""

from __future__ import annotations

import pytest
from tests.worlds.office import Office


@pytest.mark.parametrize("code", [486, 600])
def test_who_found_a_colleague_busy_asks_to_be_called_back(office: Office, code: int) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, code)
    call.failed(code)
    office.alice.calls("*37").is_served_by("callback:102")


def test_whom_to_wait_for_is_named(office: Office) -> None:
    office.alice.calls("*37102").is_served_by("callback:102")
    office.alice.calls("*38102").is_served_by("callback-cancel:102")


def test_nobody_was_busy(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 603)
    call.failed(603)
    again = office.alice.calls("*37")
    again.failed(404)
    again.was_told("Warning", "Nobody you called was busy")


@pytest.mark.parametrize("code", [486, 600])
def test_who_finds_a_colleague_busy_is_told_how_to_be_called_back(office: Office, code: int) -> None:
    """Beside what is said of that one; unless the domain wants nothing said."""
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, code)
    call.failed(code)
    call.was_told("Warning", "Bob Dupont is busy")
    call.was_told("Warning", "Dial *37 to be called back")
    office.tells_of_callback(hint=False)
    again = office.alice.calls(office.bob)
    again.rings(office.bob)
    office.bob.refuses(again, code)
    again.failed(code)
    again.was_not_told("Warning", "*37")


def test_who_declined_or_is_away_is_not_called_back(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 603)
    call.failed(603)
    call.was_not_told("Warning", "*37")
