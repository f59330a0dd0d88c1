"""Who has picked a call up is in it; at whom it rang is free again."""

from __future__ import annotations

import pytest
from tests.worlds.office import Office

pytestmark = pytest.mark.needs_asterisk


@pytest.mark.parametrize("how", ["code", "key"])
@pytest.mark.parametrize("rule", ["one call at most", "no second call"])
def test_the_picker_has_the_call_and_who_was_rung_is_free(office: Office, rule: str, how: str) -> None:
    dora, erin = office.hires("Dora Maes", "104"), office.hires("Erin Jacobs", "105")
    office.groups("sales", office.bob, office.carol)
    for person in (office.bob, office.carol):
        if rule == "one call at most":
            office.limits(person, 1)
        else:
            office.wants_no_second_call(person)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    taken = office.carol.picks_up(office.bob) if how == "code" else office.carol.replaces(call, office.bob)
    taken.takes(call)
    office.counts(office.carol, 1)
    office.frees(office.bob)
    dora.calls(office.bob).rings(office.bob)
    erin.calls(office.carol).failed(486)
    office.alice.hangs_up(call)
    office.frees(office.carol)
    erin.calls(office.carol).rings(office.carol)


def test_who_has_his_most_calls_picks_no_other_up(office: Office) -> None:
    """He is told so, and the call rings on."""
    dora = office.hires("Dora Maes", "104")
    office.groups("sales", office.bob, office.carol)
    office.limits(office.carol, 1)
    talking = office.carol.calls(dora)
    talking.rings(dora)
    dora.answers(talking)
    talking.is_up()
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    refused = office.carol.picks_up(office.bob)
    refused.failed(603)
    refused.was_told("Warning", "You already have 1 call")
    office.counts(office.carol, 1)
    office.bob.answers(call)
    call.is_up()


def test_a_call_of_a_full_group_is_picked_up_within_the_group(office: Office) -> None:
    """It counts there already; for another group of the picker it is a new one."""
    dora = office.hires("Dora Maes", "104")
    office.limits_group("sales", 1, office.bob, office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.carol.picks_up(office.bob).takes(call)
    office.alice.hangs_up(call)
    office.frees(office.carol)
    office.limits_group("support", 1, office.carol, dora)
    talking = office.alice.calls(dora)
    talking.rings(dora)
    dora.answers(talking)
    talking.is_up()
    second = office.alice.calls(office.bob)
    second.rings(office.bob)
    refused = office.carol.picks_up(office.bob)
    refused.failed(603)
    refused.was_told("Warning", "The group support already has 1 call")
