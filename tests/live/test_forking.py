"""Phones that ring one after the other, seen from the wire: connections that are gone, flows, what a CANCEL says."""

from __future__ import annotations

import pytest
from tests.live.company import Company
from tests.live.talking import calls, final
from tests.live.test_flows import asks, flow, heard
from tests.phones.raw import RawAgent

pytestmark = pytest.mark.engines


def mobile_of(company: Company, device: str, q: str, **more: str) -> RawAgent:
    """A further phone of Bob's, registered with this q."""
    company.gives_device("102", device)
    agent = company.raw("102", device=device, **more)  # type: ignore[arg-type] -- by name
    asks(agent, f"<{agent.contact}>;q={q}")
    return agent


def test_a_waiting_phone_whose_connection_is_gone_is_passed_over(company: Company) -> None:
    alice, desk = company.raw("101"), company.registered("102")
    gone, last = mobile_of(company, "tcp", "0.5", transport="tcp"), mobile_of(company, "last", "0.2")
    invite = calls(alice, company.uri("102"))
    received = desk.expect("INVITE")
    gone.close()
    desk.respond(received, 486)
    last.respond(last.expect("INVITE"), 480, "Last Word")
    assert final(alice, invite).code == 480


def test_all_waiting_phones_are_gone(company: Company) -> None:
    alice, desk = company.raw("101"), company.registered("102")
    gone = mobile_of(company, "tcp", "0.5", transport="tcp")
    invite = calls(alice, company.uri("102"))
    received = desk.expect("INVITE")
    gone.close()
    desk.respond(received, 486, "Only Word")
    answer = final(alice, invite)
    assert (answer.code, answer.reason) == (486, "Only Word")


def test_a_later_phone_keeps_its_flows(company: Company) -> None:
    company.gives_device("102", "bob-desk")
    alice, older, newer = company.raw("101"), company.raw("102"), company.raw("102")
    desk = company.raw("102", device="bob-desk")
    asks(desk, f"<{desk.contact}>")
    flow(older, 1, ";q=0.5")
    flow(newer, 2, ";q=0.5")
    invite = calls(alice, company.uri("102"))
    desk.respond(desk.expect("INVITE"), 486)
    newer.respond(newer.expect("INVITE"), 430)
    older.respond(older.expect("INVITE"), 486)
    assert final(alice, invite).code == 486


def test_who_rings_in_vain_and_who_loses_are_told_different_things(company: Company) -> None:
    """The first one's CANCEL says nothing of an answer: nobody has answered (RFC 3326)."""
    alice, desk, silent = company.raw("101"), company.registered("102"), mobile_of(company, "silent", "0.5")
    second = mobile_of(company, "second", "0.5")
    company.forwards("102", "no-answer", "103", after_s=6)
    calls(alice, company.uri("102"))
    desk.respond(desk.expect("INVITE"), 180)
    cancel = desk.expect("CANCEL", timeout=15)
    assert "cause=200" not in (cancel.header("Reason") or "")
    ringing, other = silent.expect("INVITE"), second.expect("INVITE")
    silent.respond(ringing, 180)
    second.accept(other)
    assert "cause=200" in (silent.expect("CANCEL").header("Reason") or "")
    assert heard(desk) == 1
