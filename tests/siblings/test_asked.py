"""What a node answers an administrator on another one is read there as it was."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, cast

from carillon.calls.listing import LiveCall
from carillon.routing.decision import TraceRow
from carillon.siblings.asked import answered, call_in, row_in
from carillon.siblings.settings import Settings
from carillon.stores.tracewire import Row


def sent(told: dict[str, Any]) -> dict[str, Any]:
    """Over the wire."""
    return dict(json.loads(json.dumps(told)))


def test_a_row_of_a_trace_and_a_call_arrive_as_they_were() -> None:
    row = Row(1.5, "inbound", "c1", "leg", message="INVITE", rules=(TraceRow("who calls", "known", "101"),))
    call = LiveCall("k3v9ax", "leg", "101@x", "102@x", "up", 7.0, ("c1", None), ("PJSIP/1", "PJSIP/2"))
    assert row_in(sent(asdict(row))) == row
    assert call_in(sent(asdict(call))) == call


def test_a_question_that_nobody_knows_is_answered() -> None:
    nobody = cast(Settings, None)
    assert all("failed" in answered(nobody, asked) for asked in ([], ["no such thing"], ["trace"]))
