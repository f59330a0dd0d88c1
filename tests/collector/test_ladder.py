"""A call's ladder, drawn from its rows."""

from __future__ import annotations

from tests.collector.talk import ALICE, BEGAN, BOB, IN, LEG, OUT, refused_call, request

from carillon.collector.ladder import Place, ladder_of
from carillon.collector.picture import picture
from carillon.routing.decision import TraceRow
from carillon.stores.tracewire import Row

WIDE = """\
           101@carillon.test          kamailio              asterisk              kamailio         102@carillon.test
   0.000           │────── INVITE ──────▶│                     │                     │                     │
                   │◀─────── 407 ────────│                     │                     │                     │
   0.010           │────── INVITE ──────▶│                     │                     │                     │           \
from 10.0.0.11:5060
                   │                     │────── INVITE ──────▶│                     │                     │           \
authenticated: passed (device desk of 101@carillon.test)
                   │                     │                     │                     │                     │           \
to gateway: relayed (g)
   0.020           │                     │                     │────── INVITE ──────▶│                     │
                   │                     │                     │                     │────── INVITE ──────▶│
   0.030           │                     │                     │                     │◀─────── 180 ────────│
                   │                     │                     │◀─────── 180 ────────│                     │
   0.040           │                     │◀─────── 180 ────────│                     │                     │
                   │◀─────── 180 ────────│                     │                     │                     │
   2.000           │                     │                     │                     │◀── 486 Busy Here ───│           \
goes on: passed (486 Busy Here)
   2.010           │                     │                     │◀───── 486 Busy ─────│                     │           \
r: passed on (486 Busy)
   2.020           │                     │◀── 486 Busy Here ───│                     │                     │           \
goes on: passed (486 Busy Here)
   2.030           │◀─────── 486 ────────│                     │                     │                     │           \
r: passed on (486)"""

REGISTERED = """\
           101@carillon.test          kamailio
   0.000           │───── REGISTER ─────▶│
                   │◀─────── 401 ────────│
             authenticated: challenged (no credentials)
   0.004           │───── REGISTER ─────▶│
                   │◀────── 200 OK ──────│"""


def test_a_refused_call_with_the_rules_beside_it() -> None:
    assert picture(ladder_of(refused_call()), 300) == WIDE


def test_on_a_narrow_terminal_the_rules_stand_below() -> None:
    rule = TraceRow("authenticated", "challenged", "no credentials")
    rows = (
        Row(BEGAN, "register", IN, "", "", "outside", "REGISTER", ALICE, "", "Challenge", "401", (rule,)),
        Row(BEGAN + 0.004, "register", IN, "", "", "outside", "REGISTER", ALICE, "", "Save", ALICE),
    )
    assert picture(ladder_of(rows), 80) == REGISTERED


def test_both_legs_are_known_by_their_call_ids_and_people_by_their_addresses() -> None:
    ladder = ladder_of(refused_call())
    assert ladder.leg == LEG
    assert ladder.call_ids == (IN, OUT)
    assert (ladder.names[Place.CALLER], ladder.names[Place.CALLEE]) == (ALICE, BOB)


def test_requests_in_the_dialog_go_the_way_of_their_leg() -> None:
    bye, passed_on = (
        request(5, "in-dialog", "BYE", outcome="Follow"),
        request(5.01, "in-dialog", "BYE", call_id=OUT, source="gateway", outcome="Follow"),
    )
    steps = ladder_of((*refused_call(), bye, passed_on)).steps[-2:]
    ways = [(arrow.start, arrow.end) for step in steps for arrow in step.arrows]
    assert ways == [
        (Place.CALLER, Place.INBOUND),
        (Place.INBOUND, Place.GATEWAY),
        (Place.GATEWAY, Place.OUTBOUND),
        (Place.OUTBOUND, Place.CALLEE),
    ]


def test_the_called_persons_request_goes_the_other_way() -> None:
    bye = request(5, "in-dialog", "BYE", call_id=OUT, outcome="Follow", sender=BOB)
    (step,) = ladder_of((*refused_call(), bye)).steps[-1:]
    assert [(arrow.start, arrow.end) for arrow in step.arrows] == [
        (Place.CALLEE, Place.OUTBOUND),
        (Place.OUTBOUND, Place.GATEWAY),
    ]


def test_a_transfer_that_the_called_person_asks_for_goes_the_other_way_too() -> None:
    refer = request(5, "transfer", "REFER", call_id=OUT, outcome="Follow")
    (step,) = ladder_of((*refused_call(), refer)).steps[-1:]
    ways = [(arrow.start, arrow.end) for arrow in step.arrows]
    assert ways == [(Place.CALLEE, Place.OUTBOUND), (Place.OUTBOUND, Place.GATEWAY)]


def test_who_gives_up_is_seen_to() -> None:
    rule = TraceRow("was_cancelled", "cancelled", "the caller hung up")
    gone = Row(BEGAN + 3, "inbound failure", leg=LEG, outcome="Pass", rules=(rule,))
    labels = [arrow.label for arrow in ladder_of((*refused_call(), gone)).steps[-1].arrows]
    assert labels == ["CANCEL", "CANCEL", "487 Request Terminated"]
