"""Pick-up and transfer of calls that a branch without Asterisk carries by itself: phones do it, by Replaces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.lab.branches import LIEGE
from tests.lab.cluster import DOMAIN, Machine
from tests.lab.known import comes_true
from tests.lab.prefix import prefix
from tests.live.branch import Branch, is_up, trunks
from tests.live.talking import calls, final, heard
from tests.live.test_branch_without_asterisk import talk_outside
from tests.live.test_dies_ringing import gives_up
from tests.live.test_lamps import states
from tests.live.test_transfers import hear_each_other
from tests.live.watching import Watch, dialogs
from tests.phones.call import Call
from tests.phones.dialog import Dialog
from tests.phones.message import Message
from tests.phones.raw import RawAgent

from carillon.explain.live import ringing
from carillon.stores.directory import DirectoryReader

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'
THREE = replace(
    LIEGE,
    people={**LIEGE.people, "203": "Eva"},
    hosts={**LIEGE.hosts, "203": "ph6"},
    asterisk=False,
)


@pytest.fixture(scope="module")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with Branch.open(prefix("tk-"), Path(tmp_path_factory.mktemp("taken")), sites=[THREE]) as branch:
        branch.one.does("number", "add", "+3242220201", "--to", "201")
        branch.one.does("group", "add", "team", "--members", "101,202,203", "--ring-time", "20")
        for number in ("250", "+3242220250"):
            branch.one.does("number", "add", number, "--to", "group:team")
        branch.one.does("group", "add", "sales", "--members", "201,202,203")
        assert comes_true(lambda: groups(branch.two, "203") == {"sales", "team"})
        yield branch


def groups(machine: Machine, extension: str) -> frozenset[str]:
    """The groups within which somebody may be picked up, as a machine knows them."""
    with closing(DirectoryReader(machine.paths.run_directory)) as directory:
        directory.connect()
        party = directory.party(DOMAIN, extension)
    return party.pickup.groups if party else frozenset()


def counted(branch: Branch) -> dict[str, int]:
    """The calls of everybody who has a limit, as administrators see them."""
    rows = branch.one.does("--json", "limit", "list").row
    return {row["name"].partition("@")[0]: row["calls"] for row in rows}


def named_by(told: Message) -> str:
    """The call that a lamp shows, as a phone's key names it."""
    (each,) = dialogs(told)
    return f"{each.get('call-id')};to-tag={each.get('remote-tag')};from-tag={each.get('local-tag')}"


def test_a_colleague_takes_a_call_that_rings(branch: Branch) -> None:
    """By code; the picker and the caller hear each other, and the phone that rang stops and shows no missed call."""
    carol, eva, dave = branch.telephone("201"), branch.telephone("203"), branch.phone("202")
    at_carol = carol.dial("202")
    received = dave.expect("INVITE")
    dave.respond(received, 180, headers=[("Contact", f"<{dave.contact}>")])
    at_carol.wait_ringing()
    at_eva = eva.dial("*8202")
    at_eva.wait_answered()
    cancel = dave.expect("CANCEL")
    assert cancel.header("Reason") == ELSEWHERE
    dave.respond(cancel, 200)
    dave.respond(received, 487)
    assert at_eva.wait_response(200).header("P-Asserted-Identity") == f'"Carol" <sip:201@{DOMAIN}>'
    now = carol.follows()
    hear_each_other(carol, now, eva, at_eva)
    at_eva.hangup()
    now.wait_ended()


def test_it_counts_for_both_and_no_more_for_who_was_rung(branch: Branch) -> None:
    people = ("201", "202", "203")
    for person in people:
        branch.one.does("user", "set", person, "--most-calls", "2")
    carol, eva, dave = branch.telephone("201"), branch.telephone("203"), branch.telephone("202")
    carol.dial("202").wait_ringing()
    assert comes_true(lambda: counted(branch) == {"201": 1, "202": 1, "203": 0})
    at_eva = eva.dial("*8202")
    at_eva.wait_answered()
    dave.incoming().wait_ended()
    assert comes_true(lambda: counted(branch) == {"201": 1, "202": 0, "203": 1})
    at_eva.hangup()
    assert comes_true(lambda: set(counted(branch).values()) == {0})
    for person in people:
        branch.one.does("user", "set", person, "--most-calls", "none")


