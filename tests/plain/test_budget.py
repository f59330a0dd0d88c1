"""How many different instructions each plain message may cost: no clock in it, see docs/adr/0012 and 0028.

What is found is printed; a figure that falls may be written here, one that rises needs a reason.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.plain.instructions import Instructions
from tests.plain.paper import Message, Told
from tests.plain.ways import Arrival, Ways

from carillon.kamailio.presencesettings import PresenceSettings
from carillon.presence.picture import Picture
from carillon.stores.pictures import PictureWriter

MOST = {
    "INVITE challenged": 660,
    "INVITE in": 1340,
    "INVITE out": 1160,
    "180 in": 400,
    "183 in": 400,
    "200 in": 400,
    "180 out": 450,
    "183 out": 460,
    "200 out": 430,
    "ACK in": 510,
    "ACK out": 490,
    "BYE in": 530,
    "BYE out": 505,
    "REGISTER challenged": 660,
    "REGISTER": 1645,
}


A_ROW = 90
"""What is left of an ACK or a BYE that the engine follows by itself."""


@pytest.mark.parametrize("name", MOST)
def test_a_plain_message_costs_no_more(ways: Ways, plain: dict[str, Arrival], name: str) -> None:
    arrival = plain[name].known()
    ways.both(arrival)  # what is remembered is remembered
    count = Instructions()
    ways.by_short_path(arrival, count.of)
    print(f"{name}: {len(count.seen)} of {MOST[name]}")
    for where, number in count.by_function().most_common(25):
        print(f"    {number:4} {where}")
    assert len(count.seen) <= MOST[name]


def test_a_row_of_what_the_engine_has_done_costs_no_more(ways: Ways) -> None:
    row = Arrival(Message("ACK sip:x SIP/2.0\r\n\r\n"), "ksr_row", given=("1.0\nin-dialog\nc1",))
    ways.by_short_path(row, lambda act: act())
    count = Instructions()
    ways.by_short_path(row, count.of)
    print(f"a row: {len(count.seen)} of {A_ROW}")
    assert len(count.seen) <= A_ROW


NOTIFIED = {"presence": 330, "dialog": 330}


@pytest.mark.parametrize("event", NOTIFIED)
def test_one_more_notify_of_the_same_change_costs_no_more(ways: Ways, tmp_path: Path, event: str) -> None:
    """Of the many of a change, each to another watcher: Kamailio passes them on without Python (docs/adr/0045)."""
    from carillon.kamailio.notifier import Notifier  # on the engine on paper

    pictures = tmp_path / "pictures.db"
    PictureWriter(pictures).write({"102@example.org": Picture(note="Not now", registered=True)}, [])
    place, server = tmp_path / "other", ("127.79.0.2", 5065)
    notifier = Notifier(PresenceSettings(pictures, place, place, place, place, place, place, server, "node1", place))

    def told(watcher: int) -> list[Told]:
        ways.paper.receives(notify(event, watcher))
        notifier.ksr_local_request(None, "tm:local-request")
        return ways.paper.told

    first, count, others = told(101), Instructions(), list[list[Told]]()
    count.of(lambda: others.append(told(103)))
    ((name, (body, _)),) = others[0]
    assert name == "textops.set_body"
    assert "102@example.org" in str(body)
    assert (first == others[0]) == (event == "presence")
    print(f"NOTIFY of {event}: {len(count.seen)} of {NOTIFIED[event]}")
    for where, number in count.by_function().most_common(25):
        print(f"    {number:4} {where}")
    assert len(count.seen) <= NOTIFIED[event]


def notify(event: str, watcher: int) -> Message:
    """As the presence server has made it, its number that of the watcher."""
    marks = f"lr;proof=1;watched=102/example.org/{watcher};r2=on"
    return Message(
        f"NOTIFY sip:{watcher}@10.79.0.9:5070 SIP/2.0\r\nVia: SIP/2.0/UDP 127.79.0.2:5068;branch=z9hG4bK1\r\n"
        f"Route: <sip:127.79.0.2:5065;{marks}>, <sip:10.79.0.1;{marks}>\r\nMax-Forwards: 70\r\n"
        f"From: <sip:102@example.org>;tag=t1\r\nTo: <sip:{watcher}@example.org>;tag=f1\r\nCall-ID: c{watcher}\r\n"
        f"CSeq: {watcher} NOTIFY\r\nEvent: {event}\r\n"
        "Subscription-State: active;expires=600\r\nContent-Length: 0\r\n\r\n"
    )
