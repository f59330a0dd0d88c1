"""A node with a sibling: where calls go of people who have calls there, and whose are picked up."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest
from tests.routing.referring import given, refers, rung_after
from tests.worlds.simulated import DOMAIN, SimulatedOffice

from carillon.routing.decision import AddHeader, Follow, MarkLeg, Relay, Reply, StripPrivate
from carillon.routing.dialogs import DialogState, LiveDialog
from carillon.routing.elsewhere import HERE, Elsewhere
from carillon.routing.facts import Gateway, NodeProfile, ReplyFacts, Sibling
from carillon.routing.memo import Leg, Memo
from carillon.routing.replies import decide
from carillon.sip.private import FAR_END, PrivateHeader
from carillon.sip.seal import Secrets
from carillon.stores.ports import PickupRights

OWN, TWO = Gateway("127.0.0.1", 5080), Sibling("node2", ("10.77.0.2",), 5069)
BOB = f"102@{DOMAIN}"
RINGS = LiveDialog(
    *("c 1;%", BOB, "ours", f"101@{DOMAIN}", "Älice; Martin", PickupRights("group", frozenset({"sales"}))),
    state=DialogState.RINGING, since=1_799_999_990.0, phone_tags=("t1", "t2"), node="node2",
)  # fmt: skip


@pytest.fixture
def office() -> SimulatedOffice:
    """One Asterisk here, another one at a sibling."""
    office = SimulatedOffice()
    office.engine.node = NodeProfile(DOMAIN, (OWN,), secrets=Secrets(b"s" * 32), siblings=(TWO,), cluster_port=5069)
    return office


def at(office: SimulatedOffice, extension: str, *nodes: str) -> None:
    """Somebody has calls at these nodes."""
    office.engine.elsewhere[f"{extension}@{DOMAIN}"] = Elsewhere(nodes)


def gateway(office: SimulatedOffice) -> str:
    """Where Alice's call to Bob goes."""
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    return call.inbound.gateway


def test_a_note_is_read_as_it_was_written() -> None:
    note = Elsewhere((HERE, "node2"), (RINGS, replace(RINGS, call_id="c2")))
    assert Elsewhere.parse(str(note)) == note
    assert Elsewhere.parse(str(Elsewhere(("node2",)))) == Elsewhere(("node2",))
    made = replace(note, made=(("node2", "c;3 %"), ("node3", "c4")))
    assert Elsewhere.parse(str(made)) == made


def test_a_person_talks_in_the_dialogs_that_are_up() -> None:
    up = replace(RINGS, call_id="up", state=DialogState.UP)
    note = Elsewhere(("node2", "node3"), (RINGS, up), made=(("node3", "made"),))
    assert [note.talks_at(each) for each in (RINGS.call_id, "up", "made", "nobodys")] == ["", "node2", "node3", ""]


def test_two_calls_on_two_nodes_are_joined(office: SimulatedOffice) -> None:
    """Asterisk is to send the other side to the sibling, in place of who asks."""
    office.engine.elsewhere[f"101@{DOMAIN}"] = Elsewhere((HERE, "node2"), made=(("node2", "made"),))
    named = "made;to-tag=t:1;from-tag=f"
    decision = refers(office, office.alice, f"<sip:103@{DOMAIN}?Replaces={quote(named)}>")
    headers = given(decision)
    assert headers["Refer-To"] == "<sip:transfer@127.0.0.1:5080>"
    assert headers[PrivateHeader.CALLED] == f"103@{DOMAIN}"
    joined = rung_after(office, decision, office.bob)
    assert joined.outcome == Relay(TWO.gateway, f"103@{DOMAIN}")
    assert AddHeader("Replaces", named) in joined.effects


@pytest.mark.parametrize("person", ["alice", "bob"])
def test_a_call_of_somebody_else_or_of_nobody_is_for_our_own_asterisk(office: SimulatedOffice, person: str) -> None:
    office.engine.elsewhere[f"101@{DOMAIN}"] = Elsewhere(("node2",), made=(("node2", "made"),))
    named = "made" if person == "bob" else "nobodys"
    decision = refers(office, getattr(office, person), f"<sip:103@{DOMAIN}?Replaces={named}%3Bto-tag=t%3Bfrom-tag=f>")
    assert decision.outcome == Follow(OWN)
    assert StripPrivate() in decision.effects
    assert not given(decision), "the phone's own Refer-To reaches Asterisk"


