"""Rules of forwarding at their edges: what must not be forwarded, what it costs, and what nobody can forge."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds.simulated import DOMAIN, SimulatedCall, SimulatedOffice

from carillon.routing.course import course
from carillon.routing.decision import AddHeader, Decision, Relay, Reply, Ring
from carillon.routing.entrance import OUTBOUND
from carillon.routing.facts import UNKNOWN, Facts
from carillon.routing.progress import Diverted, Onward, Progress, key_of, progress_in
from carillon.routing.questions import Questions
from carillon.routing.request import Request, Source
from carillon.routing.schedule import is_open
from carillon.sip.legid import make_leg_id
from carillon.sip.private import PrivateHeader
from carillon.sip.seal import Secrets
from carillon.sip.uri import SipUri
from carillon.stores.ports import ForwardRow, Limit, ScheduleProfile, Scope, StateRow

LEG = make_leg_id(Secrets(b"s" * 32), "abcdef")


@pytest.fixture
def office() -> SimulatedOffice:
    """Alice, Bob, Carol."""
    return SimulatedOffice()


def decided(office: SimulatedOffice, private: dict[str, str], **changes: Any) -> Decision:
    """What is decided for an INVITE of Asterisk to Bob; `changes` are of the facts."""

    def facts_of(asked: Questions, request: Request) -> Facts:
        return replace(office.engine._facts(asked, request), **changes)

    bob = SipUri("102", DOMAIN)
    headers = {PrivateHeader.LEG: LEG, PrivateHeader.CALLER: f"101@{DOMAIN}", **private}
    request = Request("INVITE", bob, bob, bob, "c", Source.GATEWAY, from_tag="g", private=headers)
    return course(OUTBOUND, request, office.engine.node, facts_of, office.engine.slots).decision


def rings(decision: Decision) -> str:
    assert isinstance(decision.outcome, Ring), decision
    return decision.outcome.aor.partition("@")[0]


def test_a_queues_call_stays(office: SimulatedOffice) -> None:
    office.forwards(office.bob, "always", office.carol)
    office.forwards(office.bob, "busy", office.carol)
    assert rings(decided(office, {})) == "103"
    staying = decided(office, {PrivateHeader.NO_FORWARD: "yes"})
    assert rings(staying) == "102"
    assert staying.memo is not None
    assert staying.memo.onward == "", "a failure, or a phone's 302, would forward it"


def test_a_queues_call_disturbs_nobody(office: SimulatedOffice) -> None:
    office.is_in_state(office.bob, "dnd")
    office.forwards(office.bob, "busy", office.carol)
    outcome = decided(office, {PrivateHeader.NO_FORWARD: "yes"}).outcome
    assert isinstance(outcome, Reply)
    assert outcome.code == 486


@pytest.mark.parametrize(("calls", "whom"), [(0, "102"), (None, "102"), (1, "103"), (2, "103")])
def test_who_wants_no_second_call_is_busy_in_a_call(office: SimulatedOffice, calls: int | None, whom: str) -> None:
    office.forwards(office.bob, "busy", office.carol)
    office.engine.counts.down = calls is None
    for number in range(calls or 0):
        office.engine.counts.hold(f"call-{number}", [Limit(Scope.USER, f"102@{DOMAIN}")])
    office.engine.directory.change(DOMAIN, "102", call_waiting=False)
    assert rings(decided(office, {})) == whom
    office.engine.directory.change(DOMAIN, "102", call_waiting=True)
    assert rings(decided(office, {})) == "102"


@pytest.mark.parametrize("known", [{}, UNKNOWN])
def test_a_row_whose_question_has_no_answer_does_not_fit(office: SimulatedOffice, known: object) -> None:
    office.forwards(office.bob, "always", office.carol, schedule="office")
    office.forwards(office.bob, "always", office.carol, caller="family")
    assert rings(decided(office, {}, schedules=known, caller_lists=known)) == "102"


def test_a_failed_transfer_has_rows_of_its_own(office: SimulatedOffice) -> None:
    office.forwards(office.bob, "failed-transfer", office.carol)
    plain, sent = decided(office, {}), decided(office, {PrivateHeader.TRANSFERRED_BY: f"104@{DOMAIN}"})
    assert plain.memo is not None
    assert sent.memo is not None
    assert "failed-transfer" not in Onward.parse(plain.memo.onward).causes
    assert "failed-transfer" in Onward.parse(sent.memo.onward).causes


@pytest.mark.parametrize(
    ("target", "user"), [("voicemail", "voicemail-102"), ("announcement:closed", "announcement-closed")]
)
def test_what_answers_by_itself_is_at_the_gateway(office: SimulatedOffice, target: str, user: str) -> None:
    office.forwards(office.bob, "always", target)
    decision = decided(office, {PrivateHeader.ORIGIN: "external"})
    assert isinstance(decision.outcome, Relay)
    assert decision.outcome.called == f"{user}@{DOMAIN}"
    told = {effect.name: effect.value for effect in decision.effects if isinstance(effect, AddHeader)}
    assert told[PrivateHeader.CALLED] == f"{user}@{DOMAIN}"
    assert told[PrivateHeader.SERVICE].startswith(target)
    assert (told[PrivateHeader.ORIGIN], told[PrivateHeader.LEG]) == ("external", LEG)
    assert told["Diversion"] == f"<sip:102@{DOMAIN}>;reason=unconditional;counter=1"


@pytest.mark.parametrize(("trusted", "shown"), [(True, "+32475123456"), (False, "+3225550102")])
def test_a_trusted_provider_is_shown_who_really_calls(office: SimulatedOffice, trusted: bool, shown: str) -> None:
    provider = office.provider()
    trunk = office.engine.directory.trunks()[DOMAIN, "provider"]
    office.engine.directory.add_trunk(replace(trunk, trusted=trusted))
    office.engine.directory.change(DOMAIN, "102", outside=frozenset({"mobile"}), caller_number="+3225550102")
    office.numbers(office.bob, "+3225550102")
    office.forwards(office.bob, "always", "+32479999999")
    call = provider.calls_in("+3225550102", as_number="+32475123456")
    call.rings(provider)
    call.shows(provider, "", shown)
    call.is_told(provider, "Diversion", "sip:+3225550102@")


def test_who_hides_his_number_stays_hidden_on_the_way_out(office: SimulatedOffice) -> None:
    office.provider()
    office.engine.directory.change(DOMAIN, "102", outside=frozenset({"mobile"}))
    office.forwards(office.bob, "always", "+32479999999")
    private = {PrivateHeader.CALLER: "anonymous@anonymous.invalid", PrivateHeader.ORIGIN: "external"}
    decision = decided(office, private)
    assert AddHeader("Privacy", "id") in decision.effects


def test_a_state_ends_by_itself(office: SimulatedOffice) -> None:
    rows = (StateRow("manual", "busy", dnd=True, until=office.engine.now + 60), StateRow("calendar", "away"))
    office.engine.directory.change(DOMAIN, "102", presence=rows)
    office.forwards(office.bob, "always", office.carol, presence="away")
    office.alice.calls(office.bob).failed(486)
    office.engine.now += 60
    office.alice.calls(office.bob).rings(office.carol)


def test_a_call_is_not_forwarded_for_ever(office: SimulatedOffice) -> None:
    chain = [office.bob, *(office.hires(f"Person {n}", str(n)) for n in range(201, 209))]
    for one, next_ in pairwise(chain):
        office.forwards(one, "always", next_)
    call = office.alice.calls(office.bob)
    call.failed(483)
    call.was_told("Warning", "forwarded too often")
    office.alice.calls("203").rings(chain[-1])


def test_a_long_round_comes_to_an_end(office: SimulatedOffice) -> None:
    people = [office.bob, office.carol, office.hires("Dave", "104")]
    for one, next_ in zip(people, [*people[1:], people[0]], strict=True):
        office.forwards(one, "busy", next_)
    call = office.alice.calls(office.bob)
    for person in people:
        call.rings(person)
        person.refuses(call, 486)
    call.failed(486)


def test_a_further_number_of_who_sent_the_call_on_is_a_round_too(office: SimulatedOffice) -> None:
    office.numbers(office.bob, "150")
    office.forwards(office.bob, "always", office.carol)
    office.forwards(office.carol, "always", "150")
    office.alice.calls(office.bob).rings(office.carol)


def test_a_row_that_goes_while_it_rings(office: SimulatedOffice) -> None:
    office.forwards(office.bob, "busy", office.carol)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    office.engine.directory.change(DOMAIN, "102", forwarding=())
    office.bob.refuses(call, 486, "In A Meeting")
    call.failed(486)


def test_each_hop_costs_one_read_and_no_failure_costs_any(office: SimulatedOffice) -> None:
    office.forwards(office.bob, "always", office.carol)
    office.forwards(office.carol, "busy", office.alice)
    call = office.hires("Dave", "104").calls(office.bob)
    call.rings(office.carol)
    assert office.engine.reads["outbound"] == 2
    office.carol.refuses(call, 486)
    call.rings(office.alice)
    assert office.engine.reads["outbound"] == 2, "Carol's row, and Alice's"


def test_many_rows_in_a_domain_are_not_read(office: SimulatedOffice) -> None:
    office.forwards(office.bob, "always", office.carol)
    rows = tuple(ForwardRow(1000 + n, "busy", ("103",), caller="nobody") for n in range(10_000))
    office.engine.directory.change(DOMAIN, "101", forwarding=rows)
    call: SimulatedCall = office.carol.calls(office.bob)
    call.rings(office.carol)
    assert office.engine.reads["outbound"] == 2


def test_history_is_told_in_order(office: SimulatedOffice) -> None:
    dave = office.hires("Dave", "104")
    office.forwards(office.bob, "always", office.carol)
    office.forwards(office.carol, "no-answer", dave)
    call = office.alice.calls(office.bob)
    call.rings(office.carol)
    office.carol.lets_it_ring(call)
    call.rings(dave)
    call.is_told(
        dave,
        "History-Info",
        f"<sip:102@{DOMAIN}>;index=1, <sip:103@{DOMAIN};cause=302>;index=1.1;mp=1, "
        f"<sip:104@{DOMAIN};cause=408>;index=1.1.1;mp=1.1",
    )


def test_a_token_is_of_its_own_leg_only() -> None:
    secret = Secrets(b"s" * 32)
    token = Onward(key_of(secret, LEG), (), Progress()).token(Progress("102@a.org", "busy", 486, "Occupé"))
    assert progress_in(secret, LEG, token) == Progress("102@a.org", "busy", 486, "Occupé")
    assert progress_in(secret, make_leg_id(secret, "fedcba"), token) is None
    assert progress_in(secret, LEG, token.replace(".", ".x")) is None
    assert progress_in(secret, LEG, "") is None


@given(st.text(max_size=80))
def test_nobody_makes_a_token_up(text: str) -> None:
    assert progress_in(Secrets(b"s" * 32), LEG, text) is None
    assert progress_in(Secrets(b"s" * 32), LEG, f"{key_of(Secrets(b's' * 32), LEG)}.{text}") in (None, Progress())


_texts = st.text(max_size=20)
_people = st.builds(Diverted, _texts, _texts, _texts)
_progress = st.builds(
    Progress, _texts, _texts, st.integers(0, 699), _texts, st.integers(0), st.integers(0), _texts, by=st.tuples(_people)
)


@given(_progress)
def test_progress_survives_its_way_through_asterisk(progress: Progress) -> None:
    assert Progress.parse(str(progress)) == progress
    assert Onward.parse(str(Onward("k", ("busy", "code:488"), progress))).progress == progress
    assert set(str(progress)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_leg_with_a_token_that_is_not_ours_is_refused(office: SimulatedOffice) -> None:
    outcome = decided(office, {PrivateHeader.FORWARD: "0" * 24 + ".e30"}).outcome
    assert isinstance(outcome, Reply)
    assert outcome.code == 403


OFFICE = ScheduleProfile(
    "Europe/Brussels", (*((day, 540, 1050) for day in range(5)), (5, 1320, 120)), frozenset({"2026-12-25"})
)


@pytest.mark.parametrize(
    ("local", "is_open_then"),
    [
        ("2026-11-24T08:59", False),
        ("2026-11-24T09:00", True),
        ("2026-11-24T17:29", True),
        ("2026-11-24T17:30", False),
        ("2026-12-25T10:00", False),
        ("2026-11-28T23:00", True),  # Saturday night
        ("2026-11-29T01:59", True),
        ("2026-11-29T02:00", False),
        ("2026-03-27T09:00", True),  # the last Friday of winter time
        ("2026-03-30T09:00", True),  # the first Monday of summer time
        ("2026-03-30T08:59", False),
    ],
)
def test_hours_are_those_of_the_wall_clock(local: str, is_open_then: bool) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Europe/Brussels")).timestamp()
    assert is_open(OFFICE, now) is is_open_then
