"""Two nodes: what one knows of calls at the other: where the next call goes, pick-up, transfers, lamps."""

from __future__ import annotations

import pytest
from tests.live.talking import calls, final, hangs_up, talk
from tests.live.test_group_lamps import rung
from tests.live.test_lamps import states
from tests.live.test_transfers import hear_each_other, talks
from tests.live.watching import Watch, dialogs
from tests.phones.call import Call
from tests.phones.dialog import Dialog
from tests.phones.phone import Phone
from tests.worlds.cluster import DOMAIN, ONE, TWO, Cluster, until

from carillon.routing.elsewhere import HERE, TABLE, Elsewhere
from carillon.supervision import rpc

pytestmark = pytest.mark.engines


def rings(caller: Phone, callee: Phone) -> tuple[Call, Call]:
    """A call that rings, as both sides see it."""
    at_caller = caller.dial(callee.user)
    at_callee = callee.incoming()
    at_caller.wait_ringing()
    return at_caller, at_callee


def ends(cluster: Cluster, side: Call) -> None:
    """The only call is hung up, and no node remembers anything of it."""
    side.hangup()
    for extension in ("101", "102", "103"):
        for name in (ONE, TWO):
            cluster.knows_calls(name, extension)


@pytest.mark.parametrize("who", ["caller", "called"])
def test_who_has_a_call_gets_the_next_at_the_same_asterisk(cluster: Cluster, who: str) -> None:
    """Behaviours 19 and 28: at node 2 Bob has a phone, but his call is in the Asterisk of node 1."""
    alice, bob, carol = cluster.phone("101", ONE), cluster.phone("102", TWO), cluster.phone("103", TWO)
    at_alice, at_bob = talks(alice, bob)
    cluster.knows_calls(TWO, "102", ONE)
    at_bob.hold()
    caller, callee = (bob, carol) if who == "caller" else (carol, bob)
    at_caller, at_callee = talks(caller, callee)
    assert cluster.calls(ONE) == sorted([("101", "102"), (caller.user, callee.user)])
    assert cluster.calls(TWO) == []
    assert at_callee.hangup().code == 200
    assert at_caller.wait_ended().code == 200
    ends(cluster, at_alice)


def is_followed(cluster: Cluster, side: Dialog) -> bool:
    """Whether the engine of node 1 would follow this dialog by itself; what it has ended it has forgotten."""
    found = rpc.call(cluster.paths[ONE].kamailio_rpc, "htable.dump", "proofs")
    return any(slot["name"].startswith(f"{side.call_id}|") for each in found for slot in each["slot"])


def test_the_engine_follows_calls_of_its_own_node_and_the_rules_those_between_nodes(cluster: Cluster) -> None:
    """What ADR 26 gives up for nothing: with siblings a call of one node costs what it costs without."""
    alice, bob, carol = cluster.registered("101", ONE), cluster.registered("102", ONE), cluster.registered("103", TWO)
    mine, his = talk(alice, bob)
    assert is_followed(cluster, mine)
    assert is_followed(cluster, his)
    hangs_up(mine, his)
    until(lambda: not is_followed(cluster, mine) and not is_followed(cluster, his), "the engine ends both dialogs")
    mine, hers = talk(alice, carol)
    assert is_followed(cluster, mine)
    hangs_up(hers, mine)
    until(lambda: cluster.calls(ONE) == [] and cluster.calls(TWO) == [], "nothing is left of the call")
    assert is_followed(cluster, hers)  # the rules have ended it, and leave the proof to its time


def test_the_callers_own_call_counts_first(cluster: Cluster) -> None:
    """Carol's call is here, so the next one she makes is, wherever Bob has his."""
    alice, bob, carol = cluster.phone("101", ONE), cluster.phone("102", TWO), cluster.phone("103", TWO)
    hears, _ = talks(carol, bob)
    cluster.knows_calls(ONE, "102", TWO)
    hears.hold()
    talks(alice, bob)
    assert cluster.calls(TWO) == [("101", "102"), ("103", "102")]


def test_the_asterisk_of_the_earlier_call_is_not_reached(cluster: Cluster) -> None:
    """Its node is gone: the next call begins here."""
    alice, bob, carol = cluster.phone("101", ONE), cluster.phone("102", TWO), cluster.phone("103", ONE)
    talks(bob, alice)
    cluster.knows_calls(ONE, "101", TWO)
    cluster.network.cut(TWO)
    try:
        cluster.knows_calls(ONE, "101")
        rings(carol, alice)
    finally:
        cluster.network.heal(TWO)
        cluster.sees_up(ONE, TWO)


