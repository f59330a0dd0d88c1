"""MESSAGE: who may write what to whom, without any engine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.routing.test_watching import ALICE, BOB, FACTS, HOME, ME, NODE, SERVER

from carillon.routing import message
from carillon.routing.chain import decide_by
from carillon.routing.decision import Challenge, CountMessage, Decision, Deliver, Reply, SetFrom
from carillon.routing.entrance import MESSAGE, SERVICE, route_of
from carillon.routing.facts import UNKNOWN, Facts
from carillon.routing.request import Request, Source
from carillon.sip.digest import Credentials
from carillon.sip.uri import SipUri
from carillon.stores.ports import DomainProfile, Party

PROOF = Credentials("alice-desk", HOME, "n", "u", "r", "MD5", "auth", "1", "c")
WRITES = Request("MESSAGE", SipUri("102", HOME), ME, SipUri("102", HOME), "c", from_tag="f", credentials=PROOF)
KEPT = replace(WRITES, source=Source.PRESENCE, credentials=None)


def written(request: Request, facts: Facts = FACTS) -> Decision:
    """What becomes of a message whose sender has proved who he is."""
    proved = request.source is Source.OUTSIDE
    rules = [rule for rule in message.RULES if not proved or rule is not message.known_sender]
    return decide_by(rules, request, facts)


def code(decision: Decision) -> int:
    """The answer."""
    assert isinstance(decision.outcome, Reply), decision
    return decision.outcome.code


def test_it_goes_to_the_person_in_the_senders_own_name() -> None:
    decision = written(replace(WRITES, from_uri=SipUri("alice-desk", HOME)))
    assert decision.outcome == Deliver(BOB.aor, SERVER)
    assert SetFrom("Alice", f"sip:{ALICE.aor}") in decision.effects
    assert CountMessage(f"alice-desk@{HOME}") in decision.effects


def test_one_that_was_kept_is_kept_by_nobody_else() -> None:
    decision = written(KEPT, replace(FACTS, account=None, caller=ALICE))
    assert decision.outcome == Deliver(BOB.aor, None)
    assert SetFrom("Alice", f"sip:{ALICE.aor}") in decision.effects


def test_one_that_was_kept_comes_although_its_sender_is_gone() -> None:
    assert isinstance(written(KEPT, replace(FACTS, account=None, caller=None)).outcome, Deliver)


def test_what_is_refused() -> None:
    assert code(written(replace(WRITES, body_bytes=1301))) == 413
    assert code(written(replace(WRITES, from_uri=SipUri("103", HOME)))) == 403
    assert code(written(WRITES, replace(FACTS, messages_sent=20))) == 480
    assert code(written(WRITES, replace(FACTS, callee=None))) == 404
    assert code(written(WRITES, replace(FACTS, callee=Party("102", "other.org", "Bea")))) == 404
    assert code(written(WRITES, replace(FACTS, callee=UNKNOWN))) == 503


def test_a_message_for_another_domain_says_whom_messages_go_to() -> None:
    outside = written(replace(WRITES, uri=SipUri("bob", "elsewhere.test")), replace(FACTS, callee=None))
    assert code(outside) == 404
    assert isinstance(outside.outcome, Reply)
    assert f"Messages go to people of {HOME} only" in dict(outside.outcome.headers)["Warning"]


OTHER = "other.org"
BEA = Party("102", OTHER, "Bea")
TO_BEA = replace(WRITES, uri=SipUri("102", OTHER))


@pytest.mark.parametrize("let_in", [{HOME}, {"third.org", HOME}, {"*"}])
def test_a_domain_may_let_people_of_another_write(let_in: set[str]) -> None:
    domains = {HOME: DomainProfile(HOME), OTHER: DomainProfile(OTHER, messages_from=frozenset(let_in))}
    assert written(TO_BEA, replace(FACTS, callee=BEA, domains=domains)).outcome == Deliver(BEA.aor, SERVER)


def test_a_domain_that_lets_others_in_is_not_let_in_itself() -> None:
    domains = {HOME: DomainProfile(HOME, messages_from=frozenset({OTHER})), OTHER: DomainProfile(OTHER)}
    assert code(written(TO_BEA, replace(FACTS, callee=BEA, domains=domains))) == 404


def test_who_may_write_elsewhere_is_not_told_that_he_can_not() -> None:
    domains = {HOME: DomainProfile(HOME), OTHER: DomainProfile(OTHER, messages_from=frozenset({"*"}))}
    refused = written(TO_BEA, replace(FACTS, callee=None, domains=domains))
    assert isinstance(refused.outcome, Reply)
    assert "and of domains that let them in only" in dict(refused.outcome.headers)["Warning"]


def test_one_that_was_kept_comes_although_its_senders_domain_is_let_in_no_more() -> None:
    kept = replace(KEPT, uri=SipUri("102", OTHER))
    domains = {HOME: DomainProfile(HOME), OTHER: DomainProfile(OTHER)}
    outcome = written(kept, replace(FACTS, account=None, caller=ALICE, callee=BEA, domains=domains)).outcome
    assert outcome == Deliver(BEA.aor, None)


def test_a_number_behind_which_something_answers_reads_no_messages() -> None:
    group = Party("200", HOME, "sales", service="group:sales")
    assert code(written(WRITES, replace(FACTS, callee=group))) == 404


def test_a_stranger_is_asked_who_he_is_and_a_trunk_writes_nothing() -> None:
    stranger = replace(WRITES, credentials=None)
    assert message.RULES[1] is message.known_sender
    assert isinstance(message.decide(stranger, FACTS).outcome, Challenge)
    assert message.ask(stranger, NODE).directory_reads == 0
    assert route_of(WRITES, NODE) is MESSAGE
    assert route_of(replace(WRITES, source=Source.TRUNK), NODE) is SERVICE


def test_a_message_costs_two_look_ups() -> None:
    assert message.ask(WRITES, NODE).directory_reads == 2
    assert message.ask(KEPT, NODE).directory_reads == 2


@pytest.mark.parametrize(("answer", "kept"), [(408, True), (480, True), (503, True), (415, False), (603, False)])
def test_what_nobody_took_is_kept_and_what_was_refused_is_not(answer: int, kept: bool) -> None:
    assert message.is_kept_after(answer, SERVER) is kept
    assert not message.is_kept_after(answer, None)
