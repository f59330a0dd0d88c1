"""Whose lamps are told between nodes, and who is told to subscribe anew when their node is down or drained."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.phones.message import Message
from tests.siblings.test_told import BOB, NOW

from carillon.model.refused import Refused
from carillon.siblings.subscribeanew import NODE_S, RESTARTS_S, Place, Way, due, notify
from carillon.siblings.subscriptions import A_SLOW_TURN, BEGINS, ENDS, MOVES, STAYS, Own, Queue, read, row
from carillon.stores.heldsubscriptions import Key, Subscription
from carillon.supervision.raisecseq import AT_LEAST

AOR = "102@example.org"
LAMP = Subscription(
    call_id="c9",
    own_tag="ours",
    phone_tag="theirs",
    watched="101@example.org",
    watcher="77@example.org",
    aor=AOR,
    contact="sip:102@192.0.2.7:5062",
    event="dialog;id=3",
    cseq=40,
    until=NOW + 600,
)
OF_NAT = replace(LAMP, contact="sip:102@192.0.2.7:5062;alias=198.51.100.4~40000~1")
OWN = "udp:10.77.0.1:5060"


def down(lamp: Subscription = LAMP, for_s: float = 3.0) -> Place:
    """A node that held this, and is down for so long."""
    return Place(held={lamp.key: lamp}, down_at=NOW - for_s)


def told(place: Place, *phones: object, directly: str = "") -> list[tuple[str, str]]:
    """Who is told in this round: the contact that is registered here, and where it is sent."""
    found = list(due(place, {AOR: phones}, NOW, directly))  # type: ignore[dict-item]
    for one, way in found:
        place.told.setdefault(one.key, set()).add(way.contact)
    return [(way.contact, way.next_hop) for _, way in found]


def test_who_comes_from_a_node_that_is_down_is_told_once() -> None:
    place, comes = down(), replace(BOB, modified=NOW)
    assert told(place, comes) == [(BOB.contact, BOB.contact)]
    assert told(place, comes) == []


def test_by_the_connection_that_it_has_now() -> None:
    comes = replace(
        BOB, contact="sip:102@192.0.2.7:6000;transport=tls", received="sip:198.51.100.4:41000;transport=tls"
    )
    assert told(down(OF_NAT), replace(comes, modified=NOW)) == [(comes.contact, comes.received)]


@pytest.mark.parametrize("place", [Place(held={LAMP.key: LAMP}), down(replace(LAMP, aor="103@example.org"))])
def test_nobody_else_is(place: Place) -> None:
    assert told(place, replace(BOB, modified=NOW), directly=OWN) == []


def test_another_phone_of_the_same_person_is_not() -> None:
    assert told(down(), replace(BOB, contact="sip:102@192.0.2.8:5062", modified=NOW)) == []


def test_who_was_here_before_waits_until_it_is_no_mere_restart() -> None:
    here = replace(BOB, modified=NOW - 1000)
    assert told(down(for_s=3), here) == []
    assert told(down(for_s=RESTARTS_S + 1), here) == [(BOB.contact, BOB.contact)]


def test_who_needs_no_home_is_told_after_a_minute_by_one_node() -> None:
    assert told(down(for_s=NODE_S - 1), directly=OWN) == []
    assert told(down(for_s=NODE_S + 1), directly="") == []
    place = down(for_s=NODE_S + 1)
    assert told(place, directly=OWN) == [("", LAMP.contact)]
    assert told(place, directly=OWN) == []
    assert told(place, replace(BOB, modified=NOW), directly=OWN) == [(BOB.contact, BOB.contact)]


@pytest.mark.parametrize(
    "contact",
    [
        OF_NAT.contact,
        "sip:102@192.0.2.7:5062;transport=tcp",
        "sips:102@192.0.2.7:5061",
        "sip:102@[2001:db8::7]:5062",
        "sip:102@phone.example.org",
    ],
)
def test_who_can_only_be_reached_by_a_home_waits_for_one(contact: str) -> None:
    assert told(down(replace(LAMP, contact=contact), NODE_S + 1), directly=OWN) == []


def test_phones_of_a_drained_node_are_told_and_later_those_that_subscribe_there_all_the_same() -> None:
    place, here = Place(held={LAMP.key: LAMP}), replace(BOB, modified=NOW - 1000)
    place.moves(NOW - 60, so=True)
    again = replace(LAMP, call_id="c10")
    place.put(again.key, again, NOW)
    assert [one for one, _ in due(place, {AOR: (here,)}, NOW, OWN)] == [LAMP]
    place.moves(NOW, so=True)
    assert [one for one, _ in due(place, {AOR: (here,)}, NOW, OWN)] == [LAMP, again]
    place.moves(NOW, so=False)
    assert told(place, here) == []


def test_a_lamp_that_began_just_before_the_drain_is_heard_of_a_moment_later() -> None:
    place, here = Place(), replace(BOB, modified=NOW - 1000)
    place.moves(NOW - 3, so=True)
    place.put(LAMP.key, LAMP, NOW)
    assert told(place, here)


def test_a_lamp_that_ended_with_its_connection_is_remembered_until_the_phone_has_come() -> None:
    place, here = Place(held={LAMP.key: LAMP}), replace(BOB, modified=NOW)
    place.moves(NOW - 60, so=True)
    place.put(LAMP.key, None, NOW)
    assert told(place, here)
    place.is_seen(NOW + 121, up=True)
    assert place.held == {}


def test_what_has_ended_is_forgotten() -> None:
    place = down()
    place.is_seen(LAMP.until + 1, up=False)
    assert place.held == {}
    place = down()
    place.put(LAMP.key, None, NOW)
    assert place.held == {}


def sent(lamp: Subscription, way: Way) -> Message:
    return Message(notify(lamp, way, ("127.0.0.1", 5067), "sip:10.77.0.1:5060", "0123456789abcdef"))


def test_the_phone_is_told_in_its_own_dialog() -> None:
    told = sent(OF_NAT, Way(BOB.contact, "sip:198.51.100.4:40000", "", OWN))
    assert told.uri == LAMP.contact
    assert (told.header("From"), told.header("To")) == (
        "<sip:101@example.org>;tag=ours",
        "<sip:77@example.org>;tag=theirs",
    )
    assert (told.header("Call-ID"), told.header("Event")) == ("c9", "dialog;id=3")
    assert told.cseq == (LAMP.cseq + AT_LEAST, "NOTIFY")
    assert told.header("Subscription-State") == "terminated;reason=deactivated"
    assert (told.header("X-Carillon-Leads-To"), told.header("X-Carillon-Socket")) == ("sip:198.51.100.4:40000", OWN)


def test_behind_proxies_it_goes_by_their_path() -> None:
    told = sent(LAMP, Way(BOB.contact, BOB.contact, "<sip:192.0.2.9;lr>,<sip:192.0.2.10;lr>", OWN))
    assert told.header("Route") == "<sip:192.0.2.9;lr>,<sip:192.0.2.10;lr>"
    assert told.header("X-Carillon-Leads-To") == "sip:192.0.2.9;lr"


def test_what_is_more_than_a_line_is_not_said() -> None:
    with pytest.raises(Refused):
        sent(replace(LAMP, event="dialog\r\nRoute: <sip:evil>"), Way("", "sip:a", "", OWN))


def test_clocks_need_not_agree() -> None:
    assert read(row(LAMP.key, LAMP, NOW), NOW - 7200) == (LAMP.key, replace(LAMP, until=LAMP.until - 7200))
    assert read(row(LAMP.key, None, NOW), NOW) == (LAMP.key, None)


@pytest.mark.parametrize("told", [[1, 2], ["c9"], ["a"] * 9, ["a"] * 8 + [None, None], [None] * 10])
def test_nonsense_is_refused(told: list[object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        read(told, NOW)


def test_all_is_told_first_then_what_changes() -> None:
    own, queue = Own({LAMP.key: LAMP}), Queue(slowly=False)
    queue.all(own)
    begins, rows, ends, state = queue.turn(own)
    assert (begins, ends, state) == (BEGINS, ENDS, STAYS)
    assert isinstance(rows, list)
    assert read(rows[0], NOW)[0] == LAMP.key
    assert queue.turn(own) == []
    queue.changed(LAMP.key)
    queue.changed(MOVES)
    assert queue.turn(Own(moving=True)) == [[[*LAMP.key]], MOVES]


def test_over_the_link_of_a_branch_few_are_told_at_once() -> None:
    many: dict[Key, Subscription] = {(f"c{n}", "ours"): replace(LAMP, call_id=f"c{n}") for n in range(25)}
    own, queue = Own(many), Queue(slowly=True)
    queue.all(own)
    turns = []
    while turn := queue.turn(own):
        turns.append(sum(len(each) if isinstance(each, list) else 1 for each in turn))
    assert turns == [A_SLOW_TURN, A_SLOW_TURN, 8]
