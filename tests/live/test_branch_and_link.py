"""A branch and headquarters are one system while the link is there; and what goes wrong with the link under calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab import slowlink
from tests.lab.branches import LIEGE, Site
from tests.lab.cluster import DOMAIN, Machine
from tests.lab.known import comes_true, name
from tests.lab.prefix import prefix
from tests.live.branch import Branch, accounts, agrees, changed, is_up, trunks
from tests.live.talking import a_call_rings, a_call_works, calls, final, hangs_up, talk
from tests.live.test_lamps import states
from tests.live.test_satellites import is_undisturbed
from tests.live.test_transfers import hear_each_other, talks
from tests.live.waiting import measured
from tests.live.watching import KeysWatch, Watch, activities, dialogs, document, note, publishes
from tests.phones.call import Call
from tests.phones.message import Message
from tests.phones.phone import Phone
from tests.phones.raw import RawAgent

from carillon.routing.elsewhere import TABLE
from carillon.stores.directory import DirectoryReader
from carillon.stores.mailboxes import Mailboxes, length_s
from carillon.supervision import rpc

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

FLAPS = 12
BYTES_A_FLAP = 40_000
"""Of the link, for all that both sides ask and tell anew each time it is back."""


@pytest.fixture(scope="module")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with Branch.open(prefix("bl-"), Path(tmp_path_factory.mktemp("drills"))) as branch:
        branch.hires(Site("liege", {"203": "Eve"}, {"203": "ph4"}))
        branch.one.does("group", "add", "sales", "--members", "101,102,201,202")
        assert comes_true(lambda: accounts(branch.two) == {"201", "202", "203"})
        yield branch


@pytest.fixture
def branch(building: Branch) -> Iterator[Branch]:
    """With nobody's phone, and both sides of one mind."""
    yield building
    building.leaves_phones()
    assert agrees(building)


def knows_all(branch: Branch, *extensions: str) -> bool:
    """Whether both machines know phones of all these people."""
    return comes_true(
        lambda: all(branch.knows(machine, each) for machine in (branch.one, branch.two) for each in extensions)
    )


def uri(extension: str) -> str:
    """Where somebody is called."""
    return f"sip:{extension}@{DOMAIN}"


def rings(caller: Phone, callee: Phone) -> tuple[Call, Call]:
    """A call that rings, as both sides see it."""
    at_caller = caller.dial(callee.user)
    at_callee = callee.incoming()
    at_caller.wait_ringing()
    return at_caller, at_callee


@pytest.mark.parametrize(("watcher", "watched", "other"), [("203", "101", "102"), ("102", "201", "202")])
def test_a_lamp_shows_a_colleague_beyond_the_link(branch: Branch, watcher: str, watched: str, other: str) -> None:
    """A phone at the branch watches somebody at headquarters, and the other way."""
    calls_there, is_called = branch.telephone(other), branch.telephone(watched)
    watching = branch.phone(watcher)
    assert knows_all(branch, watched, other, watcher)
    lamp = Watch(watching, uri(watched), "dialog")
    at_caller, at_callee = rings(calls_there, is_called)
    lamp.until(lambda told: states(told) == ["early"])
    at_callee.answer()
    lamp.until(lambda told: states(told) == ["confirmed"])
    at_caller.hangup()
    lamp.until(lambda told: dialogs(told) == [])


@pytest.mark.parametrize("dialled", ["*8{}", "*8"])
@pytest.mark.parametrize(("caller", "called", "taker"), [("101", "102", "201"), ("201", "202", "101")])
def test_a_call_that_rings_beyond_the_link_is_picked_up(
    branch: Branch, caller: str, called: str, taker: str, dialled: str
) -> None:
    calling, ringing, taking = (branch.telephone(each) for each in (caller, called, taker))
    assert knows_all(branch, caller, called, taker)
    at_caller, at_ringing = rings(calling, ringing)
    assert comes_true(lambda: rings_for(branch, taker, called))
    at_taker = taking.dial(dialled.format(called))
    at_taker.wait_answered()
    at_caller.wait_answered()
    hear_each_other(calling, at_caller, taking, at_taker)
    at_ringing.wait_ended()
    at_taker.hangup()
    at_caller.wait_ended()


def rings_for(branch: Branch, taker: str, called: str) -> bool:
    """Whether the taker's node knows that something rings at somebody's."""
    found = rpc.call(branch.home(taker).paths.kamailio_rpc, "htable.dump", TABLE)
    return any(slot["name"] == f"{called}@{DOMAIN}" for each in found for slot in each["slot"])