def test_what_is_joined_at_a_node_that_has_left_fails(office: SimulatedOffice) -> None:
    office.engine.elsewhere[f"101@{DOMAIN}"] = Elsewhere((HERE, "node2"), made=(("node2", "made"),))
    decision = refers(office, office.alice, f"<sip:103@{DOMAIN}?Replaces=made%3Bto-tag=t%3Bfrom-tag=f>")
    office.engine.node = replace(office.engine.node, siblings=())
    answer = rung_after(office, decision, office.bob).outcome
    assert isinstance(answer, Reply)
    assert answer.code == 481


def test_nobody_has_a_call_elsewhere(office: SimulatedOffice) -> None:
    assert gateway(office) == str(OWN)


@pytest.mark.parametrize("who", ["101", "102"])
def test_who_has_a_call_there_gets_the_next_there(office: SimulatedOffice, who: str) -> None:
    at(office, who, "node2")
    assert gateway(office) == str(TWO.gateway)
    assert f"of sibling node2, which has a call of {who}@{DOMAIN}" in office.ladder()


def test_a_call_here_counts_before_one_there(office: SimulatedOffice) -> None:
    at(office, "101", HERE, "node2")
    at(office, "102", "node2")
    assert gateway(office) == str(OWN)


def test_the_callers_call_there_counts_before_the_callees_here(office: SimulatedOffice) -> None:
    at(office, "101", "node2")
    at(office, "102", HERE)
    assert gateway(office) == str(TWO.gateway)


def test_a_node_that_has_left_is_forgotten(office: SimulatedOffice) -> None:
    at(office, "101", "node7")
    assert gateway(office) == str(OWN)


def test_a_sibling_that_is_silent_is_followed_by_the_own_asterisk(office: SimulatedOffice) -> None:
    at(office, "101", "node2")
    office.engine.dead = {str(TWO.gateway)}
    assert gateway(office) == str(OWN)


def test_a_call_from_outside_too(office: SimulatedOffice) -> None:
    at(office, "102", "node2")
    provider = office.provider()
    office.numbers(office.bob, "+3225550102")
    call = provider.calls_in("+3225550102", as_number="+32475123456")
    call.rings(office.bob)
    assert call.inbound.gateway == str(TWO.gateway)


@pytest.mark.parametrize("named", [True, False])
def test_a_call_that_rings_there_is_picked_up_there_and_nowhere_else(office: SimulatedOffice, named: bool) -> None:
    office.groups("sales", office.bob, office.carol)
    office.engine.elsewhere[BOB] = Elsewhere(("node2",), (RINGS,))
    taken = office.carol.picks_up(office.bob) if named else office.carol.picks_up()
    assert taken.inbound.gateway == str(TWO.gateway)
    assert taken.inbound.inbound_memo is not None
    assert taken.inbound.inbound_memo.gateways_left == ()


def test_a_sibling_without_asterisk_gives_its_calls_to_colleagues_there_only(office: SimulatedOffice) -> None:
    office.groups("sales", office.bob, office.carol)
    office.engine.elsewhere[BOB] = Elsewhere(("node2",), (RINGS,))
    office.engine.node = replace(office.engine.node, siblings=(replace(TWO, has_gateway=False),))
    refused = office.carol.picks_up(office.bob)
    refused.failed(603)
    refused.was_told("Warning", "Only at node2 can that call be picked up")


def test_who_may_not_pick_up_here_may_not_there(office: SimulatedOffice) -> None:
    office.engine.elsewhere[BOB] = Elsewhere(("node2",), (RINGS,))
    office.carol.picks_up(office.bob).failed(603)


def test_what_the_far_end_says_is_marked_on_the_node_of_the_call() -> None:
    memo = Memo(Leg.INBOUND, "leg", BOB)
    told = decide(memo, ReplyFacts(500, far_end_code=503, to_sibling=True))
    assert AddHeader(FAR_END, "503") in told.effects
    assert MarkLeg("leg", 500) in decide(memo, ReplyFacts(500, far_end_code=500)).effects
