"""Which rule records a call, and on which of its legs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.worlds.simulated import DOMAIN, SimulatedOffice, SimulatedPerson

from carillon.routing.anchor import Reason
from carillon.routing.decision import AddHeader, AnchorMedia, Pass, Reply
from carillon.routing.facts import BranchFacts, ReplyFacts
from carillon.routing.media import decide_branch
from carillon.routing.memo import Leg, Memo
from carillon.routing.recording import Recording
from carillon.routing.replies import decide
from carillon.stores.ports import DomainProfile, RecordingRule

KEPT = Recording("leg", DOMAIN, 1, "102", "101@x", "Alice", "102@x", "Bob", "internal")


def office(*rules: RecordingRule) -> SimulatedOffice:
    """With these rules."""
    made = SimulatedOffice()
    made.engine.directory.add_domain(DomainProfile(DOMAIN, recording=rules))
    return made


def rows(made: SimulatedOffice) -> dict[str, str]:
    """The last words of the two rules about recording."""
    lines = [line.split() for line in made.engine.ladder().splitlines()]
    return {line[0]: line[1] for line in lines if line and line[0].startswith("recorded")}


def calls(made: SimulatedOffice, who: SimulatedPerson, whom: SimulatedPerson) -> dict[str, str]:
    """What is said of recording when one calls the other."""
    who.calls(whom)
    return rows(made)


@pytest.mark.parametrize(
    ("rule", "inbound", "outbound"),
    [
        (RecordingRule(1), "lost", "recorded"),
        (RecordingRule(1, "internal", frozenset({"102"})), "not", "recorded"),
        (RecordingRule(1, "external"), "not", "not"),
        (RecordingRule(1, "all", frozenset({"103"})), "not", "not"),
        (RecordingRule(1, "all", None, "provider"), "not", "not"),
    ],
)
def test_which_rule_records_a_call(rule: RecordingRule, inbound: str, outbound: str) -> None:
    """The simulated phones offer no sound, so that their own leg has nothing to record."""
    made = office(rule)
    said = calls(made, made.alice, made.bob)
    assert said["recorded"] == inbound
    assert said["recorded_outbound"] == outbound or (outbound == "recorded" and said["recorded_outbound"] == "lost")


def test_a_phone_that_answers_is_recorded_from_then_on() -> None:
    node = SimulatedOffice().engine.node
    memo = Memo(Leg.OUTBOUND, "leg", "102@x", recording=str(KEPT))
    offered = decide_branch(memo, BranchFacts(0, encrypted=False), node)
    (anchored,) = [each for each in offered.effects if isinstance(each, AnchorMedia)]
    assert anchored.anchor.reasons == (Reason.RECORDING,)
    assert not anchored.record
    early = decide(memo, ReplyFacts(183, anchor=anchored.anchor, described=True, recording=memo.recording))
    assert [each.record for each in early.effects if isinstance(each, AnchorMedia)] == [""]
    answer = decide(memo, ReplyFacts(200, anchor=anchored.anchor, described=True, recording=memo.recording))
    assert [each.record for each in answer.effects if isinstance(each, AnchorMedia)] == [str(KEPT)]


def test_without_the_relay_a_phone_rings_unrecorded_unless_it_must_not() -> None:
    node = SimulatedOffice().engine.node
    branch = BranchFacts(0, encrypted=False, relay=False)
    memo = Memo(Leg.OUTBOUND, "leg", "102@x", recording=str(KEPT))
    assert isinstance(decide_branch(memo, branch, node).outcome, Pass)
    must = Recording("leg", DOMAIN, 1, "102", "101@x", "Alice", "102@x", "Bob", "internal", True)
    memo = Memo(Leg.OUTBOUND, "leg", "102@x", recording=str(must))
    assert not isinstance(decide_branch(memo, branch, node).outcome, Pass | Reply)


def test_a_plain_call_tells_asterisk_nothing_of_recording() -> None:
    made = office()
    assert calls(made, made.alice, made.bob) == {"recorded": "not", "recorded_outbound": "not"}
    assert not isinstance(made.engine, AddHeader)


def test_a_phone_that_may_be_recorded_by_key_is_anchored_and_asterisk_is_told() -> None:
    node = SimulatedOffice().engine.node
    by_key = replace(KEPT, on_demand=True)
    memo = Memo(Leg.OUTBOUND, "leg", "102@x", recording=str(by_key))
    (anchored,) = [
        each
        for each in decide_branch(memo, BranchFacts(0, encrypted=False), node).effects
        if isinstance(each, AnchorMedia)
    ]
    answer = decide(memo, ReplyFacts(200, anchor=anchored.anchor, described=True, recording=memo.recording))
    told = [each.value for each in answer.effects if isinstance(each, AddHeader)]
    assert told == [f"{anchored.anchor.session} off"]
    early = decide(memo, ReplyFacts(183, anchor=anchored.anchor, described=True, recording=memo.recording))
    assert not [each for each in early.effects if isinstance(each, AddHeader)]


def test_without_the_relay_nothing_is_lost_that_nobody_has_asked_for() -> None:
    node = SimulatedOffice().engine.node
    memo = Memo(Leg.OUTBOUND, "leg", "102@x", recording=str(replace(KEPT, on_demand=True)))
    said = decide_branch(memo, BranchFacts(0, encrypted=False, relay=False), node)
    assert (said.outcome, said.effects) == (Pass(), ())


def test_a_rule_that_records_by_itself_counts_before_one_by_key() -> None:
    made = office(RecordingRule(1, on_demand=True), RecordingRule(2))
    made.alice.calls(made.bob)
    assert "rule 2: all calls of everybody" in made.engine.ladder()


@pytest.mark.parametrize(
    ("rules", "announced"),
    [
        ((RecordingRule(1, announce="tone"),), True),
        ((RecordingRule(1),), False),
        ((RecordingRule(1, required=True), RecordingRule(2, "all", frozenset({"101"}), announce="tone")), True),
        ((RecordingRule(1, "all", frozenset({"102"})), RecordingRule(2, "internal", announce="tone")), True),
        (
            (RecordingRule(1, "all", frozenset({"101"})), RecordingRule(2, "all", frozenset({"103"}), announce="tone")),
            False,
        ),
    ],
)
def test_if_one_rule_that_fits_announces_it_it_is_announced(rules: tuple[RecordingRule, ...], announced: bool) -> None:
    made = office(*rules)
    made.alice.calls(made.bob)
    assert ("announced by a tone" in made.engine.ladder()) == announced


def test_the_called_colleague_whose_rule_announces_is_heeded_on_the_callers_side() -> None:
    made = office(
        RecordingRule(1, "all", frozenset({"101"})),
        RecordingRule(2, "internal", frozenset({"102"}), announce="tone", tone_every_s=15),
    )
    made.alice.calls(made.bob)
    assert "rule 1: all calls of 101, announced by a tone, and a tone every 15 s" in made.engine.ladder()