def test_what_the_far_end_says_comes_back_through_the_other_nodes_asterisk(cluster: Cluster) -> None:
    """A 5xx of the phone is no broken Asterisk: nobody is rung twice; and its Warning reaches the caller."""
    alice, bob, carol = cluster.registered("101", ONE), cluster.registered("102", TWO), cluster.registered("103", ONE)
    his, hers = talk(bob, alice)
    cluster.knows_calls(ONE, "101", TWO)
    invite = calls(alice, cluster.uri("103"))
    carol.respond(carol.expect("INVITE"), 500, "Battery Empty", headers=[("Warning", '399 desk "Charge me"')])
    answer = final(alice, invite)
    assert (answer.code, answer.reason) == (500, "Battery Empty")
    assert "Charge me" in (answer.header("Warning") or "")
    assert len({each.header("Call-ID") for each in carol.seen if each.method == "INVITE"}) == 1
    hangs_up(his, hers)


@pytest.mark.parametrize("dialled", ["*8102", "*8"])
def test_a_call_that_rings_at_one_node_is_picked_up_from_the_other(cluster: Cluster, dialled: str) -> None:
    alice, bob, carol = cluster.phone("101", ONE), cluster.phone("102", ONE), cluster.phone("103", TWO)
    at_alice, at_bob = rings(alice, bob)
    cluster.knows_calls(TWO, "102", ONE)
    at_carol = carol.dial(dialled)
    at_carol.wait_answered()
    at_alice.wait_answered()
    hear_each_other(alice, at_alice, carol, at_carol)
    at_bob.wait_ended()
    assert at_carol.wait_response(200).header("P-Asserted-Identity") == '"Alice Martin" <sip:101@carillon.test>'
    ends(cluster, at_carol)


def test_a_lamp_at_one_node_shows_a_call_at_the_other_and_takes_it(cluster: Cluster) -> None:
    """Who watches learns the dialog from the lamp, and takes it by Replaces (behaviours 27)."""
    alice, bob = cluster.phone("101", ONE), cluster.phone("102", ONE)
    carol = cluster.registered("103", TWO)
    lamp = Watch(carol, cluster.uri("102"), "dialog")
    at_alice, at_bob = rings(alice, bob)
    (shown,) = dialogs(lamp.until(lambda told: any(each.get("remote-tag") for each in dialogs(told))))
    named = f"{shown.get('call-id')};to-tag={shown.get('local-tag')};from-tag={shown.get('remote-tag')};early-only"
    invite = calls(carol, cluster.uri("102"), [("Require", "replaces"), ("Replaces", named)])
    assert final(carol, invite).code == 200
    at_alice.wait_answered()
    at_bob.wait_ended()
    lamp.until(lambda told: dialogs(told) == [])


def test_the_lamp_of_a_group_at_one_node_shows_the_groups_call_at_the_other(cluster: Cluster) -> None:
    for node in (ONE, TWO):
        cluster.says(node, "number", "add", "200", "--to", "group:sales")
    alice, bob, carol = cluster.registered("101", ONE), cluster.registered("102", ONE), cluster.registered("103", TWO)
    lamp = Watch(carol, cluster.uri("200"), "dialog")
    invite = calls(alice, cluster.uri("200"))
    received, _ = rung(bob), rung(carol)
    lamp.until(lambda told: states(told) == ["early"])
    accepted = bob.accept(received)
    mine = Dialog.called(alice, invite, final(alice, invite))
    mine.ack()
    bob.expect("ACK")
    lamp.until(lambda told: states(told) == ["confirmed"])
    hangs_up(mine, Dialog.answered(bob, received, accepted))
    lamp.until(lambda told: states(told) == [])


def test_nothing_is_left_of_a_call_whose_caller_gave_up(cluster: Cluster) -> None:
    alice, bob, carol = cluster.phone("101", ONE), cluster.phone("102", ONE), cluster.phone("103", TWO)
    at_alice, at_bob = rings(alice, bob)
    cluster.knows_calls(TWO, "102", ONE)
    ends(cluster, at_alice)
    at_bob.wait_ended()
    refused = carol.dial("*8102").wait_ended()
    assert refused.code == 603


def test_two_nodes_pick_up_at_once_and_one_gets_it(cluster: Cluster) -> None:
    alice, bob = cluster.phone("101", ONE), cluster.phone("102", ONE)
    carol, mobile = cluster.phone("103", TWO), cluster.phone("103", ONE)
    at_alice, _ = rings(alice, bob)
    cluster.knows_calls(TWO, "102", ONE)
    both = [carol.dial("*8102"), mobile.dial("*8102")]
    at_alice.wait_answered()

    def refused() -> list[int]:
        return [each.wait_ended(0.1).code for each in both if each.journal.matching(event="call", state="ended")]

    until(lambda: len(refused()) == 1, "one is refused")
    assert refused() == [603]


def test_who_is_called_at_the_other_node_joins_two_calls(cluster: Cluster) -> None:
    """Bob's phone is at node 2, his call at node 1; whom he asks back is called there too, so REFER joins both."""
    alice, bob, carol = cluster.phone("101", ONE), cluster.phone("102", TWO), cluster.phone("103", TWO)
    at_alice, from_alice = talks(alice, bob)
    cluster.knows_calls(TWO, "102", ONE)
    from_alice.hold()
    to_carol, at_carol = talks(bob, carol)
    from_alice.transfer_to(to_carol)
    assert from_alice.wait_transferred() == 200
    hear_each_other(alice, at_alice, carol, at_carol)
    ends(cluster, at_carol)


