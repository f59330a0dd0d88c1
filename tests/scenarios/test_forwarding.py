"""Calls that go on to somebody else, because people said so beforehand."""

from __future__ import annotations

import pytest
from tests.worlds.office import Office


def test_all_calls_of_a_person_go_to_a_colleague(office: Office) -> None:
    office.forwards(office.bob, "always", office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.carol)
    call.does_not_ring(office.bob)
    call.shows(office.carol, "Alice Martin", "101")
    assert call.arrived_with(office.carol, "Diversion")
    office.carol.answers(call)
    call.is_up()
    office.alice.hangs_up(call)
    call.is_over()


def test_a_colleague_is_called_when_a_person_is_busy(office: Office) -> None:
    office.forwards(office.bob, "busy", office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.rings(office.carol)
    office.carol.answers(call)
    call.is_up()
    office.carol.hangs_up(call)
    call.is_over()


def test_a_colleague_is_called_when_a_person_does_not_answer(office: Office) -> None:
    office.forwards(office.bob, "no-answer", office.carol, after_s=5)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.lets_it_ring(call)
    call.rings(office.carol)
    call.does_not_ring(office.bob)
    office.carol.answers(call)
    call.is_up()


def test_a_colleague_is_called_when_no_phone_is_registered(office: Office) -> None:
    office.forwards(office.bob, "offline", office.carol)
    office.bob.unplugs()
    call = office.alice.calls(office.bob)
    call.rings(office.carol)


def test_a_colleague_is_called_when_the_phone_has_lost_power(office: Office) -> None:
    office.forwards(office.bob, "unreachable", office.carol)
    office.bob.loses_power()
    office.alice.calls(office.bob).rings(office.carol)


@pytest.mark.parametrize(("cause", "code"), [("declined", 603), ("code:488", 488), ("busy", 600), ("offline", 404)])
def test_what_the_phone_says_chooses_the_row(office: Office, cause: str, code: int) -> None:
    office.forwards(office.bob, cause, office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, code)
    call.rings(office.carol)


def test_another_cause_is_not_forwarded(office: Office) -> None:
    office.forwards(office.bob, "busy", office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 603)
    call.failed(603)
    call.does_not_ring(office.carol)


def test_the_last_one_who_was_called_says_why(office: Office) -> None:
    office.forwards(office.bob, "busy", office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.rings(office.carol)
    office.carol.refuses(call, 603, "No Thanks", [("Warning", '399 carol.example "Carol is away"')])
    call.failed(603)
    call.was_told("Warning", "Carol is away")
    call.is_over()


def test_the_caller_gives_up_while_the_second_one_rings(office: Office) -> None:
    office.forwards(office.bob, "busy", office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.rings(office.carol)
    office.alice.cancels(call)
    call.does_not_ring(office.carol)
    call.is_over()


def test_several_targets_are_called_in_turn(office: Office) -> None:
    dave = office.hires("Dave Maes", "104")
    office.forwards(office.bob, "always", office.carol, dave)
    call = office.alice.calls(office.bob)
    call.rings(office.carol)
    office.carol.refuses(call, 486)
    call.rings(dave)
    dave.answers(call)
    call.is_up()


def test_forwards_follow_each_other(office: Office) -> None:
    dave = office.hires("Dave Maes", "104")
    office.forwards(office.bob, "always", office.carol)
    office.forwards(office.carol, "busy", dave)
    call = office.alice.calls(office.bob)
    call.rings(office.carol)
    office.carol.refuses(call, 486)
    call.rings(dave)


def test_two_people_who_forward_to_each_other(office: Office) -> None:
    office.forwards(office.bob, "always", office.carol)
    office.forwards(office.carol, "always", office.bob)
    call = office.alice.calls(office.bob)
    call.failed(482)
    office.alice.calls("102").failed(482)
    office.bob.calls(office.alice).rings(office.alice)


def test_a_colleague_who_left_is_passed_over(office: Office) -> None:
    office.forwards(office.bob, "always", office.carol)
    office.forwards(office.bob, "busy", office.carol)
    office.dismisses(office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.failed(486)


@pytest.mark.parametrize("number", ["150", "+3225550103"])
def test_a_call_goes_to_a_further_number_of_a_colleague(office: Office, number: str) -> None:
    office.provider()
    office.numbers(office.carol, number)
    office.allows(office.bob, "national")
    office.forwards(office.bob, "always", number)
    office.alice.calls(office.bob).rings(office.carol)


def test_a_call_goes_to_a_mobile_outside(office: Office) -> None:
    provider = office.provider()
    office.allows(office.bob, "mobile")
    office.allows(office.alice)
    office.forwards(office.bob, "always", "+32475123456")
    call = office.alice.calls(office.bob)
    call.rings(provider)
    call.is_for(provider, "+32475123456")
    call.is_told(provider, "Diversion", "reason=unconditional")
    provider.answers(call)
    call.is_up()
    office.alice.hangs_up(call)
    call.is_over()


def test_nobody_forwards_where_he_may_not_call(office: Office) -> None:
    office.provider()
    office.allows(office.alice, "international")
    office.allows(office.bob, "national")
    office.forwards(office.bob, "always", "+33142685300")
    office.forwards(office.bob, "busy", "+33142685300")
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.failed(486)


def test_a_call_from_outside_goes_outside_again(office: Office) -> None:
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    office.allows(office.bob, "mobile")
    office.forwards(office.bob, "busy", "+32479999999", origin="external")
    call = provider.calls_in("+3225550102", as_number="+32475123456")
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.rings(provider)
    call.is_for(provider, "+32479999999")
    call.shows(provider, "", "+3225550100")
    call.is_told(provider, "Diversion", "sip:+3225550100@")


def test_a_row_for_calls_from_outside_leaves_colleagues(office: Office) -> None:
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    office.forwards(office.bob, "always", office.carol, origin="external")
    office.alice.calls(office.bob).rings(office.bob)
    provider.calls_in("+3225550102", as_number="+32475123456").rings(office.carol)


def test_a_row_for_some_callers(office: Office) -> None:
    office.lists_callers("bosses", "101")
    office.forwards(office.bob, "always", office.carol, caller="bosses")
    office.alice.calls(office.bob).rings(office.carol)
    dave = office.hires("Dave Maes", "104")
    dave.calls(office.bob).rings(office.bob)


def test_rows_by_the_hour(office: Office) -> None:
    office.is_open("day", always=True)
    office.is_open("night", always=False)
    office.forwards(office.bob, "always", office.alice, schedule="night")
    office.forwards(office.bob, "always", office.carol, schedule="day")
    office.alice.calls(office.bob).rings(office.carol)


def test_a_phone_sends_its_call_on(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.sends_on(call, office.carol)
    call.rings(office.carol)
    call.is_told(office.carol, "Diversion", "reason=deflection")
    office.carol.answers(call)
    call.is_up()


def test_a_phone_sends_its_call_on_outside_with_the_rights_of_its_user(office: Office) -> None:
    provider = office.provider()
    office.allows(office.alice, "international")
    office.allows(office.bob, "national")
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.sends_on(call, "025551234")
    call.rings(provider)
    call.is_for(provider, "+3225551234")
    second = office.alice.calls(office.bob)
    second.rings(office.bob)
    office.bob.sends_on(second, "0033142685300")
    second.failed(480)


def test_a_phone_sends_its_call_nowhere(office: Office) -> None:
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.bob.sends_on(call, "199")
    call.failed(480)


def test_a_call_that_has_gone_round_by_trunks(office: Office) -> None:
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    been = ",".join(f"<sip:+3247500000{n}@provider.test>;reason=unconditional" for n in range(6))
    call = provider.calls_in("+3225550102", as_number="+32475123456", headers=[("Diversion", been)])
    call.failed(483)
    once = [("Diversion", "<sip:+32475000000@provider.test>;reason=unconditional")]
    provider.calls_in("+3225550102", as_number="+32475123456", headers=once).rings(office.bob)
    garbage = [("Diversion", ';;;<"sip:@@@'), ("History-Info", "index;index=,,<")]
    provider.calls_in("+3225550102", as_number="+32475123456", headers=garbage).rings(office.bob)


def test_a_round_of_people_and_an_outside_number(office: Office) -> None:
    """Bob's calls go to his mobile, which sends them to Carol's number; hers go to Bob."""
    provider = office.provider()
    office.allows(office.bob, "mobile")
    office.forwards(office.bob, "always", "+32475000001")
    office.numbers(office.carol, "+3225550103")
    office.forwards(office.carol, "always", office.bob)
    mobile = "<sip:+32475000001@provider.test>;reason=unconditional"
    first = office.alice.calls(office.bob)
    first.rings(provider)
    first.is_told(provider, "Diversion", "reason=unconditional;counter=1")
    second = provider.calls_in("+3225550103", "+32475123456", [("Diversion", f"{mobile}, <sip:bob@x>;counter=1")])
    second.rings(provider)
    second.is_told(provider, "Diversion", "reason=unconditional;counter=3")
    third = provider.calls_in(
        "+3225550103", "+32475123456", [("Diversion", f"{mobile}, <sip:b@x>, <sip:c@x>;counter=3")]
    )
    third.failed(483)
    office.bob.calls(office.alice).rings(office.alice)


@pytest.mark.parametrize("garbage", ["nonsense", "<sip:", ",,,;;;", '"<sip:x', "<sip:a@b>;counter=-999999999999"])
def test_garbage_about_earlier_forwards_harms_nobody(office: Office, garbage: str) -> None:
    provider = office.provider()
    office.numbers(office.bob, "+3225550103")
    call = provider.calls_in("+3225550103", "+32475123456", [("Diversion", garbage), ("History-Info", garbage)])
    call.rings(office.bob)
    office.bob.answers(call)
    call.is_up()