def test_a_lamp_shows_who_has_taken_it(branch: Branch) -> None:
    """By the key of a lamp (Replaces); lamps and lists follow, and nothing is left of the call that rang."""
    carol, eva, dave = branch.telephone("201"), branch.phone("203"), branch.phone("202")
    lamp = Watch(eva, f"sip:202@{DOMAIN}", "dialog")
    at_carol = carol.dial("202")
    received = dave.expect("INVITE")
    dave.respond(received, 180, headers=[("Contact", f"<{dave.contact}>")])
    shown = lamp.until(lambda told: states(told) == ["early"])
    named = named_by(shown)
    invite = calls(eva, f"sip:202@{DOMAIN}", [("Replaces", named)])
    accepted = final(eva, invite)
    assert accepted.code == 200, accepted.text
    mine = Dialog.called(eva, invite, accepted)
    mine.ack()
    dave.respond(dave.expect("CANCEL"), 200)
    dave.respond(received, 487)
    at_carol.wait_ended()
    now = carol.follows()
    now.wait_answered()
    lamp.until(lambda told: states(told) == [])
    at_eva = Watch(dave, f"sip:203@{DOMAIN}", "dialog")
    at_eva.until(lambda told: states(told) == ["confirmed"])
    (row,) = branch.one.does("--json", "call", "list").row
    assert (row["from"], row["to"], row["state"], row["node"]) == ("203", "201", "up", "liege")
    assert mine.bye().code == 200
    now.wait_ended()
    at_eva.until(lambda told: states(told) == [])


def test_two_colleagues_are_joined(branch: Branch) -> None:
    """An attended transfer: whoever transfers is rid of both, who are left hear each other."""
    carol, dave, eva = branch.telephone("201"), branch.telephone("202"), branch.telephone("203")
    to_dave = carol.dial("202")
    at_dave = dave.incoming()
    at_dave.answer()
    to_dave.wait_answered()
    to_dave.hold()
    to_eva = carol.dial("203")
    at_eva = eva.incoming()
    at_eva.answer()
    to_eva.wait_answered()
    to_dave.transfer_to(to_eva)
    dave_now, eva_now = dave.follows(), eva.follows()
    hear_each_other(dave, dave_now, eva, eva_now)
    to_eva.wait_ended()
    to_dave.hangup()
    dave_now.hangup()
    eva_now.wait_ended()


@pytest.mark.parametrize("cancels", [False, True], ids=["waits", "hangs up"])
def test_a_colleague_is_joined_with_one_whose_phone_rings_still(branch: Branch, cancels: bool) -> None:
    """Carol doesn't wait until Eva has answered: Eva's phone rings for Dave then, and Carol is rid of both."""
    carol, dave, eva = branch.phone("201"), branch.telephone("202"), branch.telephone("203")
    invite = calls(carol, f"sip:202@{DOMAIN}")
    at_dave = dave.incoming()
    at_dave.pick_up()
    to_dave = Dialog.called(carol, invite, final(carol, invite))
    to_dave.ack()
    at_dave.wait_answered()
    second = calls(carol, f"sip:203@{DOMAIN}")
    from_carol = eva.incoming()
    rings = carol.await_message(lambda each: each.code == 180 and each.cseq == second.cseq, 5, "ringing")
    ours, theirs = ((rings.header(name) or "").partition(";tag=")[2] for name in ("From", "To"))
    named = f"{rings.header('Call-ID')}%3Bto-tag%3D{theirs}%3Bfrom-tag%3D{ours}"
    refer = to_dave.request("REFER", headers=[("Refer-To", f"<{eva.contact}?Replaces={named}>")])
    carol.send(refer)
    assert final(carol, refer).code == 202
    if cancels:
        gives_up(carol, second)
    assert final(carol, second).code == 487
    from_carol.wait_ended()
    at_eva = eva.incoming()
    assert (at_eva.invite.header("From") or "").startswith('"Dave"')
    at_eva.answer()
    dave_now = dave.follows()
    hear_each_other(dave, dave_now, eva, at_eva)
    told = carol.await_message(lambda each: each.method == "NOTIFY" and "200" in each.body, 5, "that it has worked")
    carol.respond(told, 200)
    dave_now.hangup()
    at_eva.wait_ended()


