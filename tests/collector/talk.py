"""Rows as workers write them, for the tests that need no engine."""

from __future__ import annotations

import time

from carillon.routing.decision import TraceRow
from carillon.stores.tracewire import Row, pack

ALICE, BOB = "101@carillon.test", "102@carillon.test"
LEG = "7c24fe345e8375e680ef6229"
SEAL = "a1fd8a1534f5d34853b34830"
BEGAN = float(round(time.time()))
IN, OUT = "in-1@10.0.0.11", "out-1"


def line(row: Row) -> str:
    """What a worker sends for this row."""
    words = (row.route, row.call_id, row.leg, row.address, row.source, row.message)
    return pack((repr(row.at), *words, row.sender, row.called, row.outcome, row.detail), row.rules)


def request(at: float, route: str, message: str = "INVITE", **words: str) -> Row:
    """A request of Alice's call; `words` change what a row says."""
    inbound = {"call_id": IN, "source": "outside", "sender": ALICE, "called": BOB}
    outbound = {"call_id": OUT, "source": "gateway", "sender": "101@127.0.0.1", "called": BOB}
    return Row(BEGAN + at, route, message=message, **{**(outbound if route == "outbound" else inbound), **words})


def refused_call() -> tuple[Row, ...]:
    """Alice calls Bob, who is busy: every row of both legs."""
    busy = (TraceRow("goes_on", "passed", "486 Busy Here"),)
    return (
        request(0, "inbound", outcome="Challenge", detail="407"),
        Row(
            *(BEGAN + 0.01, "inbound", IN, LEG, "10.0.0.11:5060", "outside", "INVITE", ALICE, BOB, "Relay", BOB),
            (TraceRow("authenticated", "passed", f"device desk of {ALICE}"), TraceRow("to_gateway", "relayed", "g")),
        ),
        request(0.02, "outbound", leg=LEG, outcome="Ring", detail=BOB),
        Row(BEGAN + 0.03, "outbound reply", leg=LEG, message="180", outcome="Pass"),
        Row(BEGAN + 0.04, "inbound reply", leg=LEG, message="180", outcome="Pass"),
        Row(BEGAN + 2.0, "outbound reply", leg=LEG, message="486", outcome="Pass", rules=busy),
        Row(BEGAN + 2.01, "outbound failure", leg=LEG, outcome="Pass", rules=(TraceRow("r", "passed on", "486 Busy"),)),
        Row(BEGAN + 2.02, "inbound reply", leg=LEG, message="486", outcome="Pass", rules=busy),
        Row(BEGAN + 2.03, "inbound failure", leg=LEG, outcome="Pass", rules=(TraceRow("r", "passed on", "486"),)),
    )
