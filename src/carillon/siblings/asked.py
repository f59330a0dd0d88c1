"""What a node answers when an administrator on another one asks: its calls, traces and recordings. Blocking.

Question and answer are a line of JSON each, on a connection of siblings' (`wire`): both have shown their certificates.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

from carillon.calls.ami import Manager, NoAnswer
from carillon.calls.listing import LiveCall, hang_up, live_calls
from carillon.collector.inbox import settle
from carillon.collector.search import call_of, last_call
from carillon.recordings.index import Index, Kept
from carillon.routing.decision import TraceRow
from carillon.siblings.settings import Settings
from carillon.stores.tracewire import Row

Answer = dict[str, Any]


def answered(settings: Settings, question: list[Any]) -> Answer:
    """`told`, or in `failed` why not."""
    try:
        name, *arguments = question
        return {"told": QUESTIONS[name](settings, *map(str, arguments))}
    except (KeyError, TypeError, ValueError):
        return {"failed": "it doesn't know that question; is it of an older version?"}
    except (NoAnswer, sqlite3.Error, OSError) as error:
        return {"failed": str(error)}


def _calls(settings: Settings) -> list[Answer]:
    with Manager.at(settings.door) as manager:
        return [asdict(call) for call in live_calls(manager)]


def _hang_up(settings: Settings, name: str) -> list[Answer]:
    with Manager.at(settings.door) as manager:
        call = hang_up(manager, name)
    return [asdict(call)] if call else []


def _trace(settings: Settings, name: str) -> list[Answer]:
    settle(settings.trace_socket)
    return [asdict(row) for row in call_of(settings.traces, name)]


def _last_trace(settings: Settings, aor: str) -> list[Answer]:
    settle(settings.trace_socket)
    return [asdict(row) for row in last_call(settings.traces, aor or None)]


def _recordings(settings: Settings, domain: str, extension: str) -> list[Answer]:
    return [asdict(one) for one in Index(settings.recordings).listing(domain or None, extension or None)]


QUESTIONS: Final[dict[str, Callable[..., Any]]] = {
    "calls": _calls,
    "hang up": _hang_up,
    "trace": _trace,
    "last trace": _last_trace,
    "recordings": _recordings,
}


def call_in(told: Answer) -> LiveCall:
    """A call as it was told; raises KeyError or TypeError on anything else."""
    inbound, outbound = told["call_ids"]
    return LiveCall(**{**told, "call_ids": (inbound, outbound), "channels": tuple(told["channels"])})


def recording_in(told: Answer) -> Kept:
    """A recording as it was told; raises TypeError on anything else."""
    return Kept(**told)


def row_in(told: Answer) -> Row:
    """A row of a trace as it was told; raises KeyError or TypeError on anything else."""
    return Row(**{**told, "rules": tuple(TraceRow(*rule) for rule in told["rules"])})