def test_the_key_of_a_lamp_takes_a_call_beyond_the_link(branch: Branch) -> None:
    alice, bob, carol = branch.telephone("101"), branch.telephone("102"), branch.phone("201")
    assert knows_all(branch, "101", "102", "201")
    lamp = Watch(carol, uri("102"), "dialog")
    at_alice, at_bob = rings(alice, bob)
    (shown,) = dialogs(lamp.until(lambda told: any(each.get("remote-tag") for each in dialogs(told))))
    named = f"{shown.get('call-id')};to-tag={shown.get('local-tag')};from-tag={shown.get('remote-tag')};early-only"
    invite = calls(carol, uri("102"), [("Require", "replaces"), ("Replaces", named)])
    assert final(carol, invite).code == 200
    at_alice.wait_answered()
    at_bob.wait_ended()
    lamp.until(lambda told: dialogs(told) == [])


def test_a_limit_counts_calls_on_both_sides_of_the_link(branch: Branch) -> None:
    """Carol may have one call; it is at headquarters, and the branch counts it."""
    branch.one.does("user", "set", "201", "--most-calls", "1")
    alice, carol, dave = (branch.phone(each) for each in ("101", "201", "202"))
    assert knows_all(branch, "101", "201", "202")
    assert comes_true(lambda: most_calls(branch, "201") == 1)
    try:
        mine, hers = talk(alice, carol)
        assert comes_true(lambda: refused(dave, "201") == 486, 30)
        hangs_up(mine, hers)
        assert comes_true(lambda: a_call_rings(dave, carol), 30)
    finally:
        branch.one.does("user", "set", "201", "--most-calls", "none")


def most_calls(branch: Branch, extension: str) -> int | None:
    """The limit of somebody, as the branch knows it."""
    reader = DirectoryReader(branch.two.paths.run_directory)
    party = reader.party(DOMAIN, extension)
    reader.close()
    return next((limit.most for limit in party.limits if extension in limit.name), None) if party else None


def refused(caller: RawAgent, called: str) -> int:
    """The code by which a call is refused; one that rings is given up."""
    return final(caller, calls(caller, uri(called)), 15).code or 0


@pytest.mark.parametrize(("watcher", "watched"), [("101", "201"), ("201", "101")])
def test_how_somebody_is_is_shown_beyond_the_link(branch: Branch, watcher: str, watched: str) -> None:
    watching = branch.telephone(watcher)
    branch.telephone(watched)
    assert knows_all(branch, watched)
    watching.watches(watched)
    watching.shows(watched, online=True, timeout=30)
    branch.one.does("presence", "set", watched, "busy", "--note", "In a meeting")
    watching.shows(watched, activity="busy", timeout=30)
    branch.one.does("presence", "set", watched, "default")
    watching.shows(watched, activity="", timeout=30)


def test_the_keys_of_a_phone_set_do_not_disturb_while_the_link_is_cut(branch: Branch) -> None:
    """The key shows it at once, calls there heed it, and it counts everywhere once the link is back."""
    branch.one.asks("presence", "clear", "201")
    carol, dave = branch.phone("201"), branch.phone("202")
    assert comes_true(lambda: branch.is_known(branch.one, carol) and not is_undisturbed(branch.two, "201"))
    keys = KeysWatch(carol, uri("201"))
    with branch.cut_off():
        assert keys.sets("SetDoNotDisturb", doNotDisturbOn="true") == 200
        keys.show("dnd", "true")
        assert refused(dave, "201") == 486
        assert [one["what"] for one in branch.waiting()] == ["presence set dnd"]
        assert not is_undisturbed(branch.one, "201")
    assert comes_true(lambda: branch.waiting() == [] and is_undisturbed(branch.one, "201"), 60)
    assert keys.sets("SetDoNotDisturb", doNotDisturbOn="false") == 200
    keys.show("dnd", "")
    assert comes_true(lambda: not is_undisturbed(branch.one, "201"))


@pytest.mark.parametrize(("watcher", "publisher"), [("101", "201"), ("201", "101")])
def test_what_a_phone_publishes_is_shown_beyond_the_link(branch: Branch, watcher: str, publisher: str) -> None:
    """Also what it takes back, and what it says while the link is cut, once that is healed."""
    branch.one.asks("presence", "clear", publisher)  # what somebody says by hand counts first
    watching, publishing = branch.phone(watcher), branch.phone(publisher)
    watch = Watch(watching, uri(publisher))
    first = publishes(publishing, document(uri(publisher), "meeting", "In room 4"))
    assert first.code == 200
    told = watch.until(lambda told: activities(told) == ["away"])
    assert note(told) == "In room 4"
    with branch.cut_off():
        changed = publishes(
            publishing, document(uri(publisher), "busy", "On stage"), tag=first.header("SIP-ETag") or ""
        )
        assert changed.code == 200
    watch.until(lambda told: (activities(told), note(told)) == (["busy"], "On stage"))
    assert publishes(publishing, "", tag=changed.header("SIP-ETag") or "", expires=0).code == 200
    watch.until(lambda told: activities(told) == [])


