"""Calls that go to voicemail; what happens there is in `tests/live/test_voicemail.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.worlds.office import Office


def test_a_busy_persons_calls_go_to_voicemail(office: Office) -> None:
    office.forwards(office.bob, "busy", "voicemail")
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.is_served_by("voicemail:102")


def test_whoever_does_not_answer_has_voicemail(office: Office) -> None:
    office.forwards(office.bob, "no-answer", "voicemail", after_s=5)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.lets_it_ring(call)
    call.is_served_by("voicemail:102")


@pytest.mark.parametrize("cause", ["offline", "always"])
def test_calls_that_ring_nobody_go_to_voicemail(office: Office, cause: str) -> None:
    office.forwards(office.bob, cause, "voicemail")
    if cause == "offline":
        office.bob.unplugs()
    office.alice.calls(office.bob).is_served_by("voicemail:102")


def test_who_is_not_to_be_disturbed_has_voicemail(office: Office) -> None:
    office.forwards(office.bob, "busy", "voicemail")
    office.is_in_state(office.bob, "dnd")
    office.alice.calls(office.bob).is_served_by("voicemail:102")


def test_a_phone_that_has_lost_power_has_voicemail(office: Office) -> None:
    office.forwards(office.bob, "unreachable", "voicemail")
    office.bob.loses_power()
    office.alice.calls(office.bob).is_served_by("voicemail:102")


def test_a_declined_call_goes_to_somebody_elses_voicemail(office: Office) -> None:
    office.forwards(office.bob, "declined", "voicemail:103")
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 603)
    call.is_served_by("voicemail:103")


@pytest.mark.simulated_only
def test_a_group_goes_on_to_voicemail(office: Office) -> None:
    office.has_group("sales", office.bob, number="200", then="voicemail:103")
    call = office.alice.calls("200")
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.is_served_by("voicemail:103")


def test_a_call_from_outside_goes_to_voicemail(office: Office) -> None:
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    office.forwards(office.bob, "always", "voicemail")
    provider.calls_in("+3225550102", as_number="+32475123456").is_served_by("voicemail:102")


def test_without_services_a_call_for_voicemail_fails_and_says_why(office: Office) -> None:
    office.forwards(office.bob, "always", "voicemail")
    office.services.dies()
    call = office.alice.calls(office.bob)
    call.failed(500)
    call.was_told("Warning", "voicemail:102 is out of order")


@pytest.mark.parametrize(("code", "service"), [("*97", "mailbox:101"), ("*98", "mailbox-login")])
def test_codes_for_hearing_messages(office: Office, code: str, service: str) -> None:
    office.alice.calls(code).is_served_by(service)
