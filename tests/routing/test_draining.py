"""A drained node has its phones come again soon, so that they find another one (ADR 49)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carillon.routing.decision import Save
from carillon.routing.facts import Facts, NodeProfile
from carillon.routing.register import stored
from carillon.routing.request import Request
from carillon.sip.uri import SipUri
from carillon.stores.ports import Account, Party

ALICE = Account("alice", "e.test", "", "", Party("101", "e.test", "Alice"))
FACTS = Facts(0.0, NodeProfile("e.test", ()), account=ALICE)


def kept_for(facts: Facts, contact: str = "<sip:a@192.0.2.7>", default_expiry_s: int | None = None) -> int | None:
    """For how long a contact is stored at most."""
    me = SipUri("101", "e.test")
    asked = Request("REGISTER", me, me, me, "c", contacts=contact, default_expiry_s=default_expiry_s)
    outcome = stored(asked, facts).outcome
    assert isinstance(outcome, Save)
    return outcome.longest_s


@pytest.mark.parametrize("asked_s", [3600, 60, None])
def test_phones_come_again_after_a_minute(asked_s: int | None) -> None:
    assert kept_for(replace(FACTS, moving=True), default_expiry_s=asked_s) == 60
    assert kept_for(FACTS, default_expiry_s=asked_s) is None


def test_who_takes_a_contact_away_does_so() -> None:
    assert kept_for(replace(FACTS, moving=True), default_expiry_s=0) is None
    assert kept_for(replace(FACTS, moving=True), "<sip:a@192.0.2.7>;expires=0") is None
