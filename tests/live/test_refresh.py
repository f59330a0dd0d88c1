"""The system itself asks for a change within a call: the answer tells where a phone says that it is."""

from __future__ import annotations

import subprocess

import pytest
from tests.live.company import Company, registers
from tests.live.talking import calls, final
from tests.phones.dialog import Dialog
from tests.phones.raw import RawAgent
from tests.worlds.building import NODE

pytestmark = pytest.mark.engines

ELSEWHERE = "sip:102@192.0.2.99:5060"
ASTERISK = "/var/cache/carillon/asterisk/bin/asterisk"


def asterisk(company: Company, command: str) -> str:
    """What Asterisk's command line says."""
    configuration = company.building.paths.run_asterisk / "asterisk.conf"
    with company.building.network.run(
        NODE, [ASTERISK, "-C", str(configuration), "-rx", command], stdout=subprocess.PIPE, text=True
    ) as process:
        return str(process.communicate(timeout=10)[0])


def refreshes(company: Company, method: str) -> None:
    """Have Asterisk send a re-INVITE or an UPDATE in every call."""
    for line in asterisk(company, "core show channels concise").splitlines():
        channel = line.partition("!")[0]
        asterisk(company, f"dialplan set chanvar {channel} PJSIP_SEND_SESSION_REFRESH() {method}")


def answers_the_refresh(agent: RawAgent, method: str) -> None:
    """200 with a Contact that leads nowhere."""
    agent.respond(agent.expect(method), 200, body=agent.offer(),
                  headers=[("Contact", f"<{ELSEWHERE}>"), ("Content-Type", "application/sdp")])  # fmt: skip


@pytest.mark.parametrize("method", ["invite", "update"])
def test_a_phone_that_does_not_know_its_address_is_still_found_after_a_refresh(company: Company, method: str) -> None:
    alice, bob = company.registered("101"), company.raw("102")
    registers(bob, [f"<{ELSEWHERE}>"], 600)
    allow = [("Allow", "INVITE, ACK, BYE, CANCEL, UPDATE")]
    invite = calls(alice, company.uri("102"), allow)
    received = bob.expect("INVITE")
    bob.accept(received, [("Contact", f"<{ELSEWHERE}>"), *allow])
    mine = Dialog.called(alice, invite, final(alice, invite))
    mine.ack()
    bob.expect("ACK")
    refreshes(company, method)
    answers_the_refresh(bob, method.upper())
    if method == "invite":
        bob.expect("ACK")
    assert mine.bye().code == 200
    bob.respond(bob.expect("BYE"), 200)
