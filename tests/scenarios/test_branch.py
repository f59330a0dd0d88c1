"""A branch whose link is cut: colleagues elsewhere are called by the telephone network, from its own trunk."""

from __future__ import annotations

import pytest
from tests.worlds.office import Office

pytestmark = pytest.mark.simulated_only


def test_a_colleague_elsewhere_is_called_by_his_number_outside(office: Office) -> None:
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    office.is_a_branch_without(office.bob)
    call = office.alice.calls("102")
    call.rings(provider)
    call.is_for(provider, "+3225550102")
    call.does_not_ring(office.bob)
    provider.answers(call)
    call.is_up()


def test_nobody_needs_a_right_to_call_a_colleague(office: Office) -> None:
    provider = office.provider()
    office.allows(office.alice)
    office.numbers(office.bob, "+3225550102")
    office.is_a_branch_without(office.bob)
    office.alice.calls("102").rings(provider)


def test_colleagues_at_the_branch_are_called_as_ever(office: Office) -> None:
    office.provider()
    office.numbers(office.carol, "+3225550103")
    office.is_a_branch_without(office.bob)
    call = office.alice.calls("103")
    call.rings(office.carol)


def test_the_next_trunk_is_tried_when_the_first_is_silent(office: Office) -> None:
    first, second = office.provider("first"), office.provider("second")
    first.loses_power()
    office.numbers(office.bob, "+3225550102")
    office.is_a_branch_without(office.bob)
    call = office.alice.calls("102")
    call.rings(second)
    call.is_for(second, "+3225550102")


def test_who_has_no_number_outside_is_told_to_be_out_of_reach(office: Office) -> None:
    office.provider()
    office.is_a_branch_without(office.bob)
    call = office.alice.calls("102")
    call.failed(480)
    call.was_told("Warning", "The link to Bob Dupont is cut")


def test_without_a_trunk_the_caller_is_told_why(office: Office) -> None:
    office.numbers(office.bob, "+3225550102")
    office.is_a_branch_without(office.bob)
    call = office.alice.calls("102")
    call.failed(480)
    call.was_told("Warning", "no trunk takes +3225550102")


def test_a_row_for_who_is_offline_counts_where_no_trunk_does(office: Office) -> None:
    office.forwards(office.bob, "offline", office.carol)
    office.is_a_branch_without(office.bob)
    office.alice.calls("102").rings(office.carol)


def test_a_forwarded_call_goes_out_too(office: Office) -> None:
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    office.forwards(office.carol, "always", office.bob)
    office.is_a_branch_without(office.bob)
    call = office.alice.calls("103")
    call.is_for(provider, "+3225550102")


def test_a_call_from_outside_is_not_sent_out_again(office: Office) -> None:
    """It may have come by the very number that would be called."""
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    office.is_a_branch_without(office.bob)
    call = provider.calls_in("+3225550102", as_number="+3225551234")
    call.failed(480)


def test_an_emergency_call_leaves_as_ever(office: Office) -> None:
    provider = office.provider()
    office.is_a_branch_without(office.bob)
    call = office.alice.calls("112")
    call.rings(provider)
    call.is_for(provider, "112")


def test_a_cut_that_nobody_has_noticed_yet_sends_the_call_outside_too(office: Office) -> None:
    """The way to his phone is silent at first."""
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    office.is_a_branch_that_loses(office.bob)
    call = office.alice.calls("102")
    call.is_for(provider, "+3225550102")
    provider.answers(call)
    call.is_up()


def test_so_does_one_that_is_forwarded(office: Office) -> None:
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    office.forwards(office.carol, "always", office.bob, office.alice)
    office.is_a_branch_that_loses(office.bob)
    call = office.alice.calls("103")
    call.is_for(provider, "+3225550102")


def test_who_has_no_number_outside_is_told_to_be_beyond_a_cut_that_nobody_had_noticed(office: Office) -> None:
    office.provider()
    office.is_a_branch_that_loses(office.bob)
    call = office.alice.calls("102")
    call.failed(480)
    call.was_told("Warning", "The link to Bob Dupont is cut")


def test_a_row_for_who_is_offline_counts_for_such_a_cut(office: Office) -> None:
    office.forwards(office.bob, "offline", office.carol)
    office.is_a_branch_that_loses(office.bob)
    office.alice.calls("102").rings(office.carol)


def test_a_dead_phone_at_the_branch_is_none_beyond_a_cut(office: Office) -> None:
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    office.is_a_branch_without()
    office.bob.loses_power()
    call = office.alice.calls("102")
    call.failed(480)
    call.was_told("Warning", "Bob Dupont has a phone that cannot be reached")
    call.does_not_ring(provider)


def test_the_rows_for_a_dead_phone_at_the_branch_count(office: Office) -> None:
    office.forwards(office.bob, "unreachable", office.carol)
    office.is_a_branch_without()
    office.bob.loses_power()
    office.alice.calls("102").rings(office.carol)
