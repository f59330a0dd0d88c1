"""Call-back on busy: who found somebody busy is called back, once, when both are free."""

from __future__ import annotations

import os
import signal

import pytest
from tests.live.company import Company
from tests.live.test_transfers import hear_each_other
from tests.live.waiting import await_new, await_that
from tests.phones.call import Call
from tests.phones.phone import Phone
from tests.worlds.building import carillon

from carillon.model.callback import Callback
from carillon.provisioning import callbacks

pytestmark = pytest.mark.engines

PATIENCE_S = 40.0


def finds_busy(caller: Phone, callee: Phone, extension: str = "102") -> None:
    """The called phone says 486."""
    at_caller = caller.dial(extension)
    callee.incoming().reject(486)
    assert at_caller.wait_ended().code == 486


def asks(phone: Phone, dialled: str = "*37") -> None:
    """The code is dialled, a tone heard, and the call ends by itself."""
    assert phone.dial(dialled).wait_ended(PATIENCE_S).code == 200


def waiting(company: Company) -> list[Callback]:
    """Who waits, in this company."""
    return [one for one in callbacks.listing(company.building.truth) if one.domain == company.domain]


def talks(one: Phone, other: Phone, dialled: str) -> Call:
    """A call that is up."""
    mine = one.dial(dialled)
    other.incoming().answer()
    mine.wait_answered()
    return mine


def is_called_back(who: Phone, whom: Phone) -> tuple[Call, Call]:
    """His phone rings and says for whom; when he answers the other one rings, and sees him."""
    back = who.incoming(PATIENCE_S)
    assert (back.invite.header("From") or "").startswith(f'"Call-back: {whom.name}"')
    assert "recall:callback" in (back.invite.header("Alert-Info") or "")
    back.answer()
    at_whom = whom.incoming(PATIENCE_S)
    assert (at_whom.invite.header("From") or "").startswith(f'"{who.name}"')
    at_whom.answer()
    hear_each_other(who, back, whom, at_whom)
    return back, at_whom


def test_who_was_busy_is_called_back_once(company: Company) -> None:
    alice, bob = company.phone("101"), company.phone("102")
    finds_busy(alice, bob)
    asks(alice)
    back, at_bob = is_called_back(alice, bob)
    assert waiting(company) == []
    at_bob.hangup()
    back.wait_ended()
    finds_busy(bob, alice, "101")
    asks(bob)
    is_called_back(bob, alice)
    assert alice.unanswered() == 0


def test_it_waits_until_both_are_free(company: Company) -> None:
    alice, bob, carol = (company.phone(extension) for extension in ("101", "102", "103"))
    with_carol = talks(bob, carol, "103")
    finds_busy(alice, bob)
    asks(alice, "*37102")
    again = talks(alice, carol, "103")
    with_carol.hangup()
    assert [(one.extension, one.target) for one in waiting(company)] == [("101", "102")]
    assert (alice.unanswered(), bob.unanswered()) == (0, 0)
    again.hangup()
    is_called_back(alice, bob)


def test_first_come_first_served(company: Company) -> None:
    alice, bob, carol = (company.phone(extension) for extension in ("101", "102", "103"))
    company.building.hires(company.domain, "104", "Dave Janssens")
    company.gives_device("104", "104")
    dave = company.phone("104")
    busy = talks(bob, dave, "104")
    asks(alice, "*37102")
    asks(carol, "*37102")
    busy.hangup()
    back, _ = is_called_back(alice, bob)
    assert carol.unanswered() == 0
    back.hangup()
    is_called_back(carol, bob)


def test_explain_knows_who_was_busy(company: Company) -> None:
    finds_busy(company.phone("101"), company.phone("102"))
    words = ("explain", "call", "--from", f"101@{company.domain}", "--to", "*37")
    said = carillon(company.building.network, "--dir", str(company.building.directory), *words)
    assert "callback:102" in said


def test_it_is_cancelled_and_listed(company: Company) -> None:
    alice, bob, carol = (company.phone(extension) for extension in ("101", "102", "103"))
    busy = talks(bob, carol, "103")
    asks(alice, "*37102")
    asks(alice, "*37103")
    said = carillon(company.building.network, "--dir", str(company.building.directory), "callback", "list")
    assert company.domain in said
    asks(alice, "*39")
    asks(alice, "*38102")
    assert [one.target for one in waiting(company)] == ["103"]
    asks(alice, "*38")
    assert waiting(company) == []
    busy.hangup()


def test_nobody_was_busy(company: Company) -> None:
    alice = company.phone("101")
    refused = alice.dial("*37").wait_ended()
    assert refused.code == 404
    assert "Nobody you called was busy" in (refused.header("Warning") or "")
    refused = alice.dial("*37199").wait_ended()
    assert refused.code == 403
    assert "there is nobody with 199" in (refused.header("Warning") or "")
    assert alice.dial("*37101").wait_ended().code == 403


def test_who_is_not_to_be_disturbed_is_called_later(company: Company) -> None:
    alice, bob = company.phone("101"), company.phone("102")
    company.building.is_in_state(company.domain, "102", "dnd")
    at_alice = alice.dial("102")
    assert at_alice.wait_ended().code == 486
    asks(alice)
    assert (alice.unanswered(), bob.unanswered()) == (0, 0)
    company.building.is_in_state(company.domain, "102", "default")
    is_called_back(alice, bob)


@pytest.mark.parametrize("component", ["calls", "services", "asterisk", "kamailio"])
def test_it_survives_the_death_of_any_part(company: Company, component: str) -> None:
    alice, bob, carol = (company.phone(extension) for extension in ("101", "102", "103"))
    busy = talks(bob, carol, "103")
    asks(alice, "*37102")
    old = company.pid(component)
    os.kill(old, signal.SIGKILL)
    await_new(company, component, old)
    if component != "asterisk":
        busy.hangup()
    back, _ = is_called_back(alice, bob)
    back.hangup()
    await_that(lambda: waiting(company) == [], "it is done")
