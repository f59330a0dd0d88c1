"""Phones of one person that ring one after the other: by their q, or as an administrator says."""

from __future__ import annotations

from tests.worlds.office import Office


def test_a_phone_of_lower_q_waits(office: Office) -> None:
    mobile = office.second_phone(office.bob, q=0.5)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    call.does_not_ring(mobile)
    office.bob.answers(call)
    call.is_up()
    call.does_not_ring(mobile)


def test_a_phone_of_lower_q_rings_when_the_first_is_busy(office: Office) -> None:
    mobile = office.second_phone(office.bob, q=0.5)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.rings(mobile)
    mobile.answers(call)
    call.is_up()


def test_a_phone_of_lower_q_rings_when_the_first_has_lost_power(office: Office) -> None:
    mobile = office.second_phone(office.bob, q=0.5)
    office.bob.loses_power()
    call = office.alice.calls(office.bob)
    call.rings(mobile)
    mobile.answers(call)
    call.is_up()


def test_phones_of_equal_q_ring_together(office: Office) -> None:
    desk, mobile = office.second_phone(office.bob, q=0.5), office.second_phone(office.bob, q=0.5)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 480)
    call.rings(desk, mobile)
    mobile.answers(call)
    call.is_up()
    call.does_not_ring(desk)


def test_three_steps_one_after_the_other(office: Office) -> None:
    second, third = office.second_phone(office.bob, q=0.7), office.second_phone(office.bob, q=0.3)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.rings(second)
    call.does_not_ring(third)
    second.refuses(call, 486)
    call.rings(third)
    third.refuses(call, 486, "On The Phone")
    call.failed(486)


def test_a_phone_that_declines_speaks_for_all(office: Office) -> None:
    mobile = office.second_phone(office.bob, q=0.5)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 603)
    call.failed(603)
    call.does_not_ring(mobile)


def test_the_order_that_an_administrator_gives_goes_before_the_phones_own(office: Office) -> None:
    first = office.second_phone(office.bob, q=0.1, priority=1)
    last = office.second_phone(office.bob, q=1, priority=0.2)
    call = office.alice.calls(office.bob)
    call.rings(office.bob, first)
    call.does_not_ring(last)
    office.bob.refuses(call, 486)
    first.refuses(call, 486)
    call.rings(last)


def test_a_phone_that_sends_no_q_waits_by_its_make(office: Office) -> None:
    office.first_rings(0.5, agent="acrobits*")
    mobile = office.second_phone(office.bob, user_agent="Acrobits Softphone/8.2")
    own = office.second_phone(office.bob, user_agent="Acrobits Softphone/8.2", q=1)
    call = office.alice.calls(office.bob)
    call.rings(office.bob, own)
    call.does_not_ring(mobile)
    office.bob.refuses(call, 486)
    own.refuses(call, 486)
    call.rings(mobile)
    mobile.answers(call)
    call.is_up()


def test_a_rule_may_go_before_the_phones_own_q(office: Office) -> None:
    office.first_rings(0.4, device="102-*", override=True)
    mobile = office.second_phone(office.bob, q=1)
    first = office.second_phone(office.bob, q=0.1, priority=1)
    call = office.alice.calls(office.bob)
    call.rings(office.bob, first)
    call.does_not_ring(mobile)
    office.bob.refuses(call, 486)
    first.refuses(call, 486)
    call.rings(mobile)


def test_the_phones_share_the_ringing_time_and_then_the_call_is_forwarded(office: Office) -> None:
    mobile = office.second_phone(office.bob, q=0.5)
    office.forwards(office.bob, "no-answer", office.carol, after_s=6)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.lets_it_ring(call)
    call.rings(mobile)
    mobile.lets_it_ring(call)
    call.rings(office.carol)
    office.carol.answers(call)
    call.is_up()


def test_the_caller_gives_up_while_the_second_phone_rings(office: Office) -> None:
    mobile = office.second_phone(office.bob, q=0.5)
    third = office.second_phone(office.bob, q=0.1)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.rings(mobile)
    office.alice.cancels(call)
    call.is_over()
    call.does_not_ring(third)


def test_the_phone_that_rings_later_is_told_in_its_makers_words(office: Office) -> None:
    mobile = office.second_phone(office.bob, q=0.5, user_agent="Yealink SIP-T46S 66.86.0.15")
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    call.is_told(office.bob, "Alert-Info", "<urn:alert:source:internal>")
    office.bob.refuses(call, 486)
    call.rings(mobile)
    call.is_told(mobile, "Alert-Info", "info=alert-internal")