def test_calls_of_the_branch_are_recorded_and_their_sound_stays_there(branch: Branch) -> None:
    """Where a phone of the branch sends its sound is the satellite; the file lies there, and a main lists it."""
    rule = branch.one.does("--json", "recording", "rule", "add", "201").row["id"]
    branch.one.does("user", "set", "102", "--name", "Bobby")  # changes arrive in order
    assert comes_true(lambda: name(branch.two, "102") == "Bobby")
    carol, dave = branch.telephone("201"), branch.telephone("202")
    mine, theirs = talks(carol, dave)
    assert {sound_goes_to(mine), sound_goes_to(theirs)} == {branch.two.address}
    assert mine.hangup().code == 200
    theirs.wait_ended()
    assert comes_true(lambda: [*branch.two.paths.recordings.rglob("*.wav")] != [], 60)
    assert comes_true(lambda: branch.one.does("--json", "recording", "list").row != [], 60)
    assert [*branch.one.paths.recordings.rglob("*.wav")] == []
    branch.one.does("recording", "rule", "remove", str(rule))
    assert changed(branch, "Bob")


def test_the_sound_of_a_call_within_the_branch_stays_there(branch: Branch) -> None:
    mine, theirs = talks(branch.telephone("203"), branch.telephone("202"))
    assert {sound_goes_to(mine), sound_goes_to(theirs)} == {branch.two.address}
    assert mine.hangup().code == 200
    theirs.wait_ended()


def test_a_message_is_left_and_heard_while_the_link_is_cut(branch: Branch) -> None:
    """For a colleague of the branch and for one elsewhere; nothing of it has to be asked of a main."""
    for extension in ("102", "202"):
        branch.one.does("forwarding", "add", extension, "--when", "always", "--to", "voicemail")
    assert changed(branch, "Bertie")
    carol, dave = branch.telephone("201"), branch.telephone("202")
    with branch.cut_off():
        for extension in ("102", "202"):
            leaves_a_message(branch.two, carol, extension)
        listening = dave.dial("*97")
        listening.wait_answered()
        listening.dtmf("1")
        listening.dtmf("1")
        listening.hears(carol.tone)
        listening.hangup()
    assert comes_true(lambda: branch.one.does("--json", "voicemail", "list", "202").row != [], 60)
    for extension in ("102", "202"):
        branch.one.does("forwarding", "clear", extension)
    assert changed(branch, "Bob")


def leaves_a_message(there: Machine, caller: Phone, to: str) -> None:
    """Call somebody's voicemail, skip the greeting and speak until it is on disk."""
    store = Mailboxes(there.paths.voicemail)
    call = caller.dial(to)
    call.wait_answered()
    call.dtmf("#")
    assert comes_true(lambda: any(is_long(store.draft_sound(draft)) for draft in store.drafts()), 60)
    call.hangup()
    assert comes_true(lambda: store.messages(DOMAIN, to) != [], 60)


def is_long(sound: Path) -> bool:
    """Whether two seconds were recorded."""
    return sound.exists() and length_s(sound) > 2


def sound_goes_to(side: Call) -> str:
    """The address that the other side named in its last description (RFC 8866 §5.7)."""
    incoming = [Message(event["text"]) for event in side.remote.journal.matching(event="incoming", call=side.number)]
    described = [each.body for each in (*incoming, *side.received) if "c=IN" in each.body]
    return re.findall(r"^c=IN IP4 (\S+)", described[-1], re.MULTILINE)[-1]


def test_who_may_call_out_by_the_line_of_the_branch(branch: Branch) -> None:
    """Its people, first; people of headquarters once their site has a route by it."""
    line = branch.provider()
    assert comes_true(lambda: trunks(branch.two) == {LIEGE.trunk})
    alice, carol = branch.phone("101"), branch.phone("201")
    assert refused(alice, "+32475123456") == 404
    leaves_by(line, carol, branch.two)
    branch.one.does("outbound", "add", "+32475", "--trunk", LIEGE.trunk, "--site", "main")
    assert changed(branch, "Robert")  # changes arrive in order
    leaves_by(line, alice, branch.two)
    explained = branch.one.does("explain", "call", "--from", "101", "--to", "+32475123456").output
    assert "of liege, whose line it leaves by" in explained
    with branch.cut_off():
        assert comes_true(lambda: not is_up(branch.one, "liege"))
        invite = calls(alice, uri("+32475123456"))
        silent = final(alice, invite, 60)
        assert (silent.code, "the line is silent" in (silent.header("Warning") or "")) == (480, True)
    assert comes_true(lambda: is_up(branch.one, "liege"), 60)
    branch.one.does("outbound", "remove", "+32475", "--trunk", LIEGE.trunk, "--site", "main")
    assert changed(branch, "Bob")
    assert refused(alice, "+32475123456") == 404


