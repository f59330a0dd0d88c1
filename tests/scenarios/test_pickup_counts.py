"""Who has picked a call up is in it; at whom it rang is free again."""

from __future__ import annotations

import pytest
from tests.worlds.office import Office


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
