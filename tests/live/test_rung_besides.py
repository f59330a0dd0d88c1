"""At a branch without Asterisk: the picker's phone rings for a call that nobody hands over, and takes it."""

from __future__ import annotations

import pytest
from tests.lab.branches import LIEGE
from tests.lab.cluster import DOMAIN
from tests.lab.known import comes_true
from tests.live.branch import Branch, is_up, trunks
from tests.live.talking import calls, final
from tests.live.test_dies_ringing import gives_up
from tests.live.test_lamps import states
from tests.live.test_taken_at_a_branch import a_call_rings_at, building, ends, named_by  # noqa: F401 -- a fixture
from tests.live.test_transfers import hear_each_other
from tests.live.watching import Watch
from tests.phones.dialog import Dialog
from tests.phones.message import Message
from tests.phones.phone import Phone
from tests.phones.raw import RawAgent

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

COMES = "The call comes to your phone"


@pytest.fixture
def provider(branch: Branch) -> RawAgent:
    """The far end of the branch's line."""
    agent = branch.provider()
    assert comes_true(lambda: trunks(branch.two) == {LIEGE.trunk})
    return agent


def comes_in(provider: RawAgent, branch: Branch, carol: RawAgent) -> tuple[Message, Message]:
    """A call from outside that rings at Carol's, as both see its INVITE."""
    uri = f"sip:+3242220201@{branch.two.address}"
    assert comes_true(lambda: a_call_rings_at(carol, provider, uri))
    invite = provider.invite(uri)
    provider.send(invite)
    received = carol.expect("INVITE")
    carol.respond(received, 180, headers=[("Contact", f"<{carol.contact}>")])
    provider.await_message(lambda each: each.code == 180, 5, "ringing")
    return invite, received


def comes_to(agent: RawAgent, picked: Message) -> Message:
    """The picker's own call ends, and the other one comes to his phone: its INVITE."""
    is_told(agent, picked, 487, COMES)
    return agent.expect("INVITE")


def is_through(agent: RawAgent, invite: Message, *, to: RawAgent) -> Dialog:
    """The caller's call is answered by whoever has it now."""
    dialog = Dialog.called(agent, invite, final(agent, invite))
    dialog.ack()
    to.expect("ACK")
    return dialog


def is_told(agent: RawAgent, picked: Message, code: int, words: str) -> None:
    """The picker's own call ends with this code, and he reads this."""
    said = final(agent, picked)
    assert (said.code, words in (said.header("Warning") or "")) == (code, True), said.text


def stops(agent: RawAgent, received: Message) -> None:
    """A phone stops to ring, and shows no missed call."""
    cancel = agent.expect("CANCEL")
    assert "cause=200" in (cancel.header("Reason") or ""), cancel.text
    agent.respond(cancel, 200)
    agent.respond(received, 487)


@pytest.mark.parametrize("how", ["code", "of the groups", "key"])
def test_a_call_from_outside_is_picked_up(branch: Branch, provider: RawAgent, how: str) -> None:
    """His phone is asked to answer by itself; lamps and lists show who has the call."""
    carol, dave, eva = branch.phone("201"), branch.phone("202"), branch.phone("203")
    lamp, his = Watch(eva, f"sip:201@{DOMAIN}", "dialog"), Watch(eva, f"sip:202@{DOMAIN}", "dialog")
    invite, received = comes_in(provider, branch, carol)
    shown = lamp.until(lambda told: states(told) == ["early"])
    if how == "key":
        picked = calls(dave, f"sip:201@{DOMAIN}", [("Replaces", named_by(shown))])
    else:
        picked = calls(dave, f"sip:*8{'201' if how == 'code' else ''}@{DOMAIN}")
    besides = comes_to(dave, picked)
    assert "answer-after=0" in (besides.header("Call-Info") or "")
    assert not any("X-Carillon" in each.text for each in dave.seen)
    accepted = dave.accept(besides)
    stops(carol, received)
    theirs = is_through(provider, invite, to=dave)
    lamp.until(lambda told: states(told) == [])
    his.until(lambda told: states(told) == ["confirmed"])
    (row,) = branch.one.does("--json", "call", "list").row
    assert (row["state"], row["node"]) == ("up", "liege")
    ends(theirs, Dialog.answered(dave, besides, accepted))
    his.until(lambda told: states(told) == [])


