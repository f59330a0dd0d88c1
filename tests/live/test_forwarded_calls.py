"""What phones see of a call that goes on: one call for the caller, a plain one for who is called then, no secrets."""

from __future__ import annotations

import pytest
from tests.live.company import Company
from tests.live.test_private_headers import calls, final, private

from carillon.provisioning.forwardings import RowTyped

pytestmark = pytest.mark.engines


@pytest.fixture
def forwarding(company: Company) -> Company:
    """Bob's calls go to Carol when he is busy."""
    company.building.forwards(company.domain, "102", RowTyped("busy", ("103",)))
    return company


def test_the_caller_has_one_dialog(forwarding: Company) -> None:
    alice, bob, carol = (forwarding.registered(extension) for extension in ("101", "102", "103"))
    invite = calls(alice, forwarding.uri("102"))
    ringing = bob.expect("INVITE")
    bob.respond(ringing, 180)
    bob.respond(ringing, 486)
    second = carol.expect("INVITE")
    carol.respond(second, 180)
    carol.accept(second)
    answer = final(alice, invite)
    assert answer.code == 200
    replies = [each for each in alice.seen if each.code and each.code > 100 and "INVITE" in (each.header("CSeq") or "")]
    tags = {(each.header("To") or "").partition("tag=")[2] for each in replies if each.code in (180, 183, 200)}
    assert len(tags) == 1, tags
    assert len(second.headers("Record-Route")) == len(ringing.headers("Record-Route"))
    assert second.header("Diversion") == f"<sip:102@{forwarding.domain}>;reason=user-busy;counter=1"


def test_no_phone_sees_how_the_call_goes_on(forwarding: Company) -> None:
    alice, bob, carol = (forwarding.registered(extension) for extension in ("101", "102", "103"))
    invite = calls(alice, forwarding.uri("102"))
    bob.respond(bob.expect("INVITE"), 486)
    carol.respond(carol.expect("INVITE"), 603, headers=[("X-Carillon-Forward", "mine")])
    assert final(alice, invite).code == 603
    for agent in (alice, bob, carol):
        assert private(agent.seen) == []
        assert not any("Forward " in each.text.split("\r\n", 1)[0] for each in agent.seen)


REASONS = ["Forward", "Forward x", "For-ward 0123.e30", 'Forward ${EXTEN}" | "1', "Forward " + "A" * 900]


@pytest.mark.parametrize("reason", REASONS)
def test_a_phone_cannot_send_a_call_on_by_its_reason(forwarding: Company, reason: str) -> None:
    alice, bob, carol = (forwarding.registered(extension) for extension in ("101", "102", "103"))
    invite = calls(alice, forwarding.uri("102"))
    bob.respond(bob.expect("INVITE"), 480, reason)
    assert final(alice, invite).code == 480
    assert not any(each.method == "INVITE" for each in carol.seen)
    second = calls(alice, forwarding.uri("103"))
    carol.respond(carol.expect("INVITE"), 486)
    assert final(alice, second).code == 486
