"""Session timers with real engines: calls of hours go on, those of vanished phones end, and nothing stays behind."""

from __future__ import annotations

import json

import pytest
from tests.live.company import Company
from tests.live.talking import a_call_works, calls, final, hangs_up, talk
from tests.phones.call import Call
from tests.phones.compose import Headers
from tests.phones.dialog import Dialog
from tests.phones.raw import RawAgent
from tests.phones.tones import TONES
from tests.worlds.building import carillon

pytestmark = [pytest.mark.engines, pytest.mark.timeout(300)]

SHORTEST_S = 90
TONE_OF_ALICE, TONE_OF_BOB = TONES[:2]
TIMER = ("Supported", "timer")
ANSWERS = {"INVITE", "UPDATE"}


def sets_timer(company: Company, seconds: int) -> None:
    """The interval of the company's domain."""
    office = ("--dir", str(company.building.directory))
    carillon(company.building.network, *office, "domain", "set", company.domain, "--session-timer", str(seconds))


def calls_up(company: Company) -> int:
    """How many calls the system says are up."""
    office = ("--dir", str(company.building.directory))
    rows = json.loads(carillon(company.building.network, *office, "call", "list", "--json"))
    return sum(company.domain in str(row) for row in rows)


def refreshed(call: Call) -> int:
    """How often the session was refreshed, from whichever side."""
    messages = [each for each in call.received if each.header("Session-Expires")]
    return len([each for each in messages if each.code == 200 or each.method in ANSWERS])


def answers_refreshes(agent: RawAgent, how_many: int) -> list[str]:
    """A phone that knows no session timers answers what it is asked; the intervals that it was told."""
    told = []
    for _ in range(how_many):
        asked = agent.await_message(lambda each: each.code is None and each.method in ANSWERS, SHORTEST_S, "a refresh")
        agent.accept(asked)
        told.append(asked.header("Session-Expires") or "")
        if asked.method == "INVITE":
            agent.expect("ACK")
    return told


def test_calls_of_hours_go_on_and_those_of_vanished_phones_end(company: Company) -> None:
    """Three calls at once, as it takes two intervals: two phones with sound; one that vanishes; one without timers."""
    sets_timer(company, SHORTEST_S)
    for device in ("101-b", "102-b", "102-c"):
        company.gives_device(device[:3], device)
    alice, bob = company.phone("101", tone=TONE_OF_ALICE), company.phone("102", device="102-b", tone=TONE_OF_BOB)
    long_call = alice.dial("102")
    heard = bob.incoming()
    heard.answer()
    # Who vanishes: he was to refresh, and the other side knows no timers.
    carol, dave = company.registered("103"), company.raw("102", device="102-c")
    talk_asked(dave, carol, [TIMER, ("Session-Expires", f"{SHORTEST_S};refresher=uac")])
    assert answers_refreshes(carol, 1) == [f"{SHORTEST_S};refresher=uac"]
    dave.close()
    carol.respond(carol.expect("BYE", SHORTEST_S), 200)
    wait_refreshed(long_call, 4)
    long_call.hears(TONE_OF_BOB)
    heard.hears(TONE_OF_ALICE)
    assert calls_up(company) == 1
    long_call.hangup()
    heard.wait_ended()
    assert calls_up(company) == 0


def talk_asked(caller: RawAgent, callee: RawAgent, headers: Headers) -> tuple[Dialog, Dialog]:
    """A call with these headers in its INVITE only."""
    invite = calls(caller, f"sip:{callee.user}@{callee.domain}", headers)
    received = callee.expect("INVITE")
    accepted = callee.accept(received)
    mine = Dialog.called(caller, invite, final(caller, invite))
    mine.ack()
    callee.expect("ACK")
    return mine, Dialog.answered(callee, received, accepted)


def wait_refreshed(call: Call, times: int) -> None:
    """Wait until the session was refreshed so often."""
    call.journal.until(lambda: {} if refreshed(call) >= times else None, 4 * SHORTEST_S, f"{times} refreshes")


