"""A satellite that has no Asterisk: calls of the branch stay there, the rest is done by the main's."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.lab.branches import LIEGE
from tests.lab.cluster import DOMAIN, Machine
from tests.lab.known import comes_true, name
from tests.lab.prefix import prefix
from tests.live.branch import Branch, is_up, reaches_alice_outside, trunks
from tests.live.talking import calls, final, hangs_up, heard, talk
from tests.live.test_lamps import states
from tests.live.watching import Watch, dialogs
from tests.phones.dialog import Dialog
from tests.phones.message import Message
from tests.phones.raw import RawAgent

from carillon.stores.directory import DirectoryReader

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with Branch.open(
        prefix("ba-"), Path(tmp_path_factory.mktemp("bare")), sites=[replace(LIEGE, asterisk=False)]
    ) as branch:
        yield branch


def test_it_runs_no_asterisk(branch: Branch) -> None:
    rows = branch.two.asks("--json", "status").row["components"]
    assert "asterisk" not in {row["name"] for row in rows}
    assert [row["name"] for row in rows if not row["healthy"]] == []


def test_two_phones_of_the_branch_hear_each_other_by_its_relay(branch: Branch) -> None:
    """The sound crosses no link, and phones that don't reach each other hear each other all the same."""
    carol, dave = branch.telephone("201"), branch.telephone("202")
    mine = carol.dial("202")
    theirs = dave.incoming()
    theirs.answer()
    mine.wait_answered()
    mine.hears(dave.tone)
    theirs.hears(carol.tone)
    assert mine.wait_response(200).body.count(f"IN IP4 {branch.two.address}") >= 1
    mine.hold()
    mine.resume()
    theirs.hears(carol.tone)
    theirs.hangup()
    mine.wait_ended()
    for phone in (carol, dave):
        phone.unregister()


def test_whoever_hangs_up_ends_the_call(branch: Branch) -> None:
    carol, dave = branch.phone("201"), branch.phone("202")
    ends(*talk(carol, dave))
    one, other = talk(dave, carol)
    ends(other, one)


def test_no_word_between_parts_of_the_node_reaches_a_phone(branch: Branch) -> None:
    carol, dave = branch.phone("201"), branch.phone("202")
    ends(*talk(carol, dave, [("X-Carillon-Caller", "102@lab.test")]))
    assert [each.text for phone in (carol, dave) for each in phone.seen if "X-Carillon" in each.text] == []


def test_the_callee_reads_who_the_directory_says_calls(branch: Branch) -> None:
    carol, dave = branch.phone("201"), branch.phone("202")
    invite = carol.invite(f"sip:202@{DOMAIN}")
    text = re.sub("(?m)^From: [^<]*", 'From: "The Director" ', invite.text)
    invite = carol.with_credentials(Message(text), carol.exchange(text))
    carol.send(invite)
    received = dave.expect("INVITE")
    assert (received.header("From") or "").startswith('"Carol"')
    assert (received.header("P-Asserted-Identity") or "") == f'"Carol" <sip:201@{DOMAIN}>'
    dave.respond(received, 486)
    assert final(carol, invite).code == 486


def test_what_the_far_end_says_reaches_the_caller(branch: Branch) -> None:
    carol, dave = branch.phone("201"), branch.phone("202")
    invite = calls(carol, f"sip:202@{DOMAIN}")
    dave.respond(dave.expect("INVITE"), 486, "In A Meeting", headers=[("Warning", '399 phone "Until noon"')])
    said = final(carol, invite)
    assert said.start == "SIP/2.0 486 In A Meeting"
    assert sum("Until noon" in each for each in said.headers("Warning")) == 1


