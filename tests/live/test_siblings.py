"""Two nodes: a phone that is registered at one is reached from the other, through its home."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress

import pytest
from tests.live.talking import calls, final, hangs_up, talk
from tests.phones.compose import answered
from tests.phones.digest import choose, credentials
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport
from tests.worlds.cluster import ADDRESSES, DOMAIN, ONE, STRANGER, TWO, Cluster, until

from carillon.routing.bans import SETTINGS
from carillon.supervision.rpc import call

pytestmark = pytest.mark.engines

SILENCE_S = 1


def test_a_registration_is_known_on_both_nodes_with_its_home(cluster: Cluster) -> None:
    bob = cluster.registered("102", TWO)
    assert (cluster.home(ONE, "102", bob.contact), cluster.home(TWO, "102", bob.contact)) == (TWO, TWO)
    here, there = (cluster.contacts(name, "102")[bob.contact] for name in (ONE, TWO))
    assert (here.call_id, here.cseq) == (there.call_id, there.cseq)
    assert abs(here.expires - there.expires) <= 5


def test_a_phone_that_leaves_is_forgotten_on_both(cluster: Cluster) -> None:
    bob = cluster.registered("102", TWO)
    assert bob.register(expires=0).code == 200
    until(lambda: not cluster.contacts(ONE, "102"), "node1 has forgotten Bob")


def leaves_by(at: RawAgent, contact: str) -> None:
    """Somebody takes this contact away at the node of that agent, as a phone does that goes by the DNS."""
    own = f"<sip:{at.user}@{at.domain}>"
    request = at.request("REGISTER", f"sip:{at.domain}", to=own, contact=f"<{contact}>;expires=0")
    assert at.authenticated(request).code == 200


def test_a_phone_that_leaves_at_the_other_node_is_forgotten_on_both(cluster: Cluster) -> None:
    """It is neither restored there, nor after a crash at its home; another one of the same person stays."""
    gone, stays = cluster.registered("102", TWO), cluster.registered("102", TWO)
    leaves_by(cluster.raw("102", ONE), gone.contact)
    until(lambda: set(cluster.contacts(TWO, "102")) == {stays.contact}, "its home has forgotten it")
    cluster.kills(TWO, "kamailio")
    until(lambda: set(cluster.contacts(TWO, "102")) == {stays.contact}, "it stays so")
    assert set(cluster.contacts(ONE, "102")) == {stays.contact}


def test_a_phone_that_leaves_while_its_home_is_down_is_forgotten_there_too(cluster: Cluster) -> None:
    bob = cluster.registered("102", TWO)
    cluster.says(TWO, "down")
    cluster.sees_up(ONE, TWO, up=False)
    leaves_by(cluster.raw("102", ONE), bob.contact)
    cluster.starts(TWO)
    cluster.sees_up(ONE, TWO)
    until(lambda: not cluster.contacts(TWO, "102") and not cluster.contacts(ONE, "102"), "both have forgotten Bob")


def test_a_copy_that_got_lost_comes_back_by_itself(cluster: Cluster) -> None:
    """As one that comes within a second of its removal, which the registrar drops without a word."""
    bob = cluster.registered("102", TWO)
    call(cluster.paths[ONE].kamailio_rpc, "ul.rm_contact", "location", f"102@{DOMAIN}", bob.contact)
    assert not cluster.contacts(ONE, "102")
    cluster.knows(ONE, "102", bob.contact)
    assert cluster.home(ONE, "102", bob.contact) == TWO


def test_a_phone_that_registers_elsewhere_moves_its_home(cluster: Cluster) -> None:
    bob = cluster.registered("102", TWO)
    moves(bob, ONE, cluster.contacts(TWO, "102")[bob.contact].call_id)
    until(lambda: cluster.home(TWO, "102", bob.contact) == ONE, "node2 knows the new home")
    assert cluster.home(ONE, "102", bob.contact) == ONE
    alice = cluster.registered("101", ONE)
    hangs_up(*talk(alice, bob))


def moves(phone: RawAgent, to: str, call_id: str) -> None:
    """Its next REGISTER goes to another node; its Call-ID stays (RFC 3261 §10.2.4)."""
    phone.proxy = (ADDRESSES[to], 5060)
    request = phone.request(
        "REGISTER", f"sip:{phone.domain}", to=f"<sip:{phone.user}@{phone.domain}>", call_id=call_id, cseq="20 REGISTER"
    )
    challenged = phone.exchange(request)
    answer = answered(
        request, 21, "Authorization",
        credentials(choose(challenged, "SHA-256"), "REGISTER", request.uri, phone.login),
    )  # fmt: skip
    assert phone.exchange(answer).code == 200


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_call_to_a_phone_at_the_other_node(cluster: Cluster, transport: Transport) -> None:
    alice, bob = cluster.registered("101", ONE), cluster.registered("102", TWO, transport=transport)
    hers, his = talk(alice, bob)
    assert not [each for each in bob.seen if "X-Carillon" in each.text]
    hangs_up(his, hers)
    hangs_up(*talk(alice, bob))


def test_a_caller_who_gives_up(cluster: Cluster) -> None:
    alice, bob = cluster.registered("101", ONE), cluster.registered("102", TWO)
    invite = calls(alice, cluster.uri("102"))
    received = bob.expect("INVITE")
    bob.respond(received, 180)
    alice.await_message(lambda each: each.code == 180, 5, "180")
    branch = {"via": invite.header("Via") or "", "call_id": invite.header("Call-ID") or ""}
    same = {"from_": invite.header("From") or "", "cseq": f"{invite.cseq[0]} CANCEL", "contact": ""}
    assert alice.exchange(alice.request("CANCEL", invite.uri, **branch, **same)).code == 200
    bob.respond(bob.expect("CANCEL"), 200)
    bob.respond(received, 487)
    assert final(alice, invite).code == 487


def test_what_the_phone_says_reaches_the_caller(cluster: Cluster) -> None:
    alice, bob = cluster.registered("101", ONE), cluster.registered("102", TWO)
    invite = calls(alice, cluster.uri("102"))
    bob.respond(bob.expect("INVITE"), 486, "In A Meeting")
    answer = final(alice, invite)
    assert (answer.code, answer.reason) == (486, "In A Meeting")


def test_phones_at_both_nodes_ring_together(cluster: Cluster) -> None:
    alice, here, there = cluster.registered("101", ONE), cluster.registered("102", ONE), cluster.registered("102", TWO)
    invite = calls(alice, cluster.uri("102"))
    at_one, at_two = here.expect("INVITE"), there.expect("INVITE")
    here.respond(at_one, 180)
    there.accept(at_two)
    here.respond(here.expect("CANCEL"), 200)
    here.respond(at_one, 487)
    assert final(alice, invite).code == 200


def test_a_message_to_a_phone_at_the_other_node(cluster: Cluster) -> None:
    alice, bob = cluster.phone("101", ONE), cluster.phone("102", TWO)
    assert alice.writes("102", "Lunch?") == 200
    bob.reads("Lunch?")


def test_sound_hold_and_end_across_nodes(cluster: Cluster) -> None:
    alice, bob = cluster.phone("101", ONE), cluster.phone("102", TWO)
    at_alice = alice.dial("102")
    at_bob = bob.incoming()
    at_bob.answer()
    at_alice.wait_answered()
    at_alice.hears(bob.tone)
    at_bob.hears(alice.tone)
    at_bob.hold()
    at_alice.hears_not(bob.tone)
    at_bob.resume()
    at_alice.hears(bob.tone)
    assert at_bob.hangup().code == 200
    assert at_alice.wait_ended().code == 200


def test_the_list_says_where_each_phone_has_its_home(cluster: Cluster) -> None:
    here, there = cluster.registered("101", ONE), cluster.registered("102", TWO)
    rows = json.loads(cluster.says(ONE, "registration", "list", "--json"))
    assert {row["contact"]: row["node"] for row in rows} == {here.contact: ONE, there.contact: TWO}
    with pytest.raises(AssertionError, match="has its home on node2; remove it there"):
        cluster.says(ONE, "registration", "remove", "102")
    cluster.says(TWO, "registration", "remove", "102")
    until(lambda: not cluster.contacts(ONE, "102"), "node1 has forgotten Bob")


def test_a_stranger_is_not_heard_where_nodes_are(cluster: Cluster) -> None:
    """Whatever it says of itself: without a certificate of ours there is no connection."""
    stranger = cluster.raw("101", ONE, transport="tls", host="away1")
    stranger.proxy = (ADDRESSES[ONE], 5069)
    asked = stranger.request("OPTIONS", "sip:carillon.test")
    with pytest.raises((OSError, TimeoutError)):
        stranger.exchange(asked, timeout=2)


def test_private_headers_of_a_phone_are_believed_nowhere(cluster: Cluster) -> None:
    bob = cluster.registered("102", ONE)
    stranger = cluster.raw("101", ONE, host="away1")
    faked = [("X-Carillon-Home", "102@carillon.test"), ("X-Carillon-Leg", "1a-2b")]
    assert stranger.exchange(stranger.invite(bob.contact, faked)).code == 407


def test_a_node_that_dies_leaves_calls_elsewhere_alone_and_its_phones_move(cluster: Cluster) -> None:
    """kill -9 of Kamailio on node 2, with a call up on node 1; a phone of node 2 registers at node 1 and is reached."""
    alice, carol = cluster.registered("101", ONE), cluster.registered("103", ONE)
    hers, his = talk(alice, carol)
    bob = cluster.registered("102", TWO)
    call_id, pid = cluster.contacts(TWO, "102")[bob.contact].call_id, cluster.pid(TWO, "kamailio")
    os.kill(pid, signal.SIGKILL)
    assert bob.contact in cluster.contacts(ONE, "102")
    moves(bob, ONE, call_id)
    hangs_up(*talk(alice, bob))
    hangs_up(his, hers)
    cluster.awaits_restart(TWO, "kamailio", pid)
    cluster.sees_up(ONE, TWO)
    until(lambda: cluster.home(TWO, "102", bob.contact) == ONE, "node2 knows the new home")


def test_a_node_that_was_restarted_knows_all_phones_again(cluster: Cluster) -> None:
    here, there = cluster.registered("101", ONE), cluster.registered("102", TWO)
    pid = cluster.pid(ONE, "kamailio")
    os.kill(pid, signal.SIGKILL)
    cluster.awaits_restart(ONE, "kamailio", pid)
    cluster.knows(ONE, "101", here.contact)
    assert cluster.home(ONE, "102", there.contact) == TWO
    hangs_up(*talk(here, there))


def test_a_link_that_was_cut_and_healed(cluster: Cluster) -> None:
    """On both sides phones come and go meanwhile: what went is not brought back, what came is known."""
    stays, goes = cluster.registered("101", ONE, host="phone1"), cluster.registered("102", TWO, host="phone2")
    cluster.network.cut(TWO)
    try:
        cluster.sees_up(ONE, TWO, up=False)
        caller = cluster.raw("103", ONE, host="phone3")
        assert caller.register(expires=3600).code == 200
        assert stays.register(expires=0).code == 200
        call(cluster.paths[TWO].kamailio_rpc, "ul.rm_contact", "location", "102@carillon.test", goes.contact)
    finally:
        cluster.network.heal(TWO)
    cluster.sees_up(ONE, TWO)
    cluster.knows(TWO, "103", caller.contact)
    until(lambda: not cluster.contacts(TWO, "101"), "node2 has forgotten Alice")
    until(lambda: not cluster.contacts(ONE, "102"), "node1 has forgotten Bob")


def test_a_home_that_is_down_keeps_nobody_waiting(cluster: Cluster) -> None:
    """A phone on UDP behind no NAT rings without its home; one on a connection counts as offline at once."""
    alice = cluster.registered("101", ONE)
    bob, carol = cluster.registered("102", TWO), cluster.registered("103", TWO, transport="tcp")
    cluster.network.cut(TWO)
    try:
        cluster.sees_up(ONE, TWO, up=False)
        hangs_up(*talk(alice, bob))
        invite = calls(alice, cluster.uri("103"))
        assert final(alice, invite, timeout=3).code == 480
    finally:
        cluster.network.heal(TWO)
        cluster.sees_up(ONE, TWO)
    assert carol.contact in cluster.contacts(TWO, "103")


def test_a_node_whose_asterisk_is_dead_calls_by_the_other_one(cluster: Cluster) -> None:
    """Behaviours 18: the call takes the sibling's Asterisk, through its Kamailio; both can hold it and hang up."""
    alice, bob = cluster.phone("101", ONE), cluster.phone("102", ONE)
    pid = cluster.pid(ONE, "asterisk")
    os.kill(pid, signal.SIGSTOP)
    try:
        at_alice = alice.dial("102")
        at_bob = bob.incoming()
        at_bob.answer()
        at_alice.wait_answered()
        at_alice.hears(bob.tone)
        at_bob.hears(alice.tone)
        assert at_alice.hangup().code == 200
        assert at_bob.wait_ended().code == 200
    finally:
        with suppress(ProcessLookupError):  # the watchdog ends what hangs
            os.kill(pid, signal.SIGCONT)
    until(lambda: cluster.is_healthy(ONE), "node1 is healthy again", 60)


