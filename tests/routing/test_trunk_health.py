"""In which order trunks are tried when some of them are down."""

from __future__ import annotations

import pytest
from tests.worlds.simulated import SimulatedOffice, SimulatedPerson

from carillon.explain.call import Situation, explain
from carillon.routing.facts import UNKNOWN, Unknown
from carillon.routing.outside import Line, by_health

LINES = tuple(Line(name, f"sip:+3225551234@{name}.test:5060") for name in ("first", "second", "third"))


def office_with_providers() -> tuple[SimulatedOffice, SimulatedPerson, SimulatedPerson]:
    office = SimulatedOffice()
    office.allows(office.alice, "national")
    return office, office.provider("first"), office.provider("second")


@pytest.mark.parametrize(
    ("down", "order"),
    [
        (UNKNOWN, ["first", "second", "third"]),
        (frozenset(), ["first", "second", "third"]),
        (frozenset({"first"}), ["second", "third", "first"]),
        (frozenset({"first", "second", "third"}), ["first", "second", "third"]),
    ],
)
def test_those_that_are_down_are_tried_last_in_their_order(down: frozenset[str] | Unknown, order: list[str]) -> None:
    assert [line.name for line in by_health(LINES, down)] == order


def test_a_trunk_that_is_down_is_not_even_tried_while_another_works() -> None:
    office, first, second = office_with_providers()
    first.loses_power()
    office.notices(first)
    call = office.alice.calls("025551234")
    call.rings(second)
    assert call.inbound.sent == ["sip:+3225551234@second.test:5060"]


def test_no_call_is_refused_only_because_of_probes() -> None:
    office, first, second = office_with_providers()
    office.engine.down |= {"first", "second"}
    office.alice.calls("025551234").rings(first)
    first.loses_power()
    office.alice.calls("025551234").rings(second)


def test_what_is_down_is_explained() -> None:
    office, *_ = office_with_providers()
    engine = office.engine
    account = engine.directory.account("carillon.test", "101")
    assert account is not None
    situation = Situation(account, "025551234", engine.now, lambda aor: False, frozenset({"first"}))
    explained = explain(situation, engine.node, engine.directory)
    facts = {row.rule: row.fact for _, decision in explained.legs for row in decision.trace}
    assert facts["by_trunk"] == "trunk second; down, so tried last: first"
    assert "sip:+3225551234@second.test:5060" in explained.outcome
