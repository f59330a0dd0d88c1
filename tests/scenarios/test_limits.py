"""How many calls at once people, groups, trunks and domains may have, and who wants no second one."""

from __future__ import annotations

import pytest
from tests.worlds.office import Call, Office, Person


def up(caller: Person, callee: Person) -> Call:
    """A call that was answered."""
    call = caller.calls(callee)
    call.rings(callee)
    callee.answers(call)
    call.is_up()
    return call


def test_who_has_his_most_calls_makes_no_other(office: Office) -> None:
    office.limits(office.alice, 1)
    first = up(office.alice, office.bob)
    second = office.alice.calls(office.carol)
    second.failed(403)
    second.was_told("Warning", "You already have 1 call")
    second.does_not_ring(office.carol)
    office.alice.hangs_up(first)
    first.is_over()
    office.frees(office.alice)
    up(office.alice, office.carol)


def test_who_has_his_most_calls_is_busy(office: Office) -> None:
    office.limits(office.bob, 1)
    up(office.alice, office.bob)
    second = office.carol.calls(office.bob)
    second.failed(486)
    second.was_told("Warning", "Bob Dupont already has 1 call")


def test_his_rows_for_busy_are_asked(office: Office) -> None:
    office.forwards(office.bob, "busy", office.carol)
    office.limits(office.bob, 1)
    up(office.alice, office.bob)
    dora = office.hires("Dora Maes", "104")
    second = dora.calls(office.bob)
    second.rings(office.carol)
    second.does_not_ring(office.bob)


def test_a_place_is_taken_when_it_rings_and_free_when_that_ends(office: Office) -> None:
    office.limits(office.bob, 1)
    first = office.alice.calls(office.bob)
    first.rings(office.bob)
    second = office.carol.calls(office.bob)
    second.failed(486)
    office.alice.cancels(first)
    first.is_over()
    third = office.carol.calls(office.bob)
    third.rings(office.bob)
    office.bob.refuses(third, 603)
    third.failed(603)
    up(office.alice, office.bob)


def test_several_phones_of_one_person_are_one_call(office: Office) -> None:
    office.limits(office.bob, 1)
    desk = office.second_phone(office.bob)
    call = office.alice.calls(office.bob)
    call.rings(office.bob, desk)
    desk.answers(call)
    call.is_up()


def test_a_group_counts_calls_not_people(office: Office) -> None:
    """A call between two of them is one; a second one of anybody in it is one too many."""
    dora = office.hires("Dora Maes", "104")
    office.limits_group("sales", 1, office.alice, office.bob, office.carol)
    up(office.alice, office.bob)
    inside = office.carol.calls(dora)
    inside.failed(403)
    inside.was_told("Warning", "The group sales already has 1 call")
    dora.calls(office.carol).failed(486)


def test_a_domain_counts_all_its_calls(office: Office) -> None:
    dora = office.hires("Dora Maes", "104")
    office.limits_all(1)
    first = up(office.alice, office.bob)
    second = office.carol.calls(dora)
    second.failed(403)
    second.was_told("Warning", "already has 1 call")
    office.alice.hangs_up(first)
    first.is_over()
    office.is_quiet()
    up(office.carol, dora)


def test_a_full_trunk_is_followed_by_the_next(office: Office) -> None:
    office.allows(office.alice, "mobile")
    office.allows(office.bob, "mobile")
    first, second = office.provider("first"), office.provider("second")
    office.limits(first, 1)
    one = office.alice.calls("0475123456")
    one.rings(first)
    first.answers(one)
    two = office.bob.calls("0475654321")
    two.rings(second)


def test_the_next_trunk_has_a_limit_too(office: Office) -> None:
    """A call whose trunk fails takes a place at the next one, or is told that there is none."""
    office.allows(office.alice, "mobile")
    office.allows(office.bob, "mobile")
    first, second = office.provider("first"), office.provider("second")
    office.limits(second, 1)
    first.loses_power()
    one = office.alice.calls("0475123456")
    one.rings(second)
    two = office.bob.calls("0475654321")
    two.failed(480)
    two.was_told("Warning", "All lines of second are busy")
    office.alice.cancels(one)
    three = office.bob.calls("0475654321")
    three.rings(second)


def test_all_lines_are_busy_but_for_who_calls_for_help(office: Office) -> None:
    office.allows(office.alice, "mobile")
    office.allows(office.bob, "mobile")
    provider = office.provider()
    office.limits(provider, 1)
    office.limits(office.bob, 1)
    call = office.alice.calls("0475123456")
    call.rings(provider)
    provider.answers(call)
    refused = office.bob.calls("0475654321")
    refused.failed(480)
    refused.was_told("Warning", "All lines of provider are busy")
    up(office.bob, office.carol)
    help_me = office.bob.calls("112")
    help_me.rings(provider)


def test_calls_from_outside_find_a_full_trunk_busy(office: Office) -> None:
    provider = office.provider()
    office.numbers(office.alice, "+3225550101")
    office.numbers(office.bob, "+3225550102")
    office.limits(provider, 1)
    call = provider.calls_in("+3225550101", "+32475123456")
    call.rings(office.alice)
    office.alice.answers(call)
    second = provider.calls_in("+3225550102", "+32475123456")
    second.failed(486)


def test_who_wants_no_second_call_is_busy_in_one(office: Office) -> None:
    """Whichever way the first one went, and although it began before he said so."""
    first = up(office.bob, office.alice)
    office.wants_no_second_call(office.bob)
    office.counts(office.bob, 1)
    second = office.carol.calls(office.bob)
    second.failed(486)
    second.was_told("Warning", "Bob Dupont is in a call")
    office.bob.hangs_up(first)
    first.is_over()
    office.frees(office.bob)
    up(office.carol, office.bob)


def test_who_wants_no_second_call_may_make_one(office: Office) -> None:
    office.wants_no_second_call(office.bob)
    up(office.alice, office.bob)
    second = office.bob.calls(office.carol)
    second.rings(office.carol)


def test_without_redis_nobody_is_refused(office: Office) -> None:
    office.limits(office.alice, 1)
    office.wants_no_second_call(office.bob)
    up(office.alice, office.bob)
    office.redis.dies()
    second = office.alice.calls(office.carol)
    second.rings(office.carol)


def test_a_limit_that_is_taken_away_limits_no_more(office: Office) -> None:
    office.limits(office.alice, 1)
    up(office.alice, office.bob)
    office.limits(office.alice, None)
    second = office.alice.calls(office.carol)
    second.rings(office.carol)


@pytest.mark.simulated_only
def test_plain_calls_make_no_trip(office: Office) -> None:
    up(office.alice, office.bob)
    up(office.alice, office.carol)
    assert office.engine.counts.trips == 0  # type: ignore[attr-defined]
    office.limits(office.alice, 5)
    up(office.alice, office.bob)
    assert office.engine.counts.trips == 1, "one trip, and none for who has no limit"  # type: ignore[attr-defined]
