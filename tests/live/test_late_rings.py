"""Who begins to ring when the call has gone on without him is told to stop: nobody would hear him answer."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.live.company import Company
from tests.live.talking import calls, final, hangs_up
from tests.live.test_forking import mobile_of
from tests.live.test_hangs import away, said
from tests.live.waiting import await_that
from tests.phones.dialog import Dialog
from tests.phones.message import Message
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport

from carillon.supervision.rpc import call

pytestmark = pytest.mark.engines


def unanswered(company: Company, alice: RawAgent, bob: RawAgent) -> Message:
    """A call that Bob's phone has got, and said nothing to, until Alice heard that he can't be reached."""
    invite = calls(alice, company.uri("102"))
    received = bob.expect("INVITE")
    answer = final(alice, invite)
    assert (answer.code, "cannot be reached" in (answer.header("Warning") or "")) == (480, True)
    return received


def is_stopped(bob: RawAgent, received: Message) -> None:
    """Bob's phone rings, is told to stop, and does."""
    bob.respond(received, 180)
    cancel = bob.expect("CANCEL")
    assert [cancel.header(name) for name in ("Call-ID", "From", "To")] == [
        received.header(name) for name in ("Call-ID", "From", "To")
    ]
    assert branch(cancel) == branch(received)
    bob.respond(cancel, 200)
    bob.respond(received, 487)
    assert bob.expect("ACK").cseq[0] == received.cseq[0]


def branch(message: Message) -> str:
    """By what a transaction is known."""
    return (message.header("Via") or "").partition("branch=")[2].partition(";")[0]


@contextmanager
def seems_to_run_for_long(rpc: Path) -> Iterator[None]:
    """Kamailio believes that no call rings for more than no time, and so that none is of before its start."""
    longest = call(rpc, "pv.shvGet", "longest_ring")["value"]
    call(rpc, "pv.shvSet", "longest_ring", "int", 0)
    try:
        yield
    finally:
        call(rpc, "pv.shvSet", "longest_ring", "int", longest)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_phone_that_wakes_up_after_its_call(company: Company, transport: Transport) -> None:
    alice, bob = company.registered("101"), company.registered("102", transport=transport)
    is_stopped(bob, unanswered(company, alice, bob))


@pytest.mark.parametrize("transport", ["udp", "tls"])
def test_a_phone_that_wakes_up_long_after_its_call(company: Company, transport: Transport) -> None:
    """Kamailio has forgotten the call by then; it has run for longer than any call rings, so that it knew all."""
    alice, bob = company.registered("101"), company.registered("102", transport=transport)
    received = unanswered(company, alice, bob)
    rpc = company.building.paths.kamailio_rpc
    await_that(lambda: call(rpc, "tm.stats")["current"] == 0, "Kamailio has forgotten the call")
    with seems_to_run_for_long(rpc):
        is_stopped(bob, received)


def test_a_phone_that_wakes_up_while_the_next_one_rings(company: Company) -> None:
    """The call goes on at the next one, which may take it."""
    alice, desk, mobile = company.raw("101"), company.registered("102"), mobile_of(company, "mobile", "0.5")
    invite = calls(alice, company.uri("102"))
    received, ringing = desk.expect("INVITE"), mobile.expect("INVITE")
    mobile.respond(ringing, 180)
    is_stopped(desk, received)
    accepted = mobile.accept(ringing)
    mine = Dialog.called(alice, invite, final(alice, invite))
    mine.ack()
    mobile.expect("ACK")
    hangs_up(mine, Dialog.answered(mobile, ringing, accepted))


def test_a_call_that_asterisk_reads_too_late_rings_nobody_for_long(company: Company) -> None:
    """It stood still, and the caller was told so; when it goes on it finds the call, and calls Bob."""
    alice, _ = company.registered("101"), company.phone("102")
    with away(company, "asterisk", signal.SIGSTOP):
        assert final(alice, calls(alice, company.uri("102"))).code == 503
    await_that(
        lambda: not [each for each in said(company, "call", "list") if company.domain in each["to"]], "none is up"
    )
