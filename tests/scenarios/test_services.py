"""Feature codes behind which something of ours answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.worlds.live import LiveOffice
    from tests.worlds.office import Office


@pytest.mark.parametrize(("code", "service"), [("*43", "echo"), ("*60", "clock:BE"), ("*65", "own-extension")])
def test_a_code_is_answered_by_its_service(office: Office, code: str, service: str) -> None:
    call = office.alice.calls(code)
    call.is_served_by(service)
    office.alice.hangs_up(call)
    call.is_over()


@pytest.mark.live_only
def test_who_dials_the_echo_test_hears_himself(office: LiveOffice) -> None:
    call = office.alice.calls("*43")
    call.is_served_by("echo")
    call.mine.hears(office.alice.phone.tone)
    call.mine.dtmf("#")
    call.mine.wait_ended()


@pytest.mark.live_only
def test_a_service_that_has_said_everything_hangs_up(office: LiveOffice) -> None:
    call = office.alice.calls("*65")
    call.is_served_by("own-extension")
    assert call.mine.wait_ended(20).code == 200


def test_a_code_is_no_use_to_a_stranger(office: Office) -> None:
    office.stranger().calls("*43").failed(407)


def test_a_code_with_something_behind_it_that_takes_nothing_is_no_number(office: Office) -> None:
    office.alice.calls("*4312").failed(404)


def test_services_that_are_out_of_order_are_told_of_at_once(office: Office) -> None:
    office.services.dies()
    call = office.alice.calls("*43")
    call.failed(503)
    call.was_told("Warning", "echo is out of order")
    office.alice.calls(office.bob).rings(office.bob)


def test_services_that_were_out_of_order_are_back(office: Office) -> None:
    office.services.dies()
    office.services.returns()
    office.alice.calls("*43").is_served_by("echo")
