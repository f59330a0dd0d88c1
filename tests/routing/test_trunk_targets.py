"""A trunk that is reached at several places: in which order, and which of them are not worth a try."""

from __future__ import annotations

import pytest
from tests.worlds.simulated import SimulatedOffice

from carillon.explain.call import Situation, explain
from carillon.routing.decision import Trunk
from carillon.routing.facts import FailureFacts
from carillon.routing.failures import decide
from carillon.routing.memo import Leg, Memo
from carillon.routing.outside import Line, by_health, to_targets
from carillon.stores.ports import Target

ONE, TWO = "sip:192.0.2.1:5060", "sip:192.0.2.2:5060"
MAIN, SPARE = Line("main", "sip:+3225551234@main.test"), Line("spare", "sip:+3225551234@spare.test:5060")
TARGETS = {"main": (Target(TWO, 1), Target(ONE, 0))}


def tried(*lines: Line) -> list[str]:
    return [f"{line.name} {line.target}".strip() for line in lines]


def test_all_places_of_a_trunk_come_before_the_next_trunk() -> None:
    assert tried(*to_targets((MAIN, SPARE), TARGETS, "call")) == [f"main {ONE}", f"main {TWO}", "spare"]


def test_places_that_are_down_come_after_other_trunks() -> None:
    lines = to_targets((MAIN, SPARE), TARGETS, "call")
    assert tried(*by_health(lines, frozenset({ONE}))) == [f"main {TWO}", "spare", f"main {ONE}"]
    assert tried(*by_health(lines, frozenset({"main", ONE, TWO}))) == ["spare", f"main {ONE}", f"main {TWO}"]


def test_a_line_is_written_and_read() -> None:
    for line in (*to_targets((MAIN, SPARE), TARGETS, "call"),):
        assert Line.parse(str(line)) == line


def fails(code: int, *left: str, timed_out: bool = False, rang: bool = False) -> object:
    """What happens to a call at the first place of `main` that ends so, with these places left."""
    first = Line(MAIN.name, MAIN.uri, ONE)
    memo = Memo(Leg.OUTBOUND, "leg", "+3225551234@carillon.test", "+3225551234", trunk=str(first), targets_left=left)
    failure = FailureFacts(code=code, timed_out=timed_out, rang=rang)
    assert Memo.parse(str(memo)) == memo
    return decide(memo, failure).outcome


@pytest.mark.parametrize(("code", "timed_out"), [(408, True), (503, False), (500, False)])
def test_silence_and_trouble_lead_to_the_next_place(code: int, timed_out: bool) -> None:
    assert fails(code, TWO, timed_out=timed_out) == Trunk(MAIN.name, MAIN.uri, target=TWO)
    assert not isinstance(fails(code, timed_out=timed_out), Trunk)


def test_who_refuses_our_password_does_so_at_all_his_places() -> None:
    first = str(Line(MAIN.name, MAIN.uri, ONE))
    memo = Memo(Leg.OUTBOUND, "leg", "1@carillon.test", "1", trunk=first, answered=True, targets_left=(TWO,))
    assert not isinstance(decide(memo, FailureFacts(code=407)).outcome, Trunk)


def test_the_far_ends_word_is_not_asked_for_elsewhere() -> None:
    assert not isinstance(fails(486, TWO), Trunk)
    assert not isinstance(fails(503, TWO, rang=True), Trunk)


def test_where_a_call_would_go_is_explained() -> None:
    office = SimulatedOffice()
    office.allows(office.alice, "national")
    office.provider("main")
    engine = office.engine
    account = engine.directory.account("carillon.test", "101")
    assert account is not None
    situation = Situation(account, "025551234", engine.now, lambda aor: False, frozenset({ONE}), targets=TARGETS)
    explained = explain(situation, engine.node, engine.directory)
    facts = {row.rule: row.fact for _, decision in explained.legs for row in decision.trace}
    assert facts["by_trunk"] == f"trunk main at {TWO}; down, so tried last: {ONE}"
    assert explained.outcome.endswith(f", to {TWO}")