def test_a_call_is_taken_and_two_are_joined_while_the_link_is_cut(branch: Branch) -> None:
    carol, dave, eva = branch.telephone("201"), branch.telephone("202"), branch.telephone("203")
    with branch.cut_off():
        to_dave = carol.dial("202")
        at_dave = dave.incoming()
        to_dave.wait_ringing()
        at_eva = eva.dial("*8")
        at_eva.wait_answered()
        at_dave.wait_ended()
        now = carol.follows()
        now.hold()
        to_dave = carol.dial("202")
        at_dave = dave.incoming()
        at_dave.answer()
        to_dave.wait_answered()
        now.transfer_to(to_dave)
        eva_now, dave_now = eva.follows(), dave.follows()
        hear_each_other(dave, dave_now, eva, eva_now)
        now.hangup()
        eva_now.hangup()
        dave_now.wait_ended()
    assert comes_true(lambda: is_up(branch.two, "node1"))


def test_the_second_phone_of_a_person_takes_his_call_over(branch: Branch) -> None:
    """One that was answered at the first one; with a key that names it."""
    carol, dave, other = branch.telephone("201"), branch.telephone("202"), branch.phone("202")
    to_dave = carol.dial("202")
    at_dave = dave.incoming()
    rung = other.expect("INVITE")
    other.respond(rung, 180, headers=[("Contact", f"<{other.contact}>")])
    at_dave.answer()
    to_dave.wait_answered()
    other.respond(other.expect("CANCEL"), 200)
    other.respond(rung, 487)
    invite = calls(other, f"sip:202@{DOMAIN}", [("Replaces", dialog_of(at_dave))])
    mine = Dialog.called(other, invite, final(other, invite))
    mine.ack()
    now = carol.follows()
    now.wait_answered()
    at_dave.wait_ended()
    assert mine.bye().code == 200
    now.wait_ended()


def dialog_of(called: Call) -> str:
    """How whoever was called names his call in Replaces (RFC 3891 §6.1)."""
    ours = (called.invite.header("From") or "").partition(";tag=")[2]
    return f"{called.call_id};to-tag={ours};from-tag={called.own_tag}"


def test_nobody_takes_an_answered_call_of_others(branch: Branch) -> None:
    carol, dave, eva = branch.telephone("201"), branch.telephone("202"), branch.phone("203")
    to_dave = carol.dial("202")
    at_dave = dave.incoming()
    at_dave.answer()
    to_dave.wait_answered()
    said = final(eva, calls(eva, f"sip:202@{DOMAIN}", [("Replaces", dialog_of(at_dave))]))
    assert (said.code, "You may not take this call" in (said.header("Warning") or "")) == (603, True)
    hear_each_other(carol, to_dave, dave, at_dave)
    to_dave.hangup()
    at_dave.wait_ended()


def test_members_of_a_group_ring_in_turn_while_the_link_is_cut(branch: Branch) -> None:
    """Those at the branch, for callers inside and outside; lamps show who has the call."""
    provider, carol, dave, eva = branch.provider(), branch.phone("201"), branch.phone("202"), branch.phone("203")
    assert comes_true(lambda: trunks(branch.two) == {LIEGE.trunk})
    ends(*comes_in(branch, carol, provider))
    with branch.cut_off():
        lamp = Watch(carol, f"sip:203@{DOMAIN}", "dialog")
        invite = calls(carol, f"sip:250@{DOMAIN}")
        first = dave.expect("INVITE")
        assert (first.header("From") or "").startswith('"team: Carol"')
        dave.respond(first, 486)
        received = eva.expect("INVITE")
        accepted = eva.accept(received)
        mine = Dialog.called(carol, invite, final(carol, invite))
        mine.ack()
        eva.expect("ACK")
        lamp.until(lambda told: states(told) == ["confirmed"])
        ends(mine, Dialog.answered(eva, received, accepted))
        lamp.until(lambda told: states(told) == [])
        invite = provider.invite(f"sip:+3242220250@{branch.two.address}")
        provider.send(invite)
        received = dave.expect("INVITE")
        dave.respond(received, 180, headers=[("Contact", f"<{dave.contact}>")])
        accepted = dave.accept(received)
        theirs = Dialog.called(provider, invite, final(provider, invite))
        theirs.ack()
        dave.expect("ACK")
        ends(theirs, Dialog.answered(dave, received, accepted))
    assert comes_true(lambda: is_up(branch.two, "node1"))