def leaves_by(line: RawAgent, caller: RawAgent, by: Machine) -> None:
    """A call outside comes to the provider of this line, from this machine."""
    invite = calls(caller, uri("+32475123456"))
    received = line.expect("INVITE", timeout=15)
    assert received.uri.startswith("sip:+32475123456@")
    assert received.peer is not None
    assert received.peer[0] == by.address
    line.respond(received, 486)
    assert final(caller, invite).code == 486
    line.forget()


def test_the_link_is_cut_under_calls(branch: Branch) -> None:
    """Who talks within the branch goes on talking, and new calls work there at once; a call across the link ends."""
    carol, dave = branch.telephone("201"), branch.telephone("202")
    alice, eve = branch.telephone("101"), branch.telephone("203")
    assert comes_true(lambda: branch.knows(branch.one, "203") and branch.knows(branch.two, "101"))
    mine, theirs = talks(carol, dave)
    across, _ = talks(alice, eve)
    branch.network.cut_link("liege")
    try:
        with measured("link of a branch cut | until a new call within the branch rings"):
            again = dave.dial("201")
            at_carol = carol.incoming()
            again.wait_ringing()
        at_carol.reject(486)
        assert again.wait_ended().code == 486
        hear_each_other(carol, mine, dave, theirs)
        with measured("link of a branch cut | until a call across it has ended, after words"):
            assert across.wait_ended(90).code
        hear_each_other(carol, mine, dave, theirs)
    finally:
        branch.network.heal_link("liege")
    with measured("link of a branch healed | until both sides agree"):
        assert agrees(branch)
    hear_each_other(carol, mine, dave, theirs)
    assert mine.hangup().code == 200
    theirs.wait_ended()


@pytest.mark.parametrize("direction", [slowlink.deaf, slowlink.mute])
def test_the_link_is_dead_in_one_direction(branch: Branch, direction: slowlink.Dead) -> None:
    """As a cut: both sides notice, the branch goes on by itself, and nothing is half done."""
    alice, carol, dave = (branch.phone(each) for each in ("101", "201", "202"))
    assert comes_true(lambda: branch.is_known(branch.two, alice) and branch.is_known(branch.one, carol))
    with direction(branch.network, "liege"):
        branch.one.does("user", "set", "102", "--name", "Robert")
        assert comes_true(lambda: "no main answers since" in branch.follower(branch.two), 30)
        assert comes_true(lambda: not is_up(branch.two, "node1") and not is_up(branch.one, "liege"), 30)
        a_call_works(carol, dave)
    assert comes_true(lambda: name(branch.two, "102") == "Robert", 60)
    assert changed(branch, "Bob")
    assert comes_true(lambda: rings_again(alice, carol) and rings_again(carol, alice), 60)


def rings_again(caller: RawAgent, callee: RawAgent) -> bool:
    """Whether a call rings and can be refused: what was sent into the dead link is sent again first."""
    try:
        return a_call_rings(caller, callee)
    except TimeoutError:
        return False


def test_a_link_that_flaps_loses_nothing_and_floods_nobody(branch: Branch) -> None:
    alice, carol, dave = (branch.phone(each) for each in ("101", "201", "202"))
    assert comes_true(lambda: branch.is_known(branch.two, alice) and branch.is_known(branch.one, carol))
    mine, theirs = talk(carol, dave)
    before = branch.network.carried("liege")
    for flap in range(FLAPS):
        branch.network.cut_link("liege")
        branch.one.does("user", "set", "102", "--name", f"Flap {flap}")
        branch.network.heal_link("liege")
        assert dave.register(expires=3600).code == 200
    assert comes_true(lambda: name(branch.two, "102") == f"Flap {FLAPS - 1}", 60)
    assert agrees(branch)
    assert branch.network.carried("liege") - before < FLAPS * BYTES_A_FLAP
    assert comes_true(lambda: rings_again(alice, carol), 60)
    hangs_up(mine, theirs)
    assert changed(branch, "Bob")