def test_a_call_is_forwarded_from_one_to_the_next(branch: Branch) -> None:
    """Nobody but ourselves dials again, as often as it takes; the caller's phone sees one call."""
    alice, bob, carol, dave = (branch.phone(extension) for extension in ("101", "102", "201", "202"))
    assert comes_true(lambda: branch.is_known(branch.two, alice) and branch.is_known(branch.two, bob))
    branch.one.does("forwarding", "add", "202", "--when", "busy", "--to", "101")
    branch.one.does("forwarding", "add", "101", "--when", "declined", "--to", "102")
    assert comes_true(lambda: forwards(branch.two, "101") and forwards(branch.two, "202"))
    invite = calls(carol, f"sip:202@{DOMAIN}")
    dave.respond(dave.expect("INVITE"), 486)
    alice.respond(alice.expect("INVITE"), 603)
    bob.respond(bob.expect("INVITE"), 486, "Gone Fishing")
    assert final(carol, invite).start == "SIP/2.0 486 Gone Fishing"
    assert not any("Forward" in each.start for each in carol.seen)
    for extension in ("101", "202"):
        branch.one.does("forwarding", "clear", extension)
    assert comes_true(lambda: not forwards(branch.two, "202"))


def test_lamps_and_lists_show_its_calls_everywhere(branch: Branch) -> None:
    alice, carol, dave = branch.phone("101"), branch.phone("201"), branch.phone("202")
    far, near = Watch(alice, f"sip:202@{DOMAIN}", "dialog"), Watch(carol, f"sip:202@{DOMAIN}", "dialog")
    invite = calls(carol, f"sip:202@{DOMAIN}")
    received = dave.expect("INVITE")
    dave.respond(received, 180, headers=[("Contact", f"<{dave.contact}>")])
    for lamp in (far, near):
        lamp.until(lambda told: states(told) == ["early"])
    accepted = dave.accept(received)
    mine = Dialog.called(carol, invite, final(carol, invite))
    mine.ack()
    dave.expect("ACK")
    for lamp in (far, near):
        lamp.until(lambda told: states(told) == ["confirmed"])
    for machine in (branch.one, branch.two):
        (row,) = machine.does("--json", "call", "list").row
        assert (row["from"], row["to"], row["state"], row["node"]) == ("201", "202", "up", "liege")
    assert "to gateway: relayed (by this node itself)" in branch.two.does("trace", "--last", "201").output
    ends(mine, Dialog.answered(dave, received, accepted))
    for lamp in (far, near):
        lamp.until(lambda told: dialogs(told) == [])


def test_an_administrator_ends_a_call(branch: Branch) -> None:
    carol, dave = branch.phone("201"), branch.phone("202")
    mine, theirs = talk(carol, dave)
    assert comes_true(lambda: len(branch.one.does("--json", "call", "list").row) == 1)
    (row,) = branch.one.does("--json", "call", "list").row
    branch.one.does("call", "hangup", row["id"])
    for side in (mine, theirs):
        side.agent.respond(side.agent.expect("BYE"), 200)
    assert comes_true(lambda: branch.one.does("--json", "call", "list").row == [])


def test_an_administrator_ends_a_call_that_rings(branch: Branch) -> None:
    carol, dave = branch.phone("201"), branch.phone("202")
    invite = calls(carol, f"sip:202@{DOMAIN}")
    received = dave.expect("INVITE")
    dave.respond(received, 180, headers=[("Contact", f"<{dave.contact}>")])
    assert comes_true(lambda: len(branch.two.does("--json", "call", "list").row) == 1)
    branch.two.does("call", "hangup", branch.two.does("--json", "call", "list").row[0]["id"])
    cancel = dave.expect("CANCEL")
    dave.respond(cancel, 200)
    dave.respond(received, 487)
    assert final(carol, invite).code == 487


def test_calls_between_the_branch_and_the_main(branch: Branch) -> None:
    alice, carol = branch.phone("101"), branch.phone("201")
    assert comes_true(lambda: branch.is_known(branch.one, carol) and branch.is_known(branch.two, alice))
    hangs_up(*talk(alice, carol))
    hangs_up(*talk(carol, alice))


def test_a_service_is_that_of_a_main_and_missing_while_the_link_is_cut(branch: Branch) -> None:
    carol = branch.phone("201")
    invite = calls(carol, f"sip:*43@{DOMAIN}")
    echo = Dialog.called(carol, invite, final(carol, invite))
    echo.ack()
    assert echo.bye().code == 200
    with branch.cut_off():
        said = final(carol, calls(carol, f"sip:*43@{DOMAIN}"))
        assert (said.code, "The link to the mains is cut" in (said.header("Warning") or "")) == (503, True)
    assert comes_true(lambda: is_up(branch.two, "node1"))


