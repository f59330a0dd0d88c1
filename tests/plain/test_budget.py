"""How many different instructions each plain message may cost: no clock in it, see docs/adr/0012 and 0028.

What is found is printed; a figure that falls may be written here, one that rises needs a reason.
"""

from __future__ import annotations

import pytest
from tests.plain.instructions import Instructions
from tests.plain.paper import Message
from tests.plain.ways import Arrival, Ways

MOST = {
    "INVITE challenged": 600,
    "INVITE in": 1300,
    "INVITE out": 1120,
    "180 in": 400,
    "183 in": 400,
    "200 in": 400,
    "180 out": 450,
    "183 out": 460,
    "200 out": 430,
    "ACK in": 470,
    "ACK out": 430,
    "BYE in": 480,
    "BYE out": 450,
    "REGISTER challenged": 600,
    "REGISTER": 1600,
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
