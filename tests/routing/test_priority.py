"""When a phone is to ring among those of its person."""

from __future__ import annotations

import pytest

from carillon.model.priority import fits
from carillon.routing.facts import UNKNOWN, Facts, NodeProfile
from carillon.routing.priority import priority_of
from carillon.routing.request import Request
from carillon.sip.uri import SipUri
from carillon.stores.ports import Account, DomainProfile, Party, PriorityRow

HOME = SipUri("", "example.org")


def rings_at(
    *rows: PriorityRow, q: str = "", agent: str = "Acrobits/8", transport: str = "udp", own: float | None = None
) -> float | None:
    """What counts for Bob's mobile."""
    contact = "<sip:102@192.0.2.1>" + (f";q={q}" if q else "")
    request = Request("REGISTER", HOME, HOME, HOME, "1", contacts=contact, user_agent=agent, transport=transport)
    account = Account("bob-mobile", "example.org", "", "", Party("102", "example.org", "Bob"), priority=own)
    domains = {"example.org": DomainProfile("example.org", priorities=rows)}
    return priority_of(request, account, Facts(0, NodeProfile("example.org", ()), domains, account))[0]


def test_a_phone_that_sends_no_q_follows_the_first_rule_that_fits() -> None:
    rows = (PriorityRow(1, 0.9, agent="Yealink*"), PriorityRow(2, 0.5, agent="acro*"), PriorityRow(3, 0.1, agent="*"))
    assert rings_at(*rows) == 0.5
    assert rings_at(*rows, agent="") == 0.1
    assert rings_at() is None


def test_a_q_of_its_own_goes_before_a_rule_that_does_not_override() -> None:
    plain, override = PriorityRow(1, 0.5, agent="*"), PriorityRow(2, 0.2, device="*-mobile", override=True)
    assert rings_at(plain, q="0.8") is None
    assert rings_at(plain, override, q="0.8") == 0.2
    assert rings_at(plain, override) == 0.5


def test_the_devices_own_setting_goes_before_all() -> None:
    assert rings_at(PriorityRow(1, 0.5, agent="*", override=True), own=0.7) == 0.7


def test_all_that_a_rule_says_must_fit() -> None:
    row = PriorityRow(1, 0.5, "Acrobits*", "tls", "*-mobile")
    assert rings_at(row, transport="tls") == 0.5
    assert rings_at(row) is None
    assert rings_at(row, transport="tls", agent="Yealink") is None


def test_domains_that_are_not_known_leave_the_phone_its_own() -> None:
    request = Request("REGISTER", HOME, HOME, HOME, "1", contacts="<sip:102@192.0.2.1>")
    account = Account("bob", "example.org", "", "", Party("102", "example.org", "Bob"))
    assert priority_of(request, account, Facts(0, NodeProfile("example.org", ()), UNKNOWN, account))[0] is None


@pytest.mark.parametrize("text", ["a" * 5000, "*" * 60, "[", "[!", "(a+)+$", "\\"])
def test_no_pattern_is_dangerous(text: str) -> None:
    assert not fits("*a" * 30 + "b", text)
    assert fits(text, text) or "[" in text