def test_a_branch_that_is_cut_off_calls_within_and_by_its_own_line(branch: Branch) -> None:
    provider = branch.provider()
    branch.one.does("number", "add", "+3225550101", "--to", "101")
    branch.one.does("number", "add", "+3242220201", "--to", "201")
    assert comes_true(lambda: trunks(branch.two) == {LIEGE.trunk} and name(branch.two, "+3242220201") == "Carol")
    carol, dave = branch.phone("201"), branch.phone("202")
    with branch.cut_off():
        ends(*talk(carol, dave))
        ends(*talk_outside(carol, "sip:101@lab.test", provider, "+3225550101"))
        ends(*talk_outside(carol, "sip:112@lab.test", provider, "112"))
        said = final(carol, calls(carol, f"sip:102@{DOMAIN}"))
        assert (said.code, "The link to Bob is cut" in (said.header("Warning") or "")) == (480, True)
    assert comes_true(lambda: is_up(branch.two, "node1"))


def test_a_colleague_is_called_outside_before_anybody_has_noticed_that_the_link_is_cut(branch: Branch) -> None:
    """The way to his phone is silent first, and the call goes on as when the cut is known."""
    provider = branch.provider()
    branch.one.asks("number", "add", "+3225550101", "--to", "101")
    assert comes_true(lambda: trunks(branch.two) == {LIEGE.trunk} and name(branch.two, "+3225550101") == "Alice")
    alice, carol = branch.phone("101"), branch.phone("201")
    assert comes_true(lambda: branch.is_known(branch.two, alice) and is_up(branch.two, "node1"))
    hangs_up(*talk(carol, alice))
    with branch.just_cut_off():
        reaches_alice_outside(carol, provider)
    assert comes_true(lambda: is_up(branch.two, "node1"))
    rings_nobody(alice, carol)


def test_calls_of_the_branchs_own_line_stay_there_while_the_link_is_up(branch: Branch) -> None:
    provider, carol = branch.provider(), branch.phone("201")
    assert comes_true(lambda: trunks(branch.two) == {LIEGE.trunk})
    mine, theirs = talk_outside(carol, "sip:0475123456@lab.test", provider, "+32475123456")
    refer = theirs.request("REFER", headers=[("Refer-To", "<sip:00900123@lab.test>")])
    provider.send(refer)
    assert final(provider, refer).code == 403
    ends(theirs, mine)


@pytest.mark.parametrize("target", ["sip:x@127.0.0.1:5068", "sip:x@10.0.0.1;alias=127.0.0.1~5068~1"])
def test_no_phone_reaches_a_part_of_the_node_by_a_dialog_of_its_own(branch: Branch, target: str) -> None:
    carol, dave = branch.phone("201"), branch.phone("202")
    mine, theirs = talk(carol, dave)
    evil = mine.request("NOTIFY", uri=target, headers=[("Event", "dialog")])
    carol.send(evil)
    assert final(carol, evil).code == 403
    ends(mine, theirs)


def test_a_call_outlives_the_death_of_kamailio(branch: Branch) -> None:
    """Lamps go on to shine, lists show it, and it counts, until somebody hangs up."""
    alice, carol, dave = branch.phone("101"), branch.phone("201"), branch.phone("202")
    branch.one.does("user", "set", "202", "--most-calls", "5")
    far = Watch(alice, f"sip:202@{DOMAIN}", "dialog")
    mine, theirs = talk(carol, dave)
    far.until(lambda told: states(told) == ["confirmed"])
    kills(branch.two, "kamailio")
    rows = branch.two.does("--json", "call", "list").row
    assert [(row["from"], row["to"], row["state"], row["node"]) for row in rows] == [("201", "202", "up", "liege")]
    refused = branch.two.asks("call", "hangup", rows[0]["id"])
    assert "older than this Kamailio, so its phones alone can end it" in refused.error
    near = Watch(carol, f"sip:202@{DOMAIN}", "dialog")
    near.until(lambda told: states(told) == ["confirmed"])
    assert counted(branch) == 1
    ends(mine, theirs)
    for lamp in (far, near):
        lamp.until(lambda told: dialogs(told) == [])
    assert comes_true(lambda: counted(branch) == 0)
    assert branch.two.does("--json", "call", "list").row == []
    branch.one.does("user", "set", "202", "--most-calls", "none")
    ends(*talk(carol, dave))


