"""How many different instructions each plain message may cost: no clock in it, see docs/adr/0012 and 0028.

What is found is printed; a figure that falls may be written here, one that rises needs a reason.
"""

from __future__ import annotations

import pytest
from tests.plain.instructions import Instructions
from tests.plain.ways import Arrival, Ways

MOST = {
    "INVITE challenged": 850,
    "INVITE in": 1500,
    "INVITE out": 1200,
    "180 in": 400,
    "183 in": 400,
    "200 in": 400,
    "180 out": 450,
    "183 out": 460,
    "200 out": 430,
    "ACK in": 690,
    "ACK out": 570,
    "BYE in": 710,
    "BYE out": 590,
    "REGISTER challenged": 850,
    "REGISTER": 1750,
}


@pytest.mark.parametrize("name", MOST)
def test_a_plain_message_costs_no_more(ways: Ways, plain: dict[str, Arrival], name: str) -> None:
    arrival = plain[name]
    ways.both(arrival)  # what is remembered is remembered
    count = Instructions()
    ways.by_short_path(arrival, count.of)
    print(f"{name}: {len(count.seen)} of {MOST[name]}")
    for where, number in count.by_function().most_common(25):
        print(f"    {number:4} {where}")
    assert len(count.seen) <= MOST[name]