def on_two_asterisks(cluster: Cluster) -> tuple[tuple[Phone, Call], tuple[Phone, Call, Call], tuple[Phone, Call]]:
    """Alice calls Bob at node 1, and Bob calls Carol at node 2 in the same second, as neither knows of the other call.

    Gives Alice and her side, Bob and his sides with her and with Carol, Carol and hers.
    """
    alice, bob, carol = cluster.phone("101", ONE), cluster.phone("102", TWO), cluster.phone("103", TWO)
    at_alice, from_alice = talks(alice, bob)
    from_alice.hold()
    cluster.knows_calls(TWO, "102", ONE)
    kamailio, key = cluster.paths[TWO].kamailio_rpc, (TABLE, f"102@{DOMAIN}")
    note = rpc.call(kamailio, "htable.get", *key)["item"]["value"]
    rpc.call(kamailio, "htable.delete", *key)
    to_carol, at_carol = talks(bob, carol)
    rpc.call(kamailio, "htable.sets", *key, note)
    assert cluster.calls(ONE) == [("101", "102")]
    assert cluster.calls(TWO) == [("102", "103")]
    for name in (ONE, TWO):
        cluster.knows_calls(name, "102", ONE, TWO)
    return (alice, at_alice), (bob, from_alice, to_carol), (carol, at_carol)


@pytest.mark.parametrize("asked_in", ["the call that he was called in", "the call that he made"])
def test_two_calls_on_two_asterisks_are_joined(cluster: Cluster, asked_in: str) -> None:
    (alice, at_alice), (_, from_alice, to_carol), (carol, at_carol) = on_two_asterisks(cluster)
    asked, joined = (from_alice, to_carol) if "called" in asked_in else (to_carol, from_alice)
    asked.hold()
    asked.transfer_to(joined)
    assert asked.wait_transferred() == 200
    hear_each_other(alice, at_alice, carol, at_carol)
    assert joined.wait_ended().code == 200
    assert asked.hangup().code == 200
    for name in (ONE, TWO):
        cluster.knows_calls(name, "102")
    at_carol.hangup()
    at_alice.wait_ended()
    until(lambda: cluster.calls(ONE) == [] and cluster.calls(TWO) == [], "nothing is left of either call", 30)


NOBODYS = "?Replaces=nobodys%3Bto-tag%3D1%3Bfrom-tag%3D2"


def test_a_call_that_is_joined_to_nobodys_stays_where_it_is(cluster: Cluster) -> None:
    """Bob has a call at each node; he names a third one, and keeps both."""
    (alice, at_alice), (bob, from_alice, to_carol), (carol, at_carol) = on_two_asterisks(cluster)
    from_alice.transfer(cluster.uri("103") + NOBODYS)
    assert from_alice.wait_transferred() == 404
    from_alice.resume()
    hear_each_other(alice, at_alice, bob, from_alice)
    hear_each_other(carol, at_carol, bob, to_carol)
    to_carol.hangup()
    ends(cluster, at_alice)


def test_who_is_joined_to_a_call_that_has_just_ended_comes_back(cluster: Cluster) -> None:
    """As after each transfer that fails: node 1 has not heard yet that the call at node 2 is over."""
    (alice, at_alice), (bob, from_alice, to_carol), _ = on_two_asterisks(cluster)
    note = str(Elsewhere((HERE, TWO), made=((TWO, "nobodys"),)))
    rpc.call(cluster.paths[ONE].kamailio_rpc, "htable.sets", TABLE, f"102@{DOMAIN}", note)
    from_alice.transfer(cluster.uri("103") + NOBODYS)
    back = bob.incoming()
    assert from_alice.wait_transferred() >= 400
    assert "failed): Alice Martin" in (back.invite.header("From") or "")
    back.answer()
    hear_each_other(alice, at_alice, bob, back)
    to_carol.hangup()
    ends(cluster, at_alice)


def test_a_phone_at_the_other_node_sends_a_call_on(cluster: Cluster) -> None:
    """REFER comes to the node of the call through the phone's home."""
    alice, bob, carol = cluster.phone("101", ONE), cluster.phone("102", TWO), cluster.phone("103", TWO)
    at_alice, at_bob = talks(alice, bob)
    at_bob.transfer(cluster.uri("103"))
    at_carol = carol.incoming()
    at_carol.answer()
    hear_each_other(alice, at_alice, carol, at_carol)
    ends(cluster, at_carol)


def test_what_is_known_of_calls_is_known_to_a_kamailio_that_was_restarted(cluster: Cluster) -> None:
    alice, bob = cluster.registered("101", ONE), cluster.registered("102", ONE)
    talk(alice, bob)
    cluster.knows_calls(TWO, "102", ONE)
    cluster.kills(TWO, "kamailio")
    cluster.knows_calls(TWO, "102", ONE)
    cluster.kills(TWO, "siblings")
    cluster.sees_up(TWO, ONE)
    cluster.knows_calls(TWO, "102", ONE)