def test_a_call_that_has_just_ended_does_not_come_back_when_kamailio_dies(branch: Branch) -> None:
    carol, dave = branch.phone("201"), branch.phone("202")
    mine, theirs = talk(carol, dave)
    up = [("201", "202", "liege")]
    assert comes_true(lambda: listed(branch) == up), listed(branch)
    ends(mine, theirs)
    kills(branch.two, "kamailio")
    near = Watch(carol, f"sip:202@{DOMAIN}", "dialog")
    near.until(lambda told: dialogs(told) == [])
    assert branch.two.does("--json", "call", "list").row == []


def listed(branch: Branch) -> list[tuple[str, str, str]]:
    """Who calls whom where, as the branch knows."""
    rows = branch.two.does("--json", "call", "list").row
    return [(row["from"], row["to"], row["node"]) for row in rows]


def counted(branch: Branch) -> int:
    """How many calls of Dave count."""
    rows = branch.one.does("--json", "limit", "list").row
    return sum(row["calls"] for row in rows if row["name"] == f"202@{DOMAIN}")


def talk_outside(caller: RawAgent, uri: str, provider: RawAgent, number: str) -> tuple[Dialog, Dialog]:
    """A call that the provider answers, as each side sees it."""
    invite = calls(caller, uri)
    received = provider.expect("INVITE")
    assert received.uri.startswith(f"sip:{number}@")
    accepted = provider.accept(received)
    mine = Dialog.called(caller, invite, final(caller, invite))
    mine.ack()
    provider.expect("ACK")
    return mine, Dialog.answered(provider, received, accepted)


def rings_nobody(alice: RawAgent, carol: RawAgent) -> None:
    """What stood in the link comes to the main at last, before what was sent later by the same way: it is no call."""

    def echoes() -> bool:
        invite = calls(carol, f"sip:*43@{DOMAIN}")
        if (answer := final(carol, invite)).code != 200:
            return False
        echo = Dialog.called(carol, invite, answer)
        echo.ack()
        return echo.bye().code == 200

    assert comes_true(echoes, 60)
    if late := heard(alice, lambda each: each.method == "INVITE"):
        alice.respond(late, 180)
        alice.expect("CANCEL")


def ends(side: Dialog, other: Dialog) -> None:
    """One side says BYE, and the other one, who has the same dialog, answers."""
    bye = side.request("BYE")
    side.agent.send(bye)
    other.agent.respond(other.agent.expect("BYE"), 200)
    assert final(side.agent, bye).code == 200


def forwards(machine: Machine, extension: str) -> bool:
    """Whether a machine knows a row of somebody."""
    with closing(DirectoryReader(machine.paths.run_directory)) as directory:
        directory.connect()
        party = directory.party(DOMAIN, extension)
    return bool(party and party.forwarding)


def kills(machine: Machine, component: str) -> None:
    """One of its processes dies, and it is back."""
    before = pid(machine, component)
    os.kill(before, signal.SIGKILL)
    assert comes_true(lambda: pid(machine, component) not in (0, before))
    assert comes_true(lambda: healthy(machine, component))


def pid(machine: Machine, component: str) -> int:
    """The main process of a component."""
    return int(row(machine, component)["pid"] or 0)


def healthy(machine: Machine, component: str) -> bool:
    """Whether a component answers."""
    return bool(row(machine, component)["healthy"])


def row(machine: Machine, component: str) -> dict[str, Any]:
    """What `status` says of a component."""
    rows = machine.asks("--json", "status").row["components"]
    return next(dict(each) for each in rows if each["name"] == component)