@pytest.mark.parametrize(
    ("headers", "interval"),
    [
        ([], "1800;refresher=uas"),
        ([TIMER], "1800;refresher=uac"),
        ([TIMER, ("Session-Expires", "600;refresher=uac")], "600;refresher=uac"),
        ([("x", "600;refresher=uas"), ("k", "timer")], "600;refresher=uas"),
        ([TIMER, ("Session-Expires", "7200")], "1800;refresher=uac"),
        ([TIMER, ("Session-Expires", "7200"), ("Min-SE", "3600")], "3600;refresher=uac"),
        ([("Session-Expires", "30")], "90;refresher=uas"),
    ],
)
def test_what_a_caller_asks_for_and_gets(company: Company, headers: Headers, interval: str) -> None:
    alice, bob = company.raw("101"), company.registered("102")
    invite = calls(alice, company.uri("102"), headers)
    received = bob.expect("INVITE")
    assert received.header("Session-Expires") == "1800"
    accepted = bob.accept(received)
    answer = final(alice, invite)
    assert answer.header("Session-Expires") == interval
    mine = Dialog.called(alice, invite, answer)
    mine.ack()
    bob.expect("ACK")
    hangs_up(mine, Dialog.answered(bob, received, accepted))


def test_an_interval_that_is_too_small_is_answered_with_the_smallest(company: Company) -> None:
    alice, bob = company.raw("101"), company.registered("102")
    answer = final(alice, calls(alice, company.uri("102"), [TIMER, ("Session-Expires", "30")]))
    assert (answer.code, answer.header("Min-SE")) == (422, "90")
    hangs_up(*talk_asked(alice, bob, [TIMER, ("Session-Expires", "90"), ("Min-SE", "90")]))


def test_a_callee_that_wants_a_longer_interval_gets_it(company: Company) -> None:
    alice, bob = company.raw("101"), company.registered("102")
    invite = calls(alice, company.uri("102"))
    bob.respond(bob.expect("INVITE"), 422, headers=[("Min-SE", "3600")])
    again = bob.expect("INVITE")
    assert (again.header("Session-Expires"), again.header("Min-SE")) == ("3600", "3600")
    accepted = bob.accept(again, [("Session-Expires", "3600;refresher=uac"), ("Require", "timer")])
    mine = Dialog.called(alice, invite, final(alice, invite))
    mine.ack()
    bob.expect("ACK")
    hangs_up(mine, Dialog.answered(bob, again, accepted))


@pytest.mark.parametrize(
    "header", [("Session-Expires", "soon"), ("Session-Expires", ""), ("Min-SE", "-1"), ("x", "1;refresher=me")]
)
def test_garbage_is_refused_with_a_word_and_the_next_call_works(company: Company, header: tuple[str, str]) -> None:
    alice, bob = company.raw("101"), company.registered("102")
    answer = final(alice, calls(alice, company.uri("102"), [header]))
    assert answer.code == 400
    assert "cannot be read" in (answer.header("Warning") or "")
    a_call_works(alice, bob)


def test_garbage_within_a_call_is_refused_and_the_call_goes_on(company: Company) -> None:
    mine, his = talk(company.raw("101"), company.registered("102"))
    answer = mine.agent.exchange(mine.request("UPDATE", headers=[("Session-Expires", "soon")]))
    assert answer.code == 400
    hangs_up(mine, his)


def test_garbage_of_the_called_phone_does_not_lose_its_answer(company: Company) -> None:
    alice, bob = company.raw("101"), company.registered("102")
    invite = calls(alice, company.uri("102"))
    received = bob.expect("INVITE")
    accepted = bob.accept(received, [("Session-Expires", "soon")])
    mine = Dialog.called(alice, invite, final(alice, invite))
    mine.ack()
    bob.expect("ACK")
    hangs_up(mine, Dialog.answered(bob, received, accepted))