def test_a_phone_that_only_says_it_knows_replaces_goes_on_calling(branch: Branch) -> None:
    carol, dave, eva = branch.phone("201"), branch.phone("202"), branch.phone("203")
    invite = calls(carol, f"sip:202@{DOMAIN}", [("Supported", "replaces")])
    received = dave.expect("INVITE")
    dave.respond(received, 180, headers=[("Contact", f"<{dave.contact}>")])
    picked = calls(eva, f"sip:*8202@{DOMAIN}")
    asked = carol.expect("INVITE")
    assert asked.header("Require") == "replaces"
    carol.respond(asked, 420, headers=[("Unsupported", "replaces")])
    said = final(eva, picked)
    assert (said.code, "does not give its call" in (said.header("Warning") or "")) == (603, True)
    accepted = dave.accept(received)
    mine = Dialog.called(carol, invite, final(carol, invite))
    mine.ack()
    dave.expect("ACK")
    ends(mine, Dialog.answered(dave, received, accepted))


@pytest.mark.parametrize("to", ["<sip:203@lab.test>", "<sip:203@lab.test?Replaces=c%3Bto-tag%3Da%3Bfrom-tag%3Db>"])
def test_nobody_outside_is_transferred_and_the_phone_is_told_why(branch: Branch, to: str) -> None:
    """Neither whom the branch's own line has brought, nor who was called by it; the call goes on."""
    provider, carol = branch.provider(), branch.phone("201")
    assert comes_true(lambda: trunks(branch.two) == {LIEGE.trunk})
    mine, theirs = talk_outside(carol, f"sip:0475123456@{DOMAIN}", provider, "+32475123456")
    assert is_refused(mine, to)
    ends(mine, theirs)
    mine, theirs = comes_in(branch, carol, provider)
    assert is_refused(mine, to)
    ends(theirs, mine)


def comes_in(branch: Branch, carol: RawAgent, provider: RawAgent) -> tuple[Dialog, Dialog]:
    """A call from outside that Carol answers, as she and the provider see it."""
    uri = f"sip:+3242220201@{branch.two.address}"
    assert comes_true(lambda: a_call_rings_at(carol, provider, uri))
    invite = provider.invite(uri)
    provider.send(invite)
    received = carol.expect("INVITE")
    accepted = carol.accept(received)
    theirs = Dialog.called(provider, invite, final(provider, invite))
    theirs.ack()
    carol.expect("ACK")
    return Dialog.answered(carol, received, accepted), theirs


def a_call_rings_at(carol: RawAgent, provider: RawAgent, uri: str) -> bool:
    """Whether a call from outside rings; it is declined."""
    invite = provider.invite(uri)
    provider.send(invite)
    received = heard(carol, lambda each: each.code is None and each.method == "INVITE")
    if received:
        carol.respond(received, 486)
    return final(provider, invite).code == 486


def is_refused(side: Dialog, to: str) -> bool:
    """Whether somebody may not send the other side to this place, and reads why."""
    refer = side.request("REFER", headers=[("Refer-To", to)])
    side.agent.send(refer)
    said = final(side.agent, refer)
    return said.code == 403 and "does not transfer callers from outside" in (said.header("Warning") or "")


def ends(side: Dialog, other: Dialog) -> None:
    """One side hangs up."""
    bye = side.request("BYE")
    side.agent.send(bye)
    other.agent.respond(other.agent.expect("BYE"), 200)
    assert final(side.agent, bye).code == 200


def test_a_call_that_rings_at_two_phones_is_taken(branch: Branch) -> None:
    """The caller's phone knows a dialog with one of them; both stop."""
    carol, eva = branch.telephone("201"), branch.telephone("203")
    phones = [branch.telephone("202"), branch.telephone("202")]
    carol.dial("202")
    rung = [phone.incoming() for phone in phones]
    assert comes_true(lambda: len(ringing_tags(branch)) == 2)
    at_eva = eva.dial("*8202")
    at_eva.wait_answered()
    for each in rung:
        each.wait_ended()
    now = carol.follows()
    hear_each_other(carol, now, eva, at_eva)
    at_eva.hangup()
    now.wait_ended()


def ringing_tags(branch: Branch) -> list[str]:
    """The tags of the phones that ring."""
    return [tag for note in ringing(branch.two.paths) for tag in note.phone_tags]
