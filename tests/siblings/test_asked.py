"""What a node answers an administrator on another one is read there as it was."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from carillon.calls.listing import LiveCall
from carillon.cli import siblings as told_by
from carillon.cli.context import Cli
from carillon.model.node import Node
from carillon.routing.decision import TraceRow
from carillon.siblings import asking
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


def test_what_another_version_answers_is_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two nodes answer, one of them with a field that nobody here knows."""
    call = asdict(LiveCall("k3v9ax", "leg", "101@x", "102@x", "up", 7.0, ("c1", None), ()))
    answers = {"two": [sent(call)], "three": [sent({**call, "mood": "merry"})]}
    monkeypatch.setattr(asking, "ask_all", lambda *question: asking.Told(answers, {"four": "no answer in time"}))
    cli = cast(Cli, SimpleNamespace(paths=SimpleNamespace(run_tls=Path())))
    found = told_by.asked(cli, [cast(Node, None)], "calls", call_in, "calls")
    assert [[each.id for each in calls] for calls in found.values()] == [["k3v9ax"]]
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "Node four doesn't answer (no answer in time): its calls are missing here.",
        "Node three doesn't answer (its answer is not understood; is it of another version?)"
        ": its calls are missing here.",
    ]