def test_both_hear_each_other_while_the_link_is_cut(branch: Branch, provider: RawAgent) -> None:
    provider.close()
    network = branch.network
    place = {"namespace": network.namespace(LIEGE.line), "address": network.address(LIEGE.line), "port": 5060}
    carol, dave = branch.telephone("201"), branch.telephone("202", transport="tcp")
    with branch.cut_off(), Phone("Outside", "+32475123456", "", "provider.test", proxy=None, **place) as outside:
        out = outside.dial(f"sip:+3242220201@{branch.two.address}")
        at_carol = carol.incoming()
        out.wait_ringing()
        assert dave.dial("*8201").wait_ended().code == 487
        at_dave = dave.incoming()
        at_dave.answer()
        at_carol.wait_ended()
        out.wait_answered()
        hear_each_other(outside, out, dave, at_dave)
        at_dave.hold()
        at_dave.resume()
        hear_each_other(outside, out, dave, at_dave)
        out.hangup()
        at_dave.wait_ended()
    assert comes_true(lambda: is_up(branch.two, "node1"))


def test_a_call_of_a_phone_without_replaces_is_picked_up(branch: Branch) -> None:
    carol, dave, eva = branch.phone("201"), branch.phone("202"), branch.phone("203")
    invite = calls(carol, f"sip:202@{DOMAIN}")
    received = dave.expect("INVITE")
    dave.respond(received, 180, headers=[("Contact", f"<{dave.contact}>")])
    carol.await_message(lambda each: each.code == 180, 5, "ringing")
    besides = comes_to(eva, calls(eva, f"sip:*8202@{DOMAIN}"))
    accepted = eva.accept(besides)
    stops(dave, received)
    said = final(carol, invite)
    assert said.header("P-Asserted-Identity") == f'"Eva" <sip:203@{DOMAIN}>'
    mine = Dialog.called(carol, invite, said)
    mine.ack()
    eva.expect("ACK")
    ends(Dialog.answered(eva, besides, accepted), mine)


def test_only_the_phone_that_asks_rings_and_who_declines_leaves_the_call(branch: Branch, provider: RawAgent) -> None:
    carol, dave, other = branch.phone("201"), branch.phone("202"), branch.phone("202")
    invite, received = comes_in(provider, branch, carol)
    dave.respond(comes_to(dave, calls(dave, f"sip:*8201@{DOMAIN}")), 603)
    accepted = carol.accept(received)
    theirs = is_through(provider, invite, to=carol)
    assert not any(each.method == "INVITE" and each.code is None for each in other.seen)
    ends(theirs, Dialog.answered(carol, received, accepted))


def test_of_two_pickers_the_slower_one_is_told_and_a_caller_gives_up(branch: Branch, provider: RawAgent) -> None:
    carol, dave, eva = branch.phone("201"), branch.phone("202"), branch.phone("203")
    invite, received = comes_in(provider, branch, carol)
    besides = comes_to(dave, calls(dave, f"sip:*8201@{DOMAIN}"))
    dave.respond(besides, 180, headers=[("Contact", f"<{dave.contact}>")])
    is_told(eva, calls(eva, f"sip:*8201@{DOMAIN}"), 603, "Somebody else picks the call up")
    gives_up(provider, invite)
    for agent, rung in ((carol, received), (dave, besides)):
        agent.respond(agent.expect("CANCEL"), 200)
        agent.respond(rung, 487)
    assert final(provider, invite).code == 487
    is_told(eva, calls(eva, f"sip:*8201@{DOMAIN}"), 603, "No call rings at Carol")