def test_a_nonce_of_one_node_is_good_at_the_other(cluster: Cluster) -> None:
    """A phone whose node dies between challenge and answer is not asked twice."""
    bob = cluster.raw("102", ONE)
    own = f"<sip:102@{bob.domain}>"
    request = bob.request("REGISTER", f"sip:{bob.domain}", to=own)
    challenged = bob.exchange(request)
    assert challenged.code == 401
    bob.proxy = (ADDRESSES[TWO], 5060)
    login = credentials(choose(challenged, "SHA-256"), "REGISTER", request.uri, bob.login)
    assert bob.exchange(answered(request, 2, "Authorization", login)).code == 200


def test_who_has_proved_who_he_is_is_not_asked_again(cluster: Cluster) -> None:
    """At either node, by either digest, be the challenge of this node or of the other."""
    bob, ways = cluster.raw("102", ONE), [(ONE, TWO), (TWO, ONE), (ONE, ONE), (TWO, TWO)]
    for number in range(400):
        first, second = ways[number % 4]
        bob.algorithm = ("SHA-256", "MD5")[number % 3 % 2]
        bob.proxy = (ADDRESSES[first], 5060)
        request = bob.request("REGISTER", f"sip:{DOMAIN}", to=f"<sip:102@{DOMAIN}>")
        proved = bob.with_credentials(request, bob.exchange(request))
        bob.proxy = (ADDRESSES[second], 5060)
        assert bob.exchange(proved).code == 200


