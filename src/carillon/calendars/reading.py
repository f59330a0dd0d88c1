"""`python -m carillon.calendars.reading`: reads one calendar in a process of its own, which may not grow or go on.

Whoever writes a calendar decides what reading it costs. What is one day too much ends this process, and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from dataclasses import asdict
from typing import Final

from carillon.calendars.events import BadCalendar, Reading, spans_in
from carillon.model.presence import PresenceState
from carillon.presence.spans import Span

MOST_BYTES: Final = 8 << 20
"""A calendar of 10,000 events has some 4 MB."""
MEMORY: Final = 1 << 30
CPU_S: Final = 60
PATIENCE_S: Final = 180.0
"""On a machine that is busy with calls, which go first."""
_TOO_MUCH: Final = "takes too long to read, or too much memory"


async def spans_read(data: bytes, how: Reading, begin: float, end: float) -> list[Span]:
    """As `events.spans_in`, in a process that is ended when it needs too much. Raises BadCalendar."""
    told = json.dumps({**asdict(how), "begin": begin, "end": end}).encode() + b"\n"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "carillon.calendars.reading"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            said, _ = await process.communicate(told + data)
    except TimeoutError as late:
        raise BadCalendar(_TOO_MUCH) from late
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _understood(said)


def _understood(said: bytes) -> list[Span]:
    try:
        answer = json.loads(said)
    except ValueError as died:
        raise BadCalendar(_TOO_MUCH) from died
    if "bad" in answer:
        raise BadCalendar(answer["bad"])
    return [Span(starts, ends, PresenceState(state), note) for starts, ends, state, note in answer["spans"]]


def main() -> None:
    """Read from standard input, answer on standard output."""
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    how = json.loads(sys.stdin.buffer.readline())
    begin, end = how.pop("begin"), how.pop("end")
    how["meanings"] = {kind: PresenceState(state) if state else None for kind, state in how["meanings"].items()}
    try:
        found = spans_in(sys.stdin.buffer.read(MOST_BYTES + 1), Reading(**how), begin, end)
        answer: dict[str, object] = {"spans": [[each.starts, each.ends, each.state, each.note] for each in found]}
    except BadCalendar as bad:
        answer = {"bad": str(bad)}
    except (MemoryError, RecursionError):
        answer = {"bad": _TOO_MUCH}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