def test_who_is_banned_at_one_node_is_banned_at_the_other(cluster: Cluster) -> None:
    """And let in again at both by a command at either."""
    guesser = cluster.raw("101", ONE, password="guess", host="away1")
    for _ in range(SETTINGS.wrong_passwords):
        assert guesser.register().code == 401
    until(lambda: bans(cluster, TWO) == [(STRANGER["away1"], "101@carillon.test")], "node2 knows the ban")
    unheard = cluster.raw("101", TWO, host="away1")
    own = f"<sip:101@{unheard.domain}>"
    with pytest.raises(TimeoutError):
        unheard.authenticated(unheard.request("REGISTER", f"sip:{unheard.domain}", to=own), SILENCE_S)
    assert cluster.raw("102", TWO, host="away1").register().code == 200
    cluster.kills(TWO, "kamailio")
    until(lambda: bans(cluster, TWO), "node2 knows the ban again")
    cluster.says(TWO, "ban", "remove", STRANGER["away1"])
    until(lambda: bans(cluster, ONE) == [], "node1 has taken the ban back")
    assert cluster.raw("101", ONE, host="away1").register().code == 200


def test_a_node_that_was_away_hears_that_a_ban_was_taken_back(cluster: Cluster) -> None:
    """It would impose it again on the other one, for it has told of it itself."""
    guesser = cluster.raw("101", ONE, password="guess", host="away1")
    for _ in range(SETTINGS.wrong_passwords):
        assert guesser.register().code == 401
    until(lambda: bans(cluster, TWO), "node2 knows the ban")
    cluster.network.cut(TWO)
    try:
        cluster.sees_up(ONE, TWO, up=False)
        cluster.says(TWO, "ban", "remove", STRANGER["away1"])
    finally:
        cluster.network.heal(TWO)
    cluster.sees_up(ONE, TWO)
    until(lambda: bans(cluster, ONE) == [], "node1 has taken the ban back")
    cluster.sees_up(TWO, ONE)
    assert bans(cluster, TWO) == []


def bans(cluster: Cluster, name: str) -> list[tuple[str, str]]:
    """Who is banned on a node: address and account; nobody while its Kamailio does not answer."""
    try:
        rows = json.loads(cluster.says(name, "ban", "list", "--json"))
    except AssertionError:
        return []
    return [(row["address"], row["account"]) for row in rows]


def test_phones_of_a_node_that_is_stopped_and_started_stay_known_at_the_other(cluster: Cluster) -> None:
    """Its Kamailio answers before it has read who is registered: nobody is told then that there is none."""
    alice, bob = cluster.registered("101", ONE), cluster.registered("102", TWO)
    cluster.says(TWO, "down")
    cluster.starts(TWO)
    cluster.sees_up(ONE, TWO)
    for _ in range(2):
        talks = talk(alice, bob)
        assert cluster.home(ONE, "102", bob.contact) == TWO
        hangs_up(*talks)
